"""How requests are loaded: nulls, defaults, coercion, and the errors that tell what is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from humanloop_emulator.schemas import (
    datasets,
    evaluations,
    evaluators,
    fields,
    files,
    logs,
    messages,
    prompts,
    tools,
)
from humanloop_emulator.schemas.paging import PageQuery
from humanloop_emulator.schemas.problems import flatten
from humanloop_emulator.schemas.values import strict

LOG = {"path": "a/b", "start_time": "2025-05-01T14:00:00+02:00", "metadata": {"kept": None}, "save": True}


LOG |= {"prompt": {"model": "gpt", "seed": 3}, "messages": [{"role": "user", "content": "hello", "name": "Ann"}]}


@given(st.sets(st.sampled_from([name for name in logs.PromptLogRequest().fields if name not in LOG])))
def test_null_means_absent(nulls: set[str]) -> None:
    schema = logs.PromptLogRequest()
    loaded = schema.load(LOG | dict.fromkeys(nulls))
    assert loaded == schema.load(LOG) and set(loaded) == set(LOG)
    assert loaded["metadata"] == {"kept": None}
    assert loaded["start_time"] == "2025-05-01T12:00:00.000000Z"


@given(st.sets(st.sampled_from(["name", "tool_call_id", "tool_calls", "thinking"])))
def test_nested_nulls_mean_absent_and_come_back_as_null(nulls: set[str]) -> None:
    message = {"role": "user", "content": "hello"}
    loaded = messages.ChatMessage().load(message | dict.fromkeys(nulls))
    assert loaded == message | dict.fromkeys(["name", "tool_call_id", "tool_calls", "thinking"])


def test_prompt_content_has_the_defaults_of_the_api() -> None:
    loaded = prompts.PromptRequest().load({"path": "p", "model": "gpt", "max_tokens": None})
    known = {"endpoint": "chat", "provider": "openai", "template_language": "default", "other": {}, "max_tokens": -1}
    known |= {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
    assert {key: value for key, value in loaded.items() if value is not None} == {"path": "p", "model": "gpt", **known}
    assert set(loaded) == {"path", *prompts.PromptContent().fields}


def test_only_an_evaluator_log_tells_null_from_absent() -> None:
    schema = logs.CreateEvaluatorLogRequest()
    assert schema.load({"parent_id": "log_1", "judgment": None}) == {"parent_id": "log_1", "judgment": None}
    assert schema.load({"parent_id": "log_1", "error": None}) == {"parent_id": "log_1"}


NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.booleans() | NUMBERS | st.text() | st.lists(st.text()))
def test_judgments_keep_their_type(judgment: Any) -> None:
    loaded = logs.CreateEvaluatorLogRequest().load({"parent_id": "log_1", "judgment": judgment})["judgment"]
    assert loaded == pytest.approx(judgment) if isinstance(judgment, int | float) else loaded == judgment
    assert isinstance(loaded, bool) == isinstance(judgment, bool)


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_and_their_texts_are_coerced(number: int) -> None:
    assert fields.Int().deserialize(str(number)) == fields.Int().deserialize(number) == number
    assert fields.Float().deserialize(str(number)) == float(number)
    assert fields.Str().deserialize(number) == str(number)


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        (fields.Str(), (["a"], {}), "str type expected"),
        (fields.Int(), ("1.5", "one", "", [], None), "value is not a valid integer"),
        (fields.Int(), (2**63, "9" * 25, 1e30), "ensure this value is less than or equal to 9223372036854775807"),
        (fields.Float(), ("nan", 10**400, "one", []), "value is not a valid float"),
        (fields.Bool(), (2, {}, "maybe"), "value could not be parsed to a boolean"),
        (fields.Time(), ("yesterday", [], "0001-01-01T00:00:00+05:00"), "invalid datetime format"),
        (fields.List(fields.Str()), ("a", {}), "value is not a valid list"),
        (fields.File(), ("a,b",), "a file is expected"),
        (fields.Dict(), ("a", ["b"], 1), "value is not a valid dict"),
        (fields.Enum("a", "b"), ("c", 1, []), "value is not a valid enumeration member; permitted: 'a', 'b'"),
    ],
)
def test_other_values_are_refused(field: Any, values: tuple[Any, ...], message: str) -> None:
    for value in values:
        with pytest.raises(ValidationError) as caught:
            field.deserialize(value)
        assert caught.value.messages == ["none is not an allowed value" if value is None else message]


LOCATIONS = st.lists(st.one_of(st.integers(0, 9), st.text(min_size=1).filter(lambda key: key != "_schema")), max_size=5)


@given(st.lists(LOCATIONS, max_size=5), st.sampled_from(["body", "query"]))
def test_flatten_finds_every_message(locations: list[list[str | int]], location: str) -> None:
    nested: dict[Any, Any] = {}
    for loc in locations:
        level = nested
        for key in loc:
            level = level.setdefault(key, {})
        level["_schema"] = ["field required"]
    found = flatten(nested, location)
    assert {repr(problem["loc"]) for problem in found} == {repr([location, *loc]) for loc in locations}
    assert {problem["type"] for problem in found} <= {"value_error.missing"}


def test_problems_are_those_of_the_api() -> None:
    missing = {"loc": ["body", "log_ids"], "msg": "field required", "type": "value_error.missing"}
    assert problems_of(evaluations.AddLogsToRunRequest(), {}) == [missing]
    no_object = {"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}
    assert problems_of(evaluations.AddLogsToRunRequest(), ["a"]) == [no_object]
    assert problems_of(PageQuery(), {"page": "0"})[0]["type"] == "value_error.number.not_ge"
    assert problems_of(files.FileRename(), {"name": ""})[0]["type"] == "value_error.any_str.min_length"
    no_text = {"loc": ["body", 0, "value"], "msg": "str type expected", "type": "type_error.str"}
    assert problems_of(tools.FileEnvironmentVariableRequest(many=True), [{"name": "a", "value": {}}]) == [no_text]
    datapoints = {"datapoints": [{"inputs": {"value": []}}, {"target": {"key": None}}]}
    places = [problem["loc"][2:] for problem in problems_of(datasets.DatasetRequest(), datapoints)]
    assert places == [[0, "inputs", "value"], [1, "target", "key"]]


def test_unions_report_the_member_that_was_meant() -> None:
    spec = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "boolean"}
    assert problems_of(evaluators.EvaluatorRequest(), {"spec": spec})[0]["loc"] == ["body", "spec", "code"]
    del spec["evaluator_type"]
    assert problems_of(evaluators.EvaluatorRequest(), {"spec": spec})[0]["loc"] == ["body", "spec", "evaluator_type"]
    body = {"activate": [{"evaluator_id": "ev_1"}]}
    found = problems_of(files.EvaluatorActivationDeactivationRequest(), body)
    assert [item["loc"] for item in found] == [["body", "activate", 0, "environment_id"]]
    assert [item["type"] for item in problems_of(messages.ChatMessage(), {"role": "user", "content": {}})] == [
        "type_error.str",
        "type_error.list",
    ]


def test_references_name_one_version() -> None:
    def load(*items: dict[str, Any]) -> Any:
        return evaluations.AddEvaluatorsRequest().load({"evaluators": list(items)})["evaluators"]

    first = {"version_id": "evv_1", "orchestrated": False}
    assert load(first | {"path": None}, {"file_id": "ev_1"}) == [first, {"id": "ev_1"}]
    assert load({"path": "a/b", "environment": "staging"}) == [{"path": "a/b", "environment": "staging"}]
    for wrong in ({}, {"id": "ev_1", "path": "a"}, {"environment": "staging"}):
        with pytest.raises(ValidationError, match="exactly one of"):
            load(wrong)


def test_unknown_keys_are_errors_only_in_strict_mode() -> None:
    body = {"path": "a", "other": 1, "messages": [{"role": "user", "mood": "good"}], "inputs": {"any": 1}}
    assert "other" not in logs.PromptLogRequest().load(body)
    token = strict.set(True)
    try:
        found = problems_of(logs.PromptLogRequest(), body)
    finally:
        strict.reset(token)
    assert {tuple(item["loc"]) for item in found} == {("body", "other"), ("body", "messages", 0, "mood")}
    assert {item["type"] for item in found} == {"value_error.extra"}


def problems_of(schema: Schema, data: Any) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        schema.load(data)
    return [dict(problem) for problem in flatten(caught.value.messages, "body")]
