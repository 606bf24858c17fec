"""The server against the contract: every route is served and documented with its fields, and none is invented."""

import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate
from werkzeug.exceptions import HTTPException

from tests.conftest import make_app

from .contract import PREFIX, ROUTES, Route

TRACES = "POST /import/otel/v1/traces"
PROTOBUF = "application/x-protobuf"

BESIDE_THE_FILE = {"version_name", "version_description"}  # text parts of the upload, documented with the route
EXTRA_FIELDS = {"POST /datasets/{id}/datapoints/csv": BESIDE_THE_FILE}
"""Body fields that are accepted besides the contract's."""
ALWAYS_SENT = {"stream"}
"""Body fields that the SDK sends with every call, and that others may leave out."""

OTHER_NAMES = {"RetrieveByPathFilesRetrieveByPathPostResponse": "FileResponse"}
UNTYPED = {  # the contract names no model
    "POST /evaluations/{id}/runs/{run_id}": "EvaluationRunResponse",
    TRACES: "TracesResponse",
}
METHODS = {"get", "post", "patch", "delete", "put", "head", "options", "trace"}


class OpenApiDocument:
    """The served OpenAPI document."""

    def __init__(self, app: Flask) -> None:
        self.json: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
        self.operations: dict[str, dict[str, Any]] = {
            f"{method.upper()} {path.removeprefix(PREFIX)}": operation | {"shared": item.get("parameters", [])}
            for path, item in self.json["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }
        self.older = {name for name, operation in self.operations.items() if operation.get("deprecated")}
        """The routes of older clients: `test_generations.py` has a look at these."""

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow references until an object is found."""
        while "$ref" in node:
            found: Any = self.json
            for part in node["$ref"].split("/")[1:]:
                found = found[part]
            node = found
        return node

    def query(self, route: Route) -> dict[str, bool]:
        """Return the documented query parameters, each with whether it is required."""
        parameters = self.parameters(route.name)
        return {item["name"]: item.get("required", False) for item in parameters if not item.get("deprecated")}

    def parameters(self, name: str) -> list[dict[str, Any]]:
        """Return the documented query parameters of a route, those of older clients too."""
        return [item for item in self.operations[name].get("parameters", []) if item["in"] == "query"]

    def body(self, name: str) -> dict[str, Any]:
        """Return the schema of the body; empty when there is none."""
        media = self.operations[name].get("requestBody", {}).get("content", {})
        shapes = [self.resolve(item["schema"]) for kind, item in media.items() if kind != PROTOBUF]
        assert len(shapes) <= 1
        return shapes[0] if shapes else {}

    def answer(self, route: Route) -> str | None:
        """Return the name of the model of a successful answer, as the contract spells it."""
        responses = self.operations[route.name]["responses"]
        content = next(self.resolve(item) for status, item in responses.items() if status < "300").get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            return None
        if schema.get("type") == "array":
            return f"List[{schema['items']['$ref'].rpartition('/')[2]}]"
        return str(schema["$ref"].rpartition("/")[2])


@pytest.fixture(scope="module")
def application() -> Flask:
    return make_app()


@pytest.fixture(scope="module")
def document(application: Flask) -> OpenApiDocument:
    return OpenApiDocument(application)


def is_served(app: Flask, route: Route) -> bool:
    """Tell whether a request for the route reaches it, and not a rule that only looks like it."""
    address = PREFIX + route.path.replace("{", "").replace("}", "")
    try:
        rule, _ = app.url_map.bind("").match(address, route.method, return_rule=True)
    except HTTPException:
        return False
    return rule.rule == PREFIX + route.path.replace("{", "<").replace("}", ">")


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_route_is_served(application: Flask, route: Route) -> None:
    assert is_served(application, route)


def test_exactly_the_routes_of_the_contract_are_documented(document: OpenApiDocument) -> None:
    assert document.operations.keys() - document.older == {route.name for route in ROUTES}


def test_no_other_route_is_below_the_prefix(application: Flask, document: OpenApiDocument) -> None:
    rules = [rule for rule in application.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    served = {f"{method} {rule.rule}" for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    known = {name.replace("{", "<").replace("}", ">") for name in {route.name for route in ROUTES} | document.older}
    assert served == {name.replace(" ", f" {PREFIX}") for name in known}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_query_has_the_contracts_parameters(document: OpenApiDocument, route: Route) -> None:
    assert document.query(route) == route.query


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_body_has_the_contracts_fields(document: OpenApiDocument, route: Route) -> None:
    schema = document.body(route.name)
    if "body_whole_body" in route.facts:
        whole = route.facts["body_whole_body"]
        assert schema["type"] == ("array" if whole.startswith("List") else "object")
        assert not schema.get("required")
        return
    needed = schema.get("required", [])
    documented = {
        name: name in needed for name, facts in schema.get("properties", {}).items() if not facts.get("deprecated")
    }
    accepted = route.body | dict.fromkeys(EXTRA_FIELDS.get(route.name, ()), False)
    assert documented == accepted | {name: False for name in ALWAYS_SENT if name in accepted}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_body_has_the_contracts_encoding(document: OpenApiDocument, route: Route) -> None:
    body = document.operations[route.name].get("requestBody")
    expected = "multipart/form-data" if route.facts.get("body_encoding") == "files" else "application/json"
    known = [expected] if document.body(route.name) else []
    binary = [PROTOBUF] if route.name == TRACES else []
    assert (list(body["content"]) if body else []) == known + binary


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_answer_is_the_contracts_model(document: OpenApiDocument, route: Route) -> None:
    expected = route.response and OTHER_NAMES.get(route.response, route.response)
    assert document.answer(route) == UNTYPED.get(route.name, expected)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_path_parameters_are_documented(document: OpenApiDocument, route: Route) -> None:
    operation = document.operations[route.name]
    shared = [item["name"] for item in operation["shared"] if item["in"] == "path" and item["required"]]
    assert all(f"{{{name}}}" in route.path for name in shared)
    assert len(shared) == route.path.count("{")


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_answers_of_every_request_are_documented(document: OpenApiDocument, route: Route) -> None:
    responses = document.operations[route.name]["responses"]
    success = {"POST /evaluations": "201", "POST /directories": "201"}.get(route.name, "200")
    if route.method == "DELETE" and route.response is None:
        success = "204"
    expected = {success, "401", "422", "500"} | ({"404"} if "{" in route.path else set())
    assert expected <= set(responses)
    assert [status for status in responses if status < "300"] == [success]
    assert all(document.resolve(response)["description"] for response in responses.values())


def test_the_document_is_valid_openapi(document: OpenApiDocument) -> None:
    assert document.json["openapi"].startswith("3.1")
    validate(document.json)


def test_answers_of_other_types_are_documented(document: OpenApiDocument) -> None:
    found: dict[str, set[str]] = {}
    for name, operation in document.operations.items():
        for status, response in operation["responses"].items():
            for kind in set(document.resolve(response).get("content", {})) - {"application/json"}:
                found.setdefault(f"{status} {kind}", set()).add(name)
    tables = {name for name in document.operations if re.fullmatch(r"GET /evaluations/{id}/(stats|logs)", name)}
    texts = {name for name in document.operations if name.endswith("/serialize")}
    streams = {"POST /prompts/call", "POST /agents/call", "POST /agents/continue"}
    assert found == {
        "200 text/csv": tables,
        "200 text/plain; charset=utf-8": texts,
        "200 text/event-stream": streams,
        f"200 {PROTOBUF}": {TRACES},
    }


def test_descriptions_are_written_for_users(document: OpenApiDocument) -> None:
    for name, operation in document.operations.items():
        text = f"{operation['summary']}\n{operation.get('description', '')}"
        assert not re.search(r"\[[ACDO]\b", text), name
        assert operation["summary"].endswith("."), name


def test_operation_ids_are_unique(document: OpenApiDocument) -> None:
    ids = [operation["operationId"] for operation in document.operations.values()]
    assert len(ids) == len(set(ids)) == len(ROUTES) + len(document.older)


def test_every_operation_needs_an_api_key(document: OpenApiDocument) -> None:
    (scheme,) = document.json["security"]
    (name,) = scheme
    header = document.json["components"]["securitySchemes"][name]
    assert header == {"type": "apiKey", "in": "header", "name": "X-API-KEY"}
    assert all("security" not in operation for operation in document.operations.values())
