"""The schemas against the wire contract, and what they make of the JSON that clients send."""

import json
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import humanloop.types
import pytest
from apispec import APISpec
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from marshmallow import Schema, ValidationError

from humanloop_emulator import schemas
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
from humanloop_emulator.schemas.base import Choice, Query, Response
from humanloop_emulator.schemas.choices import AnyOf
from humanloop_emulator.schemas.openapi import openapi_plugin
from humanloop_emulator.schemas.paging import PageQuery, paginated
from humanloop_emulator.schemas.problems import flatten
from humanloop_emulator.schemas.values import strict
from tests.exact import problems_in

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "wire-contract.json").read_text())
KINDS = ("Prompt", "Tool", "Dataset", "Evaluator", "Flow", "Agent")
MODULES = [import_module(f"{schemas.__name__}.{found.name}") for found in iter_modules(schemas.__path__)]
SCHEMAS: dict[str, type[Schema]] = {
    found.__name__: found
    for found in [value for module in MODULES for value in vars(module).values() if isinstance(value, type)]
    if issubclass(found, Schema) and not found.__module__.endswith(".base")
}
for kind in KINDS:
    page = paginated(SCHEMAS[f"{kind}Response"])
    SCHEMAS[page.__name__] = page
FILE_UNION = "UnionPromptResponseToolResponseDatasetResponseEvaluatorResponseFlowResponseAgentResponse"
SCHEMAS[f"PaginatedData{FILE_UNION}"] = paginated(files.FileResponse)
SCHEMAS["RetrieveByPathFilesRetrieveByPathPostResponse"] = files.FileResponse

QUERIES = {
    "POST /datasets": "DatasetQuery",
    "GET /datasets/{id}": "DatasetQuery",
    "GET /datasets/{id}/versions": "DatasetVersionListQuery",
    "GET /datasets/{id}/datapoints": "DatapointListQuery",
    "POST /datasets/{id}/datapoints/csv": "VersionQuery",
    "POST /prompts/{id}/populate": "VersionQuery",
    "GET /prompts/{id}/serialize": "VersionQuery",
    "GET /agents/{id}/serialize": "VersionQuery",
    "GET /files": "AnyFileListQuery",
    "POST /files/retrieve-by-path": "RetrieveByPathQuery",
    "GET /evaluations": "EvaluationListQuery",
    "GET /evaluations/{id}/logs": "EvaluationLogListQuery",
    "GET /logs": "LogListQuery",
    "DELETE /logs": "DeleteLogsQuery",
}
BODIES = {
    "POST /evaluators/log": "CreateEvaluatorLogRequest",
    "PATCH /flows/logs/{log_id}": "FlowLogUpdateRequest",
    "POST /agents/continue": "AgentsContinueRequest",
    "POST /datasets/{id}/datapoints/csv": "CsvUpload",
    "POST /directories": "CreateDirectoryRequest",
    "PATCH /directories/{id}": "UpdateDirectoryRequest",
    "POST /files/retrieve-by-path": "RetrieveByPathRequest",
    "POST /evaluations": "CreateEvaluationRequest",
    "POST /evaluations/{id}/evaluators": "AddEvaluatorsRequest",
    "POST /evaluations/{id}/runs": "CreateRunRequest",
    "PATCH /evaluations/{id}/runs/{run_id}": "UpdateRunRequest",
    "POST /evaluations/{id}/runs/{run_id}/logs": "AddLogsToRunRequest",
}
for kind in KINDS:
    root = f"/{kind.lower()}s"
    QUERIES[f"GET {root}"] = "FileListQuery"
    QUERIES[f"POST {root}/{{id}}/environments/{{environment_id}}"] = "DeploymentQuery"
    QUERIES.setdefault(f"GET {root}/{{id}}", "VersionQuery")
    QUERIES.setdefault(f"GET {root}/{{id}}/versions", "VersionListQuery")
    QUERIES |= {f"POST {root}/log": "VersionQuery", f"POST {root}/call": "VersionQuery"}
    BODIES[f"POST {root}"] = f"{kind}Request"
    BODIES[f"PATCH {root}/{{id}}"] = "FileMove" if kind in ("Flow", "Agent") else "FileRename"
    BODIES[f"PATCH {root}/{{id}}/versions/{{version_id}}"] = "UpdateVersionRequest"
    BODIES[f"POST {root}/{{id}}/evaluators"] = "EvaluatorActivationDeactivationRequest"
    BODIES.setdefault(f"POST {root}/log", f"{kind}LogRequest")
    BODIES[f"PATCH {root}/{{id}}/log/{{log_id}}"] = f"{kind}LogUpdateRequest"
    BODIES[f"POST {root}/call"] = f"{kind}sCallRequest"
    BODIES[f"POST {root}/deserialize"] = f"Deserialize{kind}Request"

"""What SDK 0.8.38 sends besides, with every log and call."""
EXTRA: dict[type[Schema], set[str]] = {
    datasets.CsvUpload: {"version_name", "version_description"},  # text parts beside the file
    tools.ToolKernelRequest: {"tool_type"},  # so that a logged Tool has the same content as a stored one
}
NOT_REQUIRED = {"stream"}  # what the SDK always sends but a plain client may leave out
NEVER_NULL = {
    "EvaluationStats": {"progress", "report"},
    "HttpValidationError": {"detail"},
    "PromptCallStreamResponse": {"output"},
    **{f"{kind}Response": {"type"} for kind in KINDS},
    "PopulateTemplateResponse": {"type"},
}
"""What the clients would take as null, but some of them then crash or lose the kind of an object."""
TYPES = {"str": fields.Str, "int": fields.Int, "float": fields.Float, "bool": fields.Bool, "datetime": fields.Time}
TYPES |= {"Any": fields.AnyValue, "Dict[str, str]": fields.StrDict}


def is_of(field: Any, spelling: str) -> bool:
    """Tell whether a field reads what the contract's Python spelling says."""
    spelling = re.sub(r"^Optional\[(.*)\]", r"\1", spelling.rstrip("!"))
    choices = re.search(r" enum\((.*)\)", spelling)
    if choices:
        return isinstance(field, fields.Enum) and list(field.choices) == choices[1].split("|")
    if spelling in TYPES:
        return isinstance(field, TYPES[spelling])
    if spelling.startswith("List["):
        return isinstance(field, fields.List) and is_of(field.inner, spelling[5:-1])
    if spelling.startswith("Dict["):
        return isinstance(field, fields.Dict)
    name = spelling.removesuffix("Params")
    if name in SCHEMAS:
        return isinstance(field, fields.Nested) and type(field.schema) is SCHEMAS[name]
    return isinstance(field, AnyOf | fields.Nested | fields.List | fields.File | fields.Str)


def of_the_contract(schema: type[Schema]) -> dict[str, Any]:
    """Return the fields that are not marked as those of older clients."""
    return {name: field for name, field in schema().fields.items() if not field.metadata.get("deprecated")}


def check(schema: type[Schema], expected: dict[str, str]) -> None:
    """Compare a schema for requests with the contract's fields."""
    found = of_the_contract(schema)
    assert set(found) - EXTRA.get(schema, set()) == set(expected)
    for name, spelling in expected.items():
        field = found[name]
        assert field.required == (spelling.endswith("!") and name not in NOT_REQUIRED), name
        assert field.required or issubclass(schema, Query) or field.allow_none, name
        assert is_of(field, spelling), name


@pytest.mark.parametrize("route", [key for key, route in CONTRACT["routes"].items() if route["query"]])
def test_queries_have_the_contracts_fields(route: str) -> None:
    check(SCHEMAS[QUERIES[route]], CONTRACT["routes"][route]["query"])


@pytest.mark.parametrize("route", [key for key, it in CONTRACT["routes"].items() if it["body"] and "otel" not in key])
def test_bodies_have_the_contracts_fields(route: str) -> None:
    check(SCHEMAS[BODIES[route]], CONTRACT["routes"][route]["body"])


OBJECTS = {name: model for name, model in CONTRACT["models"].items() if not {"enum", "anyOf"} & model.keys()}


@pytest.mark.parametrize("name", OBJECTS)
def test_models_have_the_contracts_fields(name: str) -> None:
    schema, expected = SCHEMAS[name.removesuffix("Params")], OBJECTS[name]
    if name.endswith("Params"):
        return check(schema, expected)
    found = of_the_contract(schema)
    assert set(found) - EXTRA.get(schema, set()) == set(expected)
    for key, spelling in expected.items():
        nullable = spelling.startswith("Optional[") and key not in NEVER_NULL.get(name, ())
        assert found[key].allow_none == nullable or (nullable is False and not issubclass(schema, Response)), key
        assert found[key].required or not issubclass(schema, Response), key
        assert is_of(found[key], spelling), key


def test_choices_have_the_contracts_members() -> None:
    for name, schema in SCHEMAS.items():
        if issubclass(schema, Choice) and name in CONTRACT["models"]:
            members = {member.__name__ for member in schema.members}
            assert members == set(CONTRACT["models"][name]["anyOf"]), name


def test_every_response_has_a_schema() -> None:
    names = {str(route["response"]).removeprefix("List[").removesuffix("]") for route in CONTRACT["routes"].values()}
    assert names - SCHEMAS.keys() == {"None", "Optional[Any", "{records: [str]}"}


def sample(field: Any, depth: int) -> Any:
    """Make a value for a field of an answer; optional objects are filled in to a depth."""
    if field.allow_none and (depth <= 0 or isinstance(field, fields.AnyValue)):
        return None
    if isinstance(field, AnyOf):
        return sample(field.members[0], depth)
    if isinstance(field, fields.List):
        return [sample(field.inner, depth - 1)] if depth > 0 else []
    if isinstance(field, fields.Nested):
        return sample_of(field.schema, depth - 1)
    if isinstance(field, fields.Dict):
        return {"50": sample(field.value_field, depth)} if field.value_field else {"key": [None]}
    if isinstance(field, fields.Enum):
        return field.choices[0]
    if isinstance(field, fields.Time):
        return "2025-05-01T12:00:00.123456Z"
    return {fields.Int: 3, fields.Float: 0.5, fields.Bool: True, fields.Str: "text"}.get(type(field))


def sample_of(schema: Schema, depth: int) -> Any:
    if isinstance(schema, Choice):
        return sample(schema.any_of, depth)
    return {name: sample(field, depth) for name, field in schema.fields.items()}


ANSWERS = {name: schema for name, schema in SCHEMAS.items() if issubclass(schema, Response)}
READ = [name for name in ANSWERS if name in CONTRACT["models"] and hasattr(humanloop.types, name)]


@pytest.mark.parametrize("depth", [0, 3])
@pytest.mark.parametrize(
    "name", [name for name in ANSWERS if name in CONTRACT["models"] and hasattr(humanloop.types, name)]
)
def test_clients_and_schemas_accept_the_same_answers(name: str, depth: int) -> None:
    answer = sample_of(ANSWERS[name](), depth)
    assert problems_in(answer, ANSWERS[name]) == {}
    if isinstance(getattr(humanloop.types, name), type):
        getattr(humanloop.types, name).model_validate(answer)


def test_the_openapi_document_accepts_the_answers() -> None:
    spec = APISpec("test", "1", "3.1.0", plugins=[openapi_plugin()])
    for name, schema in ANSWERS.items():
        if schema.__name__ == name and name not in spec.components.schemas:
            spec.components.schema(name, schema=schema)
    document = spec.to_dict()
    for name in ("PromptResponse", "LogResponse", "EvaluationRunResponse", "EvaluationStats", "DatapointResponse"):
        validator = Draft202012Validator({"$ref": f"#/components/schemas/{name}"} | document)
        for depth in (0, 3):
            validator.validate(sample_of(ANSWERS[name](), depth))
    datapoint = document["components"]["schemas"]["DatapointResponse"]["properties"]
    assert datapoint["inputs"] == {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
    run = document["components"]["schemas"]["EvaluationRunResponse"]["properties"]
    assert run["dataset"] == {"anyOf": [{"$ref": "#/components/schemas/DatasetResponse"}, {"type": "null"}]}


def problems_of(schema: Schema, data: Any) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        schema.load(data)
    return [dict(problem) for problem in flatten(caught.value.messages, "body")]


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


def test_answers_need_every_key_and_no_other() -> None:
    schema = prompts.PromptResponse()
    answer = sample_of(schema, 3)
    shorter = {key: value for key, value in answer.items() if key != "readme"}
    assert problems_in(shorter, schema) == {"readme": ["field required"]}
    assert problems_in(answer | {"colour": "red"}, schema) == {"colour": ["extra fields not permitted"]}
    del answer["tools"][0]["strict"]
    assert problems_in(answer, schema) == {"tools": {0: {"strict": ["field required"]}}}
    assert "strict" not in messages.ToolFunction().validate({"name": "f", "description": ""})
