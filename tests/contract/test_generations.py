"""Older clients: all that they send and read besides the contract is served, or is said to be not."""

from pathlib import Path
from typing import Any

import pytest
from marshmallow.class_registry import get_class
from marshmallow.exceptions import RegistryError

from tests.conftest import make_app

from .contract import MODELS
from .generations import GENERATIONS
from .test_coverage import OpenApiDocument

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
FORMER_MODELS = {"EvaluationReportLogResponse": "EvaluationLogResponse"}
NOT_SERVED = {
    "GET /sessions",
    "GET /sessions/{id}",
    "DELETE /sessions/{id}",
    *(f"SessionResponse.{name}" for name in GENERATIONS["models"]["SessionResponse"]),
    *(f"SessionEventResponse.{name}" for name in GENERATIONS["models"]["SessionEventResponse"]),
    *(f"{name}.trace_parent_log_id" for name in GENERATIONS["models"] if name != "CreateFlowLogResponse"),
    "PromptCallResponse.batch_id",
    "PromptCallResponse.batches",
}
"""What the page says is not served."""
FIELDS = [
    (where, name, field)
    for where in ("query", "body", "models")
    for name in GENERATIONS[where]
    for field in GENERATIONS[where][name]
]

DECIDED = {name if where == "models" and name not in MODELS else field for where, name, field in FIELDS}
"""The fields, and the models that the contract lacks altogether."""


@pytest.fixture(scope="module")
def document() -> OpenApiDocument:
    return OpenApiDocument(make_app())


def test_routes_of_older_clients_are_served_or_listed(document: OpenApiDocument) -> None:
    assert GENERATIONS["routes"].keys() - document.older == NOT_SERVED & GENERATIONS["routes"].keys()


def test_no_other_route_is_marked_as_one_of_older_clients(document: OpenApiDocument) -> None:
    agents = {"POST /agents/{id}/versions/{version_id}/commit"}  # younger than all that commit, and served alike
    assert document.older - agents <= GENERATIONS["routes"].keys()


def test_fields_of_older_clients_are_known_or_listed(document: OpenApiDocument) -> None:
    unknown = {f"{name}.{field}" for where, name, field in FIELDS if field not in known(document, where, name)}
    assert unknown == NOT_SERVED & {f"{name}.{field}" for _, name, field in FIELDS}


def known(document: OpenApiDocument, where: str, name: str) -> set[str]:
    """Return the query parameters or the body fields of a route, or the fields of a schema."""
    if where == "query":
        return {item["name"] for item in document.parameters(name)}
    if where == "body":
        return set(document.body(name)["properties"])
    try:
        schema: Any = get_class(FORMER_MODELS.get(name, name))
    except RegistryError:
        return set()
    return set(schema().fields)


def test_the_page_decides_about_each_of_them() -> None:
    words = {*DECIDED, *(route.split(" ")[1].rpartition("versions/{version_id}")[2] for route in GENERATIONS["routes"])}
    assert len(words) > 20
    assert not [word for word in sorted(words) if word not in PAGE]
