"""Spans of OpenTelemetry's GenAI conventions and of OpenLLMetry, which name no File."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.services.telemetry import notices
from tests.api.test_prompt_spans import FIRST, MESSAGES, SECOND, told
from tests.builders.files import Logs, fresh_api
from tests.builders.otel_spans import at, document, logs_of, outline, path_of, send, span
from tests.builders.sdk_spans import post
from tests.conftest import Api

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "Hello."}]}]),
}
TYPED = {name: list(given) if isinstance(given, tuple) else given for name, given in SECOND.items()}


@pytest.fixture(autouse=True)
def said_nothing() -> None:
    notices.forget()


def test_an_agent_holds_its_model_and_its_tools(api: Api) -> None:
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper", "gen_ai.request.model": "gpt-4o"}
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look",
        "gen_ai.tool.description": "Look it up.",
        "gen_ai.tool.call.arguments": '{"city": "Lima"}',
        "gen_ai.tool.call.result": '"A city."',
    }
    chat, used, held = send(
        api,
        span(3, "chat gpt-4o", CHAT, parent=2),
        span(4, "execute_tool look", tool, parent=2),
        span(2, "invoke_agent helper", agent, parent=1, end=6),
        span(1, "POST /chat", {"http.request.method": "POST"}),
    )
    assert outline(held) == {"shop/helper": [{"shop/chat": []}, {"shop/look": []}]}
    assert (held["log_status"], held["trace_id"], held["end_time"]) == ("complete", held["id"], at(6))
    assert (chat["output_message"]["content"], chat["prompt"]["model"]) == ("Hello.", "gpt-4o")
    assert (used["inputs"], used["output"], used["error"]) == ({"city": "Lima"}, "A city.", None)
    assert used["tool"]["function"]["description"] == "Look it up."


def test_a_workflow_of_openllmetry_holds_its_tasks(api: Api) -> None:
    def entity(kind: str, name: str, **told: Any) -> dict[str, Any]:
        written = {f"traceloop.entity.{key}": json.dumps(value) for key, value in told.items()}
        return {
            "traceloop.span.kind": kind,
            "traceloop.entity.name": name,
            "traceloop.workflow.name": "joke",
            **written,
        }

    given = {"args": ["cats"], "kwargs": {"tone": "dry"}}
    logs = send(
        api,
        span(4, "openai.chat", {**FIRST_TYPED, "traceloop.workflow.name": "joke"}, parent=2),
        span(2, "write.task", entity("task", "write", input=given, output="Why?"), parent=1),
        span(3, "look.tool", entity("tool", "look", input={"args": [], "kwargs": {"a": 1}}, output={"b": 2}), parent=1),
        span(1, "joke.workflow", entity("workflow", "joke", input=given, output="Why?"), end=9),
    )
    chat, task, tool, workflow = logs
    assert outline(workflow) == {"shop/joke": [{"shop/write": [{"shop/openai.chat": []}]}, {"shop/look": []}]}
    assert (workflow["inputs"], workflow["output"]) == ({"args": ["cats"], "tone": "dry"}, "Why?")
    assert workflow["messages"] is None
    assert (task["log_status"], task["trace_id"]) == ("complete", workflow["id"])
    assert (tool["inputs"], tool["output"]) == ({"a": 1}, '{"b": 2}')
    assert [told(message) for message in chat["messages"]] == MESSAGES


FIRST_TYPED = {name: list(given) if isinstance(given, tuple) else given for name, given in FIRST.items()}


@pytest.mark.parametrize("attributes", [FIRST_TYPED, TYPED], ids=["first", "second"])
def test_both_generations_are_the_same_log_with_values_of_their_types(api: Api, attributes: dict[str, Any]) -> None:
    [log] = send(api, span(1, "chat gpt-4o", attributes))
    assert (path_of(log), log["prompt"]["provider"], log["prompt"]["temperature"]) == ("shop/chat", "openai", 0.2)
    assert log["prompt"]["stop"] == ["\n\n", "a,b"]
    assert [told(message) for message in log["messages"]] == MESSAGES
    assert (log["output_message"]["content"], log["finish_reason"]) == ("Lima.", "stop")
    assert (log["prompt_tokens"], log["output_tokens"], log["reasoning_tokens"]) == (12, 3, 1)


def test_messages_and_results_need_not_be_texts(api: Api) -> None:
    """The conventions let a span hold them as lists and objects too."""
    structured = {name: json.loads(told) if str(told)[:2] == "[{" else told for name, told in TYPED.items()}
    used = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": {"a": 1}}
    text, same, tool = send(
        api,
        span(1, "chat gpt-4o", TYPED),
        span(2, "chat gpt-4o", structured),
        span(3, "look", {**used, "gen_ai.tool.call.result": {"b": [2]}}),
    )
    assert structured != TYPED
    for name in ("messages", "output_message", "finish_reason"):
        assert same[name] == text[name]
    assert same["prompt"]["version_id"] == text["prompt"]["version_id"]
    assert (tool["inputs"], tool["output"]) == ({"a": 1}, '{"b":[2]}')


MODEL = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}


@pytest.mark.parametrize(
    ("said", "role"), [("Human", "user"), ("AI", "assistant"), ("SYSTEM", "system"), ("me", "user")]
)
def test_roles_have_several_names(api: Api, said: str, role: str) -> None:
    [log] = send(api, span(1, "chat", MODEL | {"gen_ai.prompt.0.role": said, "gen_ai.prompt.0.content": "Hi"}))
    assert [message["role"] for message in log["messages"]] == [role]


CALLS = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
EVENTS = {
    "one for all": [
        (
            "gen_ai.client.inference.operation.details",
            {
                "gen_ai.input.messages": json.dumps(
                    [{"role": "user", "parts": [{"type": "text", "content": "Hello?"}]}]
                ),
                "gen_ai.output.messages": json.dumps(
                    [
                        {
                            "role": "assistant",
                            "parts": [{"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}"}],
                        }
                    ]
                ),
            },
        )
    ],
    "one for each message": [
        ("gen_ai.user.message", {"gen_ai.event.content": json.dumps({"role": "user", "content": "Hello?"})}),
        ("gen_ai.choice", {"gen_ai.event.content": json.dumps({"index": 0, "message": {"tool_calls": CALLS}})}),
    ],
    "messages as attributes": [
        ("gen_ai.user.message", {"content": "Hello?"}),
        ("gen_ai.choice", {"message": json.dumps(None), "tool_calls.0.id": "c1", "tool_calls.0.function.name": "look"}),
    ],
    "lists": [
        ("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps([{"role": "user", "content": "Hello?"}])}),
        (
            "gen_ai.content.completion",
            {
                "gen_ai.completion": json.dumps(
                    [{"role": "assistant", "tool_calls": [{"id": "c1", "name": "look", "arguments": "{}"}]}]
                )
            },
        ),
    ],
}


@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_messages_may_be_events(api: Api, events: list[Any]) -> None:
    [log] = send(api, span(1, "chat gpt-4o", MODEL, events=events))
    assert [told(message) for message in log["messages"]] == [{"role": "user", "content": "Hello?"}]
    assert told(log["output_message"]) == {"role": "assistant", "tool_calls": CALLS}


def test_what_was_raised_is_the_error_of_a_tool(api: Api) -> None:
    raised = [("exception", {"exception.type": "ValueError", "exception.message": "no such city"})]
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look", "error.type": "ValueError"}
    [log] = send(api, span(1, "execute_tool look", attributes, events=raised, error=""))
    assert (log["error"], log["output"]) == ("no such city", None)


def test_attributes_and_resources_can_name_files(api: Api) -> None:
    named = {"humanloop.prompt.path": "team/ask", "humanloop.flow.path": "team/flow"}
    own = {"gen_ai.operation.name": "invoke_agent", "humanloop.file.path": "team/agent"}
    [first] = send(api, span(1, "chat gpt-4o", {**CHAT, **named}))
    [second, agent] = send(
        api,
        span(3, "chat gpt-4o", CHAT, parent=2, trace="cd" * 16),
        span(2, "invoke_agent", own, trace="cd" * 16),
        humanloop_flow_path="team/flow",
    )
    assert outline(Logs(api).get(first["trace_id"])) == {"team/flow": [{"team/ask": []}]}
    assert outline(Logs(api).get(second["trace_id"])) == {"team/flow": [{"team/agent": [{"shop/chat": []}]}]}
    assert agent["log_status"] == "complete"
    assert len([log for log in logs_of(api).values() if path_of(log) == "team/flow"]) == 2


def test_a_parent_in_another_process_is_the_end_of_a_trace(api: Api) -> None:
    elsewhere = {"parent": 9, "flags": 0x301}
    [log] = send(api, span(1, "chat gpt-4o", CHAT | {"humanloop.flow.path": "team/flow"}, **elsewhere))
    assert Logs(api).get(log["trace_id"])["log_status"] == "complete"


def test_spans_that_go_round_in_a_circle_are_logs_all_the_same(api: Api) -> None:
    work = {"traceloop.span.kind": "workflow", "traceloop.entity.name": "work"}
    first, second = send(api, span(1, "a", work, parent=2), span(2, "b", work, parent=1))
    assert (first["trace_parent_id"], second["trace_parent_id"]) == (None, None)


def test_a_log_does_not_hang_below_itself(api: Api) -> None:
    work = {"traceloop.span.kind": "workflow"}
    [foreseen] = send(fresh_api(), span(1, "work", work))  # the same span is the same id everywhere
    [log] = send(api, span(1, "work", work | {"humanloop.trace.id": foreseen["id"]}))
    assert (log["id"], log["trace_parent_id"], log["trace_children"]) == (foreseen["id"], None, [])


def test_a_file_of_another_kind_at_the_path_costs_one_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.post("/flows", {"path": "shop/chat", "attributes": {}})
    with caplog.at_level(logging.WARNING):
        logs = [send(api, span(n, "chat gpt-4o", CHAT)) for n in (1, 2)]
    assert logs == [[], []]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("operation", ["embeddings", "create_agent"])
def test_other_operations_are_said_once(api: Api, caplog: pytest.LogCaptureFixture, operation: str) -> None:
    attributes = {"gen_ai.operation.name": operation, "gen_ai.request.model": "m"}
    with caplog.at_level(logging.WARNING):
        assert send(api, span(1, "x", attributes), span(2, "x", attributes)) == []
    [record] = caplog.records
    assert operation in record.message


def test_reasons_without_end_are_not_said_without_end(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    chats = [span(n, "chat", CHAT | {"humanloop.prompt.path": f"/{n}"}) for n in range(1, notices.MOST + 20)]
    with caplog.at_level(logging.WARNING):
        assert send(api, *chats) == []
    assert len(caplog.records) == notices.MOST + 1
    assert "until the server restarts" in caplog.records[-1].message


DEEP = "[" * 300 + "]" * 300


@pytest.mark.parametrize(
    "attributes",
    [
        *(CHAT | {"gen_ai.request.stop_sequences": text} for text in ("[{[]: 1}]", r"['\ud800']", "[" * 9999)),
        CHAT | {"gen_ai.response.finish_reasons": "[{[]: 1}]"},
        CHAT | {"gen_ai.prompt." + "1" * 5000 + ".content": "x", "gen_ai.prompt.x": "y"},
        CHAT | {"gen_ai.usage.input_tokens": 10**30, "gen_ai.request.seed": -(10**30)},
        CHAT | {"gen_ai.tool.definitions": f'[{{"name": "f", "parameters": {DEEP}}}]'},
        CHAT | {"gen_ai.output.messages": f'[{{"parts": [{{"type": "tool_call", "arguments": {DEEP}}}]}}]'},
        CHAT | {"gen_ai.input.messages": f'[{{"parts": [{{"type": "tool_call_response", "response": {DEEP}}}]}}]'},
        {"traceloop.span.kind": "tool", "traceloop.entity.input": DEEP},
        {"traceloop.span.kind": "tool", "traceloop.entity.input": f'{{"kwargs": {{"a": {DEEP}}}}}'},
        {"traceloop.span.kind": "tool", "traceloop.entity.input": [json.loads(DEEP)]},
        {"traceloop.span.kind": "tool", "traceloop.entity.output": 10**30},
        *({"traceloop.span.kind": "tool", "traceloop.entity.input": f'{{"kwargs": {it}}}'} for it in ("[1]", '"ab"')),
    ],
)
def test_values_that_json_cannot_hold_cost_no_log(
    api: Api, caplog: pytest.LogCaptureFixture, attributes: dict[str, Any]
) -> None:
    with caplog.at_level(logging.WARNING):
        [log] = send(api, span(1, "x", attributes))
    assert (log["error"], caplog.records) == (None, [])


@pytest.mark.parametrize("told", ["status", "event", "attribute"])
def test_a_failure_is_told_in_words_rather_than_by_its_type(api: Api, told: str) -> None:
    """As OpenLLMetry does it: the type is an attribute, the text stands in the status and in an event."""
    words = "Error code: 401"
    failed = {name: value for name, value in CHAT.items() if not name.startswith("gen_ai.output")}
    failed |= {"error.type": "AuthenticationError"} | ({"error.message": words} if told == "attribute" else {})
    events = [("exception", {"exception.message": words})] if told == "event" else []
    [log] = send(api, span(1, "chat", failed, error=words if told == "status" else "", events=events))
    assert log["error"] == words


def test_an_exception_that_is_no_object_is_told_by_the_status(api: Api) -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look"}
    [log] = send(api, span(1, "x", tool, error="It sank.", events=[("exception", {"exception": "text"})]))
    assert log["error"] == "It sank."


def test_long_reasons_are_cut(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        send(api, span(1, "x" * 9999, {"gen_ai.operation.name": "a\nb" * 9999}))
        send(api, span(2, "x" * 9999, {"humanloop.prompt.path": "a\n/", **CHAT}))
    assert [record.message.count("\n") for record in caplog.records] == [0, 0]
    assert all(len(record.message) < 3 * notices.LONGEST for record in caplog.records)


FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = st.sampled_from(
    [
        *("ai.operationId", "ai.prompt", "ai.prompt.messages", "ai.prompt.tools", "ai.prompt.toolChoice"),
        *(
            "ai.response.text",
            "ai.response.toolCalls",
            "ai.toolCall.args",
            "ai.toolCall.name",
            "ai.usage.reasoningTokens",
        ),
        *("ai.telemetry.metadata.humanloopFlowPath", "ai.telemetry.metadata.humanloopPromptPath"),
        *("ai.telemetry.metadata.humanloopTraceId", "ai.telemetry.metadata", "ai.telemetry.functionId"),
        *("gen_ai.operation.name", "gen_ai.request.model", "gen_ai.request.temperature", "gen_ai.output.messages"),
        *("traceloop.span.kind", "traceloop.entity.name", "traceloop.entity.input", "humanloop.file.path"),
        *("gen_ai.tool.call.arguments", "gen_ai.event.content", "gen_ai.prompt", "message", "tool_calls.0.function"),
    ]
)
PARTS = st.sampled_from(["text", "image", "file", "tool-call", "tool-result", "reasoning"])
MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "tool", "x"])}, optional={"content": JSON}) | JSON
TEXTS = (
    st.sampled_from(
        ["ai.generateText", "ai.streamText.doStream", "ai.toolCall", "chat", "execute_tool", "workflow", "a/b"]
    )
    | st.lists(MESSAGE, max_size=2).map(json.dumps)
    | st.lists(
        st.fixed_dictionaries(
            {
                "role": st.just("user"),
                "content": st.lists(
                    st.fixed_dictionaries(
                        {"type": PARTS}, optional={"text": JSON, "image": JSON, "input": JSON, "output": JSON}
                    ),
                    max_size=2,
                ),
            }
        ),
        max_size=2,
    ).map(json.dumps)
    | JSON.map(json.dumps)
)
VALUES = (
    TEXTS.map(lambda text: {"stringValue": text})
    | (FINITE | st.just("NaN")).map(lambda number: {"doubleValue": number})
    | JSON
)
ATTRIBUTES = st.lists(st.fixed_dictionaries({"key": NAMES, "value": VALUES}), max_size=6)
EVENT = st.fixed_dictionaries(
    {"name": st.sampled_from(["gen_ai.user.message", "gen_ai.choice", "gen_ai.content.prompt", "exception"])},
    optional={"attributes": ATTRIBUTES},
)


@settings(deadline=None, max_examples=80, derandomize=True, database=None)
@given(operation=TEXTS, attributes=ATTRIBUTES, events=st.lists(EVENT | JSON, max_size=2), parent=st.integers(1, 3))
def test_any_span_is_answered_with_200(operation: str, attributes: Any, events: Any, parent: int) -> None:
    key = "ai.operationId" if operation.startswith("ai.") else "gen_ai.operation.name"
    first = span(1, "x", {key: operation}, parent=parent, events=())
    first["attributes"] += attributes
    first["events"] = events
    errors: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = errors.append  # type: ignore[method-assign]
    notices.logger.addHandler(handler)
    try:
        assert (
            post(fresh_api(), json.dumps(document(first, span(2, "y", {key: operation}, parent=1)))).status_code == 200
        )
    finally:
        notices.logger.removeHandler(handler)
    assert not errors, errors[0].exc_text
