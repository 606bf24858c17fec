"""What scripted models answer, and what models answer for which there is no rule."""

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from humanloop_emulator.runtime.providers.base import ModelError
from humanloop_emulator.runtime.providers.models import Models as Registry
from humanloop_emulator.settings import Settings
from tests.builders.models import Models
from tests.conftest import make_app
from tests.runtime.providers.asking import ask, chat

APP = make_app()  # for what hypothesis makes up: it has no rules
ECHO: Registry = APP.extensions["emulator"].runtime.models


@pytest.fixture
def delays() -> list[float]:
    return []


@pytest.fixture
def registry(app: Flask, delays: list[float]) -> Registry:
    emulator = app.extensions["emulator"]
    return Registry(emulator.settings, emulator.db, pause=delays.append)


def test_a_reply_is_filled_in(registry: Registry, models: Models) -> None:
    models.answer(
        "{{1}}, {{rest}}, {{0}}, {{inputs.log.output}}, {{inputs.n}}, {{message}}, {{who}}.",
        match={"message": r"(\w+) (?P<rest>\w+)(x)?", "inputs": {"n": "(?P<who>.)"}},
    )
    answer = ask(registry, chat("one two!", inputs={"log": {"output": "yes"}, "n": 12}))
    assert answer.text == "one, two, one two, yes, 12, one two!, 1."


def test_a_missing_input_is_an_error_of_the_rule(registry: Registry, models: Models) -> None:
    models.answer("{{inputs.city}}")
    with pytest.raises(ModelError) as error:
        ask(registry, chat())
    assert error.value.detail["origin"] == "scripted"
    assert "inputs.city" in error.value.detail["message"]


def test_a_table_answers_by_its_key_alone(registry: Registry, models: Models) -> None:
    models.answer("Elsewhere.")
    rows = {"France": "Paris", "New Zealand": "{{inputs.default}}"}
    models.answer(table={"key": "{{1}}", "rows": rows}, match={"message": "in (.+)"})
    said = [ask(registry, chat(f"in {name}", inputs={"default": "?"})).text for name in ("FRANCE ", "new zealand", "x")]
    assert said == ["Paris", "?", "Elsewhere."]


def test_one_of_several_replies_is_chosen_by_the_request(registry: Registry, models: Models) -> None:
    models.answer(replies=[str(number) for number in range(10)])
    first, second = ([ask(registry, chat(index=index)).text for index in range(20)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 3


def test_tools_are_called_with_ids_of_their_own(registry: Registry, models: Models) -> None:
    calls = [
        {"name": "find", "arguments": {"query": {"text": "{{message}}", "limit": 3}}},
        {"name": "note", "arguments": '{"text": "{{1}}"}', "id": "call_mine"},
        {"name": "stop"},
    ]
    models.answer("Wait.", match={"message": "(.*)"}, tool_calls=calls)
    answer = ask(registry, chat('say "hi"'))
    assert answer.text == "Wait."
    assert answer.last.finish_reason == "tool_calls"
    find, note, stop = answer.last.tool_calls
    assert json.loads(find["function"]["arguments"]) == {"query": {"text": 'say "hi"', "limit": 3}}
    assert note == {
        "id": "call_mine",
        "type": "function",
        "function": {"name": "note", "arguments": '{"text": "say "hi""}'},
    }
    assert stop["function"] == {"name": "stop", "arguments": "{}"}
    assert find["id"] != stop["id"]
    assert ask(registry, chat('say "hi"')).last == answer.last


def test_a_rule_can_stop_once_the_tool_has_answered(registry: Registry, models: Models) -> None:
    models.answer(tool_calls=[{"name": "find"}], match={"role": "user"})
    models.answer("It says {{message}}.", match={"role": "tool"})
    assert ask(registry, chat()).last.tool_calls
    assert ask(registry, chat("42", role="tool")).text == "It says 42."


@pytest.mark.parametrize(
    ("chunks", "pieces"),
    [(None, ["One", " two", "  three.\n"]), ("whole", ["One two  three.\n"]), (6, ["One tw", "o  thr", "ee.\n"])],
)
def test_a_reply_comes_in_pieces_with_a_delay_before_each(
    registry: Registry, models: Models, delays: list[float], chunks: Any, pieces: list[str]
) -> None:
    models.answer("One two  three.\n", delay=1.5, chunks=chunks)
    assert ask(registry, chat()).pieces == pieces
    assert delays == [1.5] * (len(pieces) + 1)


def test_a_piece_comes_before_the_delay_of_the_next(registry: Registry, models: Models, delays: list[float]) -> None:
    models.answer("One two", delay=1)
    pieces = registry.complete(chat())
    assert next(pieces).text == "One"
    assert delays == [1]


def test_a_rule_says_how_it_ended_and_what_it_cost(registry: Registry, models: Models) -> None:
    models.answer("Cut", finish_reason="length", tokens={"prompt": 1_000_000, "output": 100_000, "reasoning": 7})
    answer = ask(registry, chat())
    assert answer.last.finish_reason == "length"
    usage = answer.usage
    assert (usage.prompt_tokens, usage.output_tokens, usage.reasoning_tokens) == (1_000_000, 100_000, 7)
    assert (usage.prompt_cost, usage.output_cost) == (2.5, 1.0)


@pytest.mark.parametrize(("status", "answered"), [(429, 429), (401, 401), (403, 400), (500, 503), (529, 503)])
def test_an_error_is_that_of_a_provider(registry: Registry, models: Models, status: int, answered: int) -> None:
    models.answer(error={"status": status, "type": "t", "message": "No.", "code": "c"})
    with pytest.raises(ModelError) as error:
        ask(registry, chat())
    assert error.value.status == answered
    assert error.value.detail == {"type": "t", "message": "No.", "code": "c", "origin": "scripted"}


def test_an_error_may_come_after_some_pieces(registry: Registry, models: Models) -> None:
    models.answer("One two three", error={"message": "Gone.", "after_chunks": 2})
    pieces = registry.complete(chat())
    assert [next(pieces).text, next(pieces).text] == ["One", " two"]
    with pytest.raises(ModelError) as error:
        next(pieces)
    assert error.value.status == 503


# Without a rule.


def test_the_echo_says_that_it_is_one() -> None:
    answer = ask(ECHO, chat("Hello there"))
    assert answer.text == "[scripted model gpt-4o: no rule matches] Hello there"
    assert answer.last.finish_reason == "stop"


PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 3, "maximum": 9},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 2},
    },
    "$defs": {"tag": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}},
}
SAMPLE = {"city": "text", "unit": "celsius", "days": 3, "tags": ["2024-01-01", "2024-01-01"]}
TOOLS = [{"name": "weather", "parameters": PARAMETERS}, {"name": "time", "parameters": None}]


@pytest.mark.parametrize(
    ("choice", "name", "arguments"),
    [
        ("required", "weather", SAMPLE),
        ({"type": "function", "function": {"name": "time"}}, "time", {}),
        ({"type": "function", "function": {"name": "weather"}}, "weather", SAMPLE),
    ],
)
def test_the_echo_calls_the_tool_that_it_must(choice: Any, name: str, arguments: Any) -> None:
    answer = ask(ECHO, chat(tools=TOOLS, tool_choice=choice))
    function = answer.last.tool_calls[0]["function"]
    assert function["name"] == name
    assert json.loads(function["arguments"]) == arguments
    assert (answer.text, answer.last.finish_reason) == ("", "tool_calls")


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_the_echo_calls_no_tool_by_itself(choice: Any) -> None:
    assert not ask(ECHO, chat(tools=TOOLS, tool_choice=choice)).last.tool_calls


def test_the_echo_answers_json_where_it_is_asked_for() -> None:
    formats = [
        {"type": "json_object", "json_schema": None},
        {"type": "json_schema", "json_schema": PARAMETERS},
        {"type": "json_schema", "json_schema": {"name": "answer", "schema": PARAMETERS}},
    ]
    loose, bare, named = (
        json.loads(ask(ECHO, chat(parameters={"response_format": wanted})).text) for wanted in formats
    )
    assert "no rule matches" in loose["reply"]
    assert bare == named == SAMPLE


SCHEMA_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "type",
                        "properties",
                        "items",
                        "required",
                        "anyOf",
                        "allOf",
                        "$ref",
                        "enum",
                        "minimum",
                        "maximum",
                    ),
                    *("multipleOf", "minItems", "maxItems", "minLength", "maxLength", "format"),
                ]
            ),
            inner | st.sampled_from(["object", "array", "integer", "number", "string", "#", "#/properties"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(schema=SCHEMA_VALUES)
def test_no_schema_stops_the_echo(schema: Any) -> None:
    wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
    json.loads(ask(ECHO, chat(parameters={"response_format": wanted})).text)


def test_a_schema_that_holds_itself_many_times_has_a_small_sample() -> None:
    names = [f"branch{number}" for number in range(10)]
    tree = {"type": "object", "required": names, "properties": {name: {"$ref": "#"} for name in names}}
    assert len(ask(ECHO, chat(parameters={"response_format": {"type": "json_schema", "json_schema": tree}})).text) < 1e6


@given(text=st.text(), provider=st.sampled_from(["mock", "openai"]))
def test_every_text_is_echoed_whole(text: str, provider: str) -> None:
    answer = ask(ECHO, chat(text, provider=provider))
    assert answer.text.endswith(text)
    assert (answer.usage.prompt_tokens or 0) >= 3


# The provider mock, tokens and costs.


def test_mock_repeats_the_last_message_whatever_rules_say(registry: Registry, models: Models) -> None:
    models.answer("A rule.")
    assert ask(registry, chat("Hello there", provider="mock")).text == "Hello there"


def test_tokens_are_counted_by_the_approximation() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "12345"}}
    request = chat(messages=[{"role": "user", "content": "12345"}, {"role": "assistant", "tool_calls": [call]}])
    assert ask(ECHO, request).usage.prompt_tokens == (3 + 2) + (3 + 1 + 2)
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    assert ask(ECHO, chat([{"type": "text", "text": "é" * 4}, image])).usage.prompt_tokens == 3 + 2 + 85


@pytest.mark.parametrize(
    ("model", "prices"), [("gpt-4o-mini-2024-07-18", (0.15, 0.6)), ("gpt-4-0613", (30, 60)), ("llama", None)]
)
def test_costs_go_by_the_longest_name_in_the_table(
    registry: Registry, models: Models, model: str, prices: tuple[float, float] | None
) -> None:
    models.answer("x", tokens={"prompt": 1_000_000, "output": 1_000_000})
    usage = ask(registry, chat(model=model)).usage
    assert (usage.prompt_cost, usage.output_cost) == (prices or (None, None))


def test_without_an_api_nothing_is_forwarded(app: Flask) -> None:
    settings = Settings(db=":memory:", openai_api_key="key")
    registry = Registry(settings, app.extensions["emulator"].db)
    assert "no rule matches" in ask(registry, chat()).text
