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
from jsonschema import Draft202012Validator
from marshmallow import Schema

from humanloop_emulator import schemas
from humanloop_emulator.schemas import (
    datasets,
    fields,
    files,
    messages,
    prompts,
    tools,
)
from humanloop_emulator.schemas.base import Choice, Query, Response
from humanloop_emulator.schemas.choices import AnyOf
from humanloop_emulator.schemas.openapi import openapi_plugin
from humanloop_emulator.schemas.paging import paginated
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
@pytest.mark.parametrize("name", READ)
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


def test_answers_need_every_key_and_no_other() -> None:
    schema = prompts.PromptResponse()
    answer = sample_of(schema, 3)
    shorter = {key: value for key, value in answer.items() if key != "readme"}
    assert problems_in(shorter, schema) == {"readme": ["field required"]}
    assert problems_in(answer | {"colour": "red"}, schema) == {"colour": ["extra fields not permitted"]}
    del answer["tools"][0]["strict"]
    assert problems_in(answer, schema) == {"tools": {0: {"strict": ["field required"]}}}
    assert "strict" not in messages.ToolFunction().validate({"name": "f", "description": ""})
