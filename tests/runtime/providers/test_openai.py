"""Calls that are forwarded to an OpenAI-compatible API: what is sent, what comes back, what goes wrong."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from humanloop_emulator.runtime.providers.base import ModelError
from humanloop_emulator.runtime.providers.models import Models as Registry
from humanloop_emulator.settings import Settings
from tests.builders.models import Models
from tests.runtime.providers.asking import ask, chat
from tests.runtime.providers.stub_api import StubApi, cut, event, hang, hang_up, plain, stream, text

Make = Callable[..., Registry]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubApi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with StubApi() as stub:
        stub.replies.append(stream(*text("Hi", " there")))
        yield stub


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def make(app: Flask, stub: StubApi, waits: list[float]) -> Make:
    def make(**options: Any) -> Registry:
        options = {"db": ":memory:", "openai_base_url": stub.url, "openai_api_key": "sk-secret", **options}
        return Registry(Settings(**options), app.extensions["emulator"].db, pause=waits.append)

    return make


@pytest.fixture
def registry(make: Make) -> Registry:
    return make()


def failed(registry: Registry, **options: Any) -> ModelError:
    with pytest.raises(ModelError) as error:
        ask(registry, chat(**options))
    assert error.value.detail["origin"] == "openai"
    return error.value


# Answers.


def test_an_answer_comes_as_it_is_streamed(registry: Registry, stub: StubApi) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "completion_tokens_details": {"reasoning_tokens": 20}}
    stub.replies = [stream(*text("Hi", " there\u2028", "é"), {"choices": [], "usage": usage})]
    answer = ask(registry, chat())
    assert answer.pieces == ["Hi", " there\u2028", "é"]
    assert answer.last.finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.output_tokens, answer.usage.reasoning_tokens) == (1000, 500, 20)
    assert (answer.usage.prompt_cost, answer.usage.output_cost) == (0.0025, 0.005)
    assert answer.last.provider_request == stub.body
    assert answer.last.provider_response == {
        "id": "c1",
        "object": "chat.completion.chunk",
        "model": "gpt-4o-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi there\u2028é"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }


def test_the_first_piece_comes_before_the_last_is_made(registry: Registry, stub: StubApi) -> None:
    stub.replies = [hang(event({"content": "Hi"}))]
    pieces = registry.complete(chat())
    assert next(pieces).text == "Hi"
    pieces.close()  # type: ignore[attr-defined]


def test_tokens_are_counted_where_the_api_does_not(registry: Registry, stub: StubApi) -> None:
    usage = ask(registry, chat("12345678")).usage
    assert (usage.prompt_tokens, usage.output_tokens) == (3 + 2, 2)


def test_calls_of_tools_are_put_together(registry: Registry, stub: StubApi) -> None:
    def call(index: int, **fields: Any) -> dict[str, Any]:
        return event({"tool_calls": [{"index": index, **fields}]})

    stub.replies = [
        stream(
            call(0, id="call_a", type="function", function={"name": "find", "arguments": ""}),
            call(0, function={"arguments": '{"q":'}),
            call(1, function={"name": "stop", "arguments": "{}"}),
            call(0, function={"arguments": '"x"}'}),
            event(finish_reason="tool_calls"),
        )
    ]
    answer = ask(registry, chat())
    assert (answer.text, answer.last.finish_reason) == ("", "tool_calls")
    find, stop = answer.last.tool_calls
    assert find == {"id": "call_a", "type": "function", "function": {"name": "find", "arguments": '{"q":"x"}'}}
    assert stop["function"] == {"name": "stop", "arguments": "{}"}
    assert stop["id"].startswith("call_")


@given(pieces=st.lists(st.text(), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_arrives(registry: Registry, stub: StubApi, pieces: list[str]) -> None:
    stub.replies = [stream(*text(*pieces))]
    assert ask(registry, chat()).text == "".join(pieces)


def test_an_api_that_does_not_stream_will_do(registry: Registry, stub: StubApi) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "length"}
    stub.replies = [plain(200, {"id": "c", "choices": [choice]})]
    answer = ask(registry, chat())
    assert (answer.text, answer.last.finish_reason) == ("Hi", "length")


def test_a_text_is_completed(registry: Registry, stub: StubApi) -> None:
    choice = {"index": 0, "text": " upon a time", "finish_reason": "stop", "logprobs": {"tokens": [" upon"]}}
    stub.replies = [stream({"id": "c", "choices": [choice]})]
    answer = ask(registry, chat(messages=(), text="Once", suffix="The end", logprobs=2))
    assert answer.text == " upon a time"
    assert stub.requests[-1][0] == "/v1/completions"
    assert (stub.body["prompt"], stub.body["suffix"], stub.body["logprobs"]) == ("Once", "The end", 2)
    assert answer.last.provider_response
    said = answer.last.provider_response["choices"][0]
    assert (said["text"], said["logprobs"]) == (" upon a time", {"tokens": [" upon"]})


# Requests.


def test_the_request_is_in_the_form_of_the_api(registry: Registry, stub: StubApi) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": None}}
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": None}}
    nulls = {"name": None, "tool_call_id": None, "tool_calls": None, "thinking": None}
    ask(
        registry,
        chat(
            messages=[
                {"role": "user", "content": [{"type": "text", "text": "See"}, image], **nulls},
                {"role": "assistant", **nulls, "content": None, "tool_calls": [call]},
                {"role": "tool", **nulls, "content": "found", "tool_call_id": "c"},
            ],
            parameters={
                **{"temperature": 0.5, "top_p": 1.0, "presence_penalty": 0.0, "max_tokens": -1, "seed": 0},
                **{"stop": ["x"], "other": {"user": "me", "stream": False}},
                "response_format": {"type": "json_schema", "json_schema": {"type": "object"}},
            },
            tools=[{"name": "find", "description": "Finds.", "strict": None, "parameters": {}}],
            tool_choice="required",
            logprobs=3,
        ),
    )
    path, headers, body = stub.requests[-1]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer sk-secret"
    function = {"name": "find", "arguments": "{}"}
    assert body == {
        "model": "gpt-4o",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "See"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": function}],
            },
            {"role": "tool", "content": "found", "tool_call_id": "c"},
        ],
        "temperature": 0.5,
        "seed": 0,
        "stop": ["x"],
        "user": "me",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}},
        },
        "tools": [{"type": "function", "function": {"name": "find", "description": "Finds.", "parameters": {}}}],
        "tool_choice": "required",
        "logprobs": True,
        "top_logprobs": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_models_that_reason_get_their_own_limit(registry: Registry, stub: StubApi) -> None:
    for model in ("gpt-4o", "o3-mini"):
        ask(registry, chat(model=model, parameters={"max_tokens": 9}))
    assert [body.get("max_tokens") for _, _, body in stub.requests] == [9, None]
    assert stub.body["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    ("keys", "setting", "variable", "sent"),
    [
        ({"openai": "caller", "groq": "other"}, "set", "env", "Bearer caller"),
        ({"groq": "other"}, "set", "env", "Bearer set"),
        ({}, "", "env", "Bearer env"),
        ({}, "", "", None),
    ],
)
def test_the_nearest_key_is_sent(
    make: Make,
    stub: StubApi,
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, str],
    setting: str,
    variable: str,
    sent: str | None,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", variable)
    answer = ask(make(openai_api_key=setting), chat(keys=keys))
    assert stub.requests[-1][1].get("authorization") == sent
    assert "caller" not in repr(answer)


def test_a_key_that_is_none_is_not_sent(registry: Registry, stub: StubApi) -> None:
    error = failed(registry, keys={"openai": "sk\nsecret"})
    assert (error.status, stub.requests) == (401, [])
    assert "secret" not in error.detail["message"]


def test_only_the_named_providers_are_forwarded(make: Make, stub: StubApi) -> None:
    registry = make(openai_providers="groq, deepseek")
    assert "no rule matches" in ask(registry, chat(provider="openai")).text
    assert ask(registry, chat(provider="deepseek")).text == "Hi there"
    assert ask(registry, chat(provider="mock")).text == "Hello"


def test_a_rule_answers_before_the_api_is_asked(registry: Registry, stub: StubApi, models: Models) -> None:
    models.answer("A rule.")
    assert ask(registry, chat()).text == "A rule."
    assert stub.requests == []


# Errors.


def test_a_wrong_key_is_told_without_the_key(registry: Registry, stub: StubApi, waits: list[float]) -> None:
    said = {"message": "Incorrect API key: sk-secret.", "type": "invalid_request_error", "code": "invalid_api_key"}
    stub.replies = [plain(401, {"error": said})]
    error = failed(registry)
    assert error.status == 401
    assert error.detail == {**said, "message": "Incorrect API key: ***.", "origin": "openai"}
    assert waits == []


@pytest.mark.parametrize(
    ("status", "body", "answered", "detail"),
    [
        (400, {"error": {"message": "Bad."}}, 400, ("invalid_request_error", "Bad.", 400)),
        (403, {"error": "Forbidden."}, 400, ("permission_error", "Forbidden.", 403)),
        (404, {"detail": "No such model."}, 404, ("not_found_error", "No such model.", 404)),
        (422, b"<p>no</p>", 422, ("invalid_request_error", "<p>no</p>", 422)),
        (302, b"", 503, ("server_error", "302 Found", 302)),
    ],
)
def test_refusals_are_passed_on(
    registry: Registry, stub: StubApi, status: int, body: Any, answered: int, detail: tuple[str, str, int]
) -> None:
    stub.replies = [plain(status, body)]
    error = failed(registry)
    assert error.status == answered
    assert (error.detail["type"], error.detail["message"], error.detail["code"]) == detail
    assert len(stub.requests) == 1


def test_a_call_is_tried_again(registry: Registry, stub: StubApi, waits: list[float]) -> None:
    stub.replies = [plain(429, {}, Retry_After="3"), plain(500, b"oops"), stream(*text("Hi"))]
    assert ask(registry, chat()).text == "Hi"
    assert waits == [3, 1]


def test_a_limit_that_lasts_is_an_error(make: Make, stub: StubApi, waits: list[float]) -> None:
    stub.replies = [plain(429, {"error": {"message": "Slow down.", "code": None}}, Retry_After="86400")]
    error = failed(make(model_retries=3))
    assert error.status == 429
    assert error.detail["type"] == "rate_limit_error"
    assert waits == [20, 20, 20]
    assert len(stub.requests) == 4


def test_a_date_to_wait_for_is_no_number(registry: Registry, stub: StubApi, waits: list[float]) -> None:
    stub.replies = [plain(503, {}, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"), stream(*text("Hi"))]
    assert ask(registry, chat()).text == "Hi"
    assert waits == [0.5]


def test_a_lost_connection_is_tried_again(registry: Registry, stub: StubApi, waits: list[float]) -> None:
    stub.replies = [hang_up, cut(), stream(*text("Hi"))]
    assert ask(registry, chat()).text == "Hi"
    assert waits == [0.5, 1]


@pytest.mark.parametrize("begun", [[], [event({"content": "Hi"})]])
def test_a_slow_answer_is_an_error(make: Make, stub: StubApi, waits: list[float], begun: list[dict[str, Any]]) -> None:
    stub.replies = [hang(*begun)]
    error = failed(make(model_timeout=0.1))
    assert (error.status, error.detail["type"]) == (503, "timeout")
    assert "0.1 seconds" in error.detail["message"]
    assert (waits, len(stub.requests)) == ([], 1)


@pytest.mark.parametrize(
    "reply", [stream(event({"content": "Hi"}), done=False), cut(event({"content": "Hi"})), stream(done=False)]
)
def test_a_broken_stream_is_an_error(make: Make, stub: StubApi, reply: Any) -> None:
    stub.replies = [reply]
    error = failed(make(model_retries=0))
    assert (error.status, error.detail["type"]) == (503, "connection_error")


def test_what_has_begun_is_not_tried_again(registry: Registry, stub: StubApi, waits: list[float]) -> None:
    stub.replies = [cut(event({"content": "Hi"}))]
    pieces = registry.complete(chat())
    assert next(pieces).text == "Hi"
    with pytest.raises(ModelError):
        next(pieces)
    assert (waits, len(stub.requests)) == ([], 1)


@pytest.mark.parametrize(
    "line",
    [
        *(b"{", b"[]", b"null", b'"x"', b'{"choices": 1}', b'{"choices": [1]}', b'{"usage": 1, "choices": []}'),
        b'{"choices": [{"delta": {"content": 1}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"index": {}}]}}]}',
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error(registry: Registry, stub: StubApi, line: bytes) -> None:
    for reply in (stream(line), plain(200, line)):
        stub.replies = [reply]
        error = failed(registry)
        assert (error.status, error.detail["type"]) == (503, "invalid_response")


def test_an_error_in_a_stream_is_an_error(make: Make, stub: StubApi) -> None:
    said = {"error": {"message": "Overloaded.", "type": "overloaded", "code": 529}}
    stub.replies = [stream(event({"content": "Hi"}), said)]
    error = failed(make(model_retries=0))
    assert error.status == 503
    assert error.detail == {**said["error"], "origin": "openai"}


def test_nobody_there_is_an_error(make: Make, waits: list[float]) -> None:
    with StubApi() as closed:
        url = closed.url
    error = failed(make(openai_base_url=url))
    assert (error.status, error.detail["type"]) == (503, "connection_error")
    assert waits == [0.5, 1]


def test_a_base_url_that_no_request_can_have_is_an_error(make: Make) -> None:
    assert failed(make(openai_base_url="http://a\x01b")).status == 503
