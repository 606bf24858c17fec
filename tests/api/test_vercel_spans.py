"""Spans of the Vercel AI SDK, versions 4 and 5: Prompt Logs and Tool Logs below the Flow that the metadata name."""

import json
import logging
from typing import Any

import pytest

from humanloop_emulator.services.telemetry import notices
from tests.builders.chat import told
from tests.builders.files import Logs
from tests.builders.otel_spans import ASK, TOOL_CALL, ai, answer, at, outline, path_of, send, span, steps
from tests.conftest import Api

MODEL = "ai.generateText.doGenerate"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Lima"}'}}


@pytest.fixture(autouse=True)
def said_nothing() -> None:
    notices.forget()


def test_a_call_with_steps_is_a_trace(api: Api) -> None:
    first, tool, second = send(api, *steps())
    flow = Logs(api).get(first["trace_parent_id"])
    assert outline(flow) == {"team/flow": [{"team/ask": []}, {"shop/weather": []}, {"team/ask": []}]}
    assert (flow["inputs"], flow["output"]) == ({"system": "Be brief.", "prompt": "Weather?"}, "Sunny.")
    assert (flow["log_status"], flow["start_time"], flow["end_time"]) == ("complete", at(1), at(6))
    assert {log["trace_id"] for log in (first, tool, second)} == {flow["id"]}
    assert (tool["inputs"], tool["output"], tool["start_time"]) == ({"city": "Lima"}, '{"sky": "blue"}', at(3))
    assert (tool["tool"]["function"]["name"], tool["error"]) == ("weather", None)


def test_an_answer_is_a_prompt_log(api: Api) -> None:
    tools = [json.dumps({"type": "function", "name": "weather", "description": "Look.", "inputSchema": PARAMETERS})]
    attributes = answer(**{"ai.prompt.tools": tools, "ai.prompt.toolChoice": '{"type": "auto"}'})
    [log] = send(api, span(2, MODEL, ai(MODEL, attributes, user="u1", humanloopPromptPath="team/ask"), parent=1))
    assert {name: log["prompt"][name] for name in ("path", "model", "provider", "temperature", "max_tokens")} == {
        **{"path": "team/ask", "model": "gpt-4o", "provider": "openai", "temperature": 0.2, "max_tokens": 50}
    }
    assert [told(tool) for tool in log["prompt"]["tools"]] == [
        {"name": "weather", "description": "Look.", "parameters": PARAMETERS}
    ]
    assert [told(message) for message in log["messages"]] == [{"role": "user", "content": "Weather?"}]
    assert told(log["output_message"]) == {"role": "assistant", "content": "Sunny."}
    assert (log["prompt_tokens"], log["output_tokens"], log["finish_reason"]) == (10, 5, "stop")
    assert (log["tool_choice"], log["metadata"], log["error"]) == ("auto", {"user": "u1"}, None)
    assert (log["start_time"], log["end_time"], log["provider_latency"]) == (at(2), at(3), 1.0)
    assert (log["trace_parent_id"], log["trace_id"]) == (None, None)


@pytest.mark.parametrize("arguments", ["args", "input"], ids=["version 4", "version 5"])
def test_tool_calls_and_their_results_are_messages(api: Api, arguments: str) -> None:
    wish = {"toolCallId": "c1", "toolName": "weather"}
    result = (
        {"result": {"sky": "blue"}} if arguments == "args" else {"output": {"type": "json", "value": {"sky": "blue"}}}
    )
    messages = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "assistant",
            "content": [
                {"type": "reasoning", "text": "Hm."},
                {"type": "tool-call", **wish, arguments: {"city": "Lima"}},
            ],
        },
        {"role": "tool", "content": [{"type": "tool-result", **wish, **result}]},
    ]
    calls = [{**wish, arguments: '{"city":"Lima"}'}]
    attributes = answer(None, calls, **{"ai.prompt.messages": json.dumps(messages)})
    [log] = send(api, span(2, MODEL, ai(MODEL, attributes, **ASK), parent=1))
    assert [told(message) for message in log["messages"]] == [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": '{"sky":"blue"}', "tool_call_id": "c1", "name": "weather"},
    ]
    assert told(log["output_message"]) == {"role": "assistant", "tool_calls": [CALL]}
    assert log["output"] is None


@pytest.mark.parametrize(
    "image",
    [
        {"type": "image", "image": "AQID", "mimeType": "image/png"},
        {"type": "file", "data": "AQID", "mediaType": "image/png"},
    ],
    ids=["version 4", "version 5"],
)
def test_images_are_content(api: Api, image: dict[str, Any]) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "Which?"}, image]}]
    attributes = answer(**{"ai.prompt.messages": json.dumps(messages)})
    [log] = send(api, span(2, "m", ai("ai.streamText.doStream", attributes, **ASK)))
    [text, picture] = log["messages"][0]["content"]
    assert (text["text"], picture["image_url"]["url"]) == ("Which?", "data:image/png;base64,AQID")


def test_objects_are_the_text_of_the_answer(api: Api) -> None:
    attributes = answer(None, **{"ai.response.object": '{"a":1}'})
    [log] = send(api, span(2, "m", ai("ai.generateObject.doGenerate", attributes, humanloopPromptPath="team/ask")))
    assert told(log["output_message"]) == {"role": "assistant", "content": '{"a":1}'}


def test_failures_are_errors_of_the_log_and_of_its_flow(api: Api) -> None:
    call = {"ai.prompt": '{"prompt": "x"}'}
    [log] = send(
        api,
        span(2, MODEL, ai(MODEL, {"gen_ai.request.model": "gpt-4o"}, **ASK), parent=1, error="overloaded"),
        span(1, "ai.generateText", ai("ai.generateText", call, **ASK), error="overloaded"),
    )
    flow = Logs(api).get(log["trace_id"])
    assert (log["error"], log["output_message"]) == ("overloaded", None)
    assert (flow["error"], flow["output"], flow["log_status"]) == ("overloaded", None, "complete")


def test_a_tool_that_failed_has_an_error(api: Api) -> None:
    [log] = send(api, span(3, "ai.toolCall", ai("ai.toolCall", TOOL_CALL), error="no net"))
    assert (path_of(log), log["error"], log["output"]) == ("shop/weather", "no net", None)


def test_logs_go_below_a_flow_log_that_is_there_already(api: Api) -> None:
    trace = Logs(api).create("flow", "team/chat", log_status="incomplete")["id"]
    logs = send(api, *(step for step in steps()[:1]), span(5, MODEL, ai(MODEL, answer(), humanloopTraceId=trace)))
    assert [log["trace_id"] == trace for log in logs] == [False, True]
    assert [child["id"] for child in Logs(api).get(trace)["trace_children"]] == [logs[1]["id"]]
    assert Logs(api).get(trace)["log_status"] == "incomplete"


def test_a_trace_that_is_unknown_costs_no_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    [log] = send(api, span(5, MODEL, ai(MODEL, answer(), humanloopPromptPath="team/ask", humanloopTraceId="log_no")))
    assert log["trace_id"] is None
    assert "stays outside of its trace" in caplog.text


def test_two_calls_of_one_trace_are_one_flow_log(api: Api) -> None:
    """What the user calls a flow is a span of their own; its first call has the inputs, its last one the output."""
    calls = [{"ai.prompt": json.dumps({"prompt": f"Question {n}"}), "ai.response.text": f"Answer {n}"} for n in (1, 2)]
    logs = send(
        api,
        *(span(n + 2, MODEL, ai(MODEL, answer(), **ASK), parent=n) for n in (1, 2)),
        *(span(n, "ai.generateText", ai("ai.generateText", calls[n - 1], **ASK), parent=9) for n in (1, 2)),
    )
    [flow_id] = {log["trace_id"] for log in logs}
    flow = Logs(api).get(flow_id)
    assert (flow["inputs"], flow["output"], flow["log_status"]) == ({"prompt": "Question 1"}, "Answer 2", "incomplete")
    send(api, span(9, "chat", {}, start=0, end=20))
    flow = Logs(api).get(flow_id)
    assert (flow["log_status"], flow["start_time"], flow["end_time"]) == ("complete", at(0), at(20))


def test_a_call_inside_of_a_tool_hangs_below_it(api: Api) -> None:
    inner = ai(MODEL, answer(), humanloopPromptPath="team/inner", humanloopFlowPath="team/flow")
    outer = ai("ai.generateText", {}, humanloopPromptPath="team/inner", humanloopFlowPath="team/flow")
    logs = send(api, span(6, MODEL, inner, parent=5), span(5, "ai.generateText", outer, parent=3), *steps())
    flow = Logs(api).get(logs[0]["trace_id"])
    assert outline(flow) == {"team/flow": [{"team/ask": []}, {"shop/weather": [{"team/inner": []}]}, {"team/ask": []}]}


def test_another_flow_inside_of_a_tool_is_a_trace_of_its_own(api: Api) -> None:
    inner = {"humanloopPromptPath": "team/inner", "humanloopFlowPath": "team/other"}
    logs = send(api, span(6, MODEL, ai(MODEL, answer(), **inner), parent=3), *steps())
    assert outline(Logs(api).get(logs[0]["trace_id"])) == {"team/other": [{"team/inner": []}]}


def test_without_paths_files_are_named_after_the_service_and_the_function(api: Api) -> None:
    named = ai(MODEL, answer(**{"ai.telemetry.functionId": "Answer/tickets"}))
    logs = send(api, span(1, MODEL, named), span(2, MODEL, ai(MODEL, answer())))
    logs += send(api, span(3, MODEL, ai(MODEL, answer())), service="unknown_service:node")
    assert [path_of(log) for log in logs] == ["shop/Answer tickets", "shop/generateText", "OpenTelemetry/generateText"]
    assert [log["trace_id"] for log in logs] == [None] * 3


def test_what_is_no_log_is_said_once(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(1, 4):
            assert send(api, span(number, "ai.embed.doEmbed", ai("ai.embed.doEmbed"))) == []
            assert send(api, span(number + 4, MODEL, ai(MODEL, answer(), humanloopPromptPath="/"))) == []
    first, second = (record.message for record in caplog.records)
    assert "ai.embed.doEmbed" in first
    assert "Path `/`" in second


def test_a_span_that_comes_again_changes_nothing(api: Api) -> None:
    before = send(api, *steps())
    assert send(api, *steps()) == before
    assert [file["total_logs_count"] for file in api.get("/prompts")["records"]] == [2]
