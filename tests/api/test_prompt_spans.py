"""Spans of models' providers: both generations of attributes give the same Prompt Logs."""

import json
from typing import Any

import pytest

from tests.builders.chat import told
from tests.builders.files import Logs
from tests.builders.sdk_spans import ENDED, STARTED, Span, send, sent
from tests.conftest import Api

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"city": "Lima"}'}}
FIRST = {
    "gen_ai.system": "OpenAI",
    "llm.request.type": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.max_tokens": 100,
    "gen_ai.request.top_p": 0.9,
    "llm.frequency_penalty": 0.5,
    "llm.presence_penalty": 0.25,
    "llm.chat.stop_sequences": ("\n\n", "a,b"),
    "llm.request.functions.0.name": "look_up",
    "llm.request.functions.0.description": "Look it up.",
    "llm.request.functions.0.parameters": json.dumps(PARAMETERS),
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "Be brief.",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": "What is it?",
    "gen_ai.prompt.2.role": "assistant",
    "gen_ai.prompt.2.tool_calls.0.id": "call_1",
    "gen_ai.prompt.2.tool_calls.0.name": "look_up",
    "gen_ai.prompt.2.tool_calls.0.arguments": '{"city": "Lima"}',
    "gen_ai.prompt.3.role": "tool",
    "gen_ai.prompt.3.content": "A city.",
    "gen_ai.prompt.3.tool_call_id": "call_1",
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "Lima.",
    "gen_ai.completion.0.finish_reason": "stop",
    "gen_ai.usage.prompt_tokens": 12,
    "gen_ai.usage.completion_tokens": 3,
    "gen_ai.usage.reasoning_tokens": 1,
    "llm.usage.total_tokens": 15,
}
SECOND = {
    "gen_ai.provider.name": "openai",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.max_tokens": 100,
    "gen_ai.request.top_p": 0.9,
    "gen_ai.request.frequency_penalty": 0.5,
    "gen_ai.request.presence_penalty": 0.25,
    "gen_ai.request.stop_sequences": json.dumps(["\n\n", "a,b"]),
    "gen_ai.tool.definitions": json.dumps(
        [{"type": "function", "name": "look_up", "description": "Look it up.", "parameters": PARAMETERS}]
    ),
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "What is it?"}]},
            {
                "role": "assistant",
                "parts": [
                    {"type": "tool_call", "id": "call_1", "name": "look_up", "arguments": '{"city": "Lima"}'},
                    {"type": "reasoning", "content": "Hm."},
                ],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "A city."}]},
        ]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "Lima."}], "finish_reason": "stop"}]
    ),
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.usage.reasoning_tokens": 1,
}
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is it?"},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "content": "A city.", "tool_call_id": "call_1"},
]


@pytest.fixture
def logs(api: Api) -> Logs:
    return Logs(api)


def log_of(api: Api, attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Send a provider's span and return the Log that it makes."""
    [uid] = send(api, Span("prompt", attributes, path="team/ask", **fields))
    return Logs(api).get(uid)


@pytest.mark.parametrize("attributes", [FIRST, SECOND], ids=["first", "second"])
def test_both_generations_make_version_and_log(api: Api, logs: Logs, attributes: dict[str, Any]) -> None:
    trace = logs.create("flow", "team/flow", log_status="incomplete")["id"]
    log = log_of(api, attributes, trace_parent_id=trace)
    prompt = log["prompt"]
    assert {name: prompt[name] for name in ("path", "model", "provider", "endpoint", "template")} == {
        "path": "team/ask",
        "model": "gpt-4o",
        "provider": "openai",
        "endpoint": "chat",
        "template": None,
    }
    assert (prompt["temperature"], prompt["max_tokens"], prompt["top_p"]) == (0.2, 100, 0.9)
    assert (prompt["frequency_penalty"], prompt["presence_penalty"]) == (0.5, 0.25)
    assert prompt["stop"] == ["\n\n", "a,b"]
    assert [told(tool) for tool in prompt["tools"]] == [
        {"name": "look_up", "description": "Look it up.", "parameters": PARAMETERS}
    ]
    assert [told(message) for message in log["messages"]] == MESSAGES
    assert told(log["output_message"]) == {"role": "assistant", "content": "Lima."}
    assert (log["output"], log["finish_reason"], log["error"]) == ("Lima.", "stop", None)
    assert (log["prompt_tokens"], log["output_tokens"], log["reasoning_tokens"]) == (12, 3, 1)
    assert (log["start_time"], log["end_time"], log["provider_latency"]) == (STARTED, ENDED, 2.5)
    assert (log["trace_id"], log["trace_parent_id"]) == (trace, trace)


def test_both_generations_are_one_version(api: Api) -> None:
    assert log_of(api, FIRST)["prompt"]["version_id"] == log_of(api, SECOND)["prompt"]["version_id"]


def test_parameters_that_are_not_sent_have_their_defaults(api: Api) -> None:
    stored = api.post("/prompts", {"path": "team/ask", "model": "gpt-4o"})
    assert log_of(api, {"gen_ai.request.model": "gpt-4o"})["prompt"]["version_id"] == stored["version_id"]


def test_a_template_and_a_seed_belong_to_the_version(api: Api) -> None:
    span = {"gen_ai.request.model": "m", "gen_ai.openai.request.seed": 7, "humanloop.file.template": "Say {{it}}."}
    prompt = log_of(api, span)["prompt"]
    assert (prompt["seed"], prompt["template"], prompt["inputs"]) == (7, "Say {{it}}.", [{"name": "it"}])


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("Anthropic", "anthropic"),
        ("azure.ai.openai", "openai_azure"),
        ("az.ai.openai", "openai_azure"),
        ("aws.bedrock", "bedrock"),
        ("gcp.vertex_ai", "google"),
        ("Cohere", "cohere"),
        ("mistral_ai", "mistral_ai"),
    ],
)
def test_providers_have_the_names_of_the_api(api: Api, name: str, provider: str) -> None:
    assert log_of(api, {"gen_ai.request.model": "m", "gen_ai.system": name})["prompt"]["provider"] == provider


def test_a_completion_is_not_a_chat(api: Api) -> None:
    for kind in ({"llm.request.type": "completion"}, {"gen_ai.operation.name": "text_completion"}):
        assert log_of(api, {"gen_ai.request.model": "m"} | kind)["prompt"]["endpoint"] == "complete"


def test_a_model_that_calls_tools_gives_no_output(api: Api) -> None:
    call = {"id": "call_1", "name": "look_up", "arguments": '{"city": "Lima"}'}
    first = {f"gen_ai.completion.0.tool_calls.0.{name}": value for name, value in call.items()}
    first |= {"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.finish_reason": "tool_calls"}
    second = [{"role": "assistant", "parts": [{"type": "tool_call", **call}], "finish_reason": "tool_calls"}]
    for attributes in (first, {"gen_ai.output.messages": json.dumps(second)}):
        log = log_of(api, {"gen_ai.request.model": "m"} | attributes)
        assert told(log["output_message"]) == {"role": "assistant", "tool_calls": [CALL]}
        assert (log["output"], log["finish_reason"]) == (None, "tool_calls")


def test_calls_of_node_have_no_ids_and_its_schemas_another_name(api: Api, logs: Logs) -> None:
    attributes = {
        "gen_ai.request.model": "m",
        "llm.request.functions.0.name": "look_up",
        "llm.request.functions.0.arguments": json.dumps(PARAMETERS),
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.tool_calls.0.name": "look_up",
        "gen_ai.completion.0.tool_calls.0.arguments": "{}",
    }
    [uid] = sent(api, Span("prompt", attributes, path="team/ask").node())
    log = logs.get(uid)
    assert log["output_message"]["tool_calls"][0]["id"] == "call_0"
    assert log["prompt"]["tools"][0]["parameters"] == PARAMETERS


def test_images_are_kept_in_both_generations(api: Api) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    words = {"type": "text", "text": "What is this?"}
    parts = [
        {"type": "text", "content": "What is this?"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
    ]
    first = {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": json.dumps([words, picture])}
    second = {"gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts}])}
    for attributes in (first, second):
        [message] = log_of(api, {"gen_ai.request.model": "m"} | attributes)["messages"]
        text, image = message["content"]
        assert (text, image["image_url"]["url"]) == (words, picture["image_url"]["url"])


def test_instructions_come_first_and_each_answer_of_a_tool_is_a_message(api: Api) -> None:
    answers = [{"type": "tool_call_response", "id": f"call_{n}", "response": {"n": n}} for n in (1, 2)]
    log = log_of(
        api,
        {
            "gen_ai.request.model": "m",
            "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": answers}]),
        },
    )
    assert [told(message) for message in log["messages"]] == [
        {"role": "system", "content": "Be brief."},
        {"role": "tool", "content": '{"n":1}', "tool_call_id": "call_1"},
        {"role": "tool", "content": '{"n":2}', "tool_call_id": "call_2"},
    ]


def test_other_attributes_beside_messages_do_no_harm(api: Api) -> None:
    log = log_of(api, FIRST | {"gen_ai.prompt.prompt_filter_results": "[]"})
    assert len(log["messages"]) == len(MESSAGES)


def test_what_the_provider_refused_is_an_error(api: Api) -> None:
    log = log_of(api, {"gen_ai.request.model": "m", "error.type": "RateLimitError"})
    assert (log["error"], log["output"]) == ("RateLimitError", None)
    failed = Span("prompt", {"gen_ai.request.model": "m"}, path="team/ask").python()
    [uid] = sent(api, failed | {"status": {"code": "STATUS_CODE_ERROR", "message": "Too many requests"}})
    assert Logs(api).get(uid)["error"] == "Too many requests"


def test_a_structured_answer_belongs_to_the_version(api: Api) -> None:
    span = {"gen_ai.request.model": "m", "gen_ai.request.structured_output_schema": json.dumps(PARAMETERS)}
    form = log_of(api, span)["prompt"]["response_format"]
    assert form == {"type": "json_schema", "json_schema": PARAMETERS}


def test_without_a_model_the_log_is_of_the_shown_version(api: Api) -> None:
    stored = api.post("/prompts", {"path": "team/ask", "model": "gpt-4o"})
    log = log_of(api, {"gen_ai.completion.0.content": "Lima."})
    assert (log["prompt"]["version_id"], log["output"]) == (stored["version_id"], "Lima.")
