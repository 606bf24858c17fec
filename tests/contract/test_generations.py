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


@pytest.mark.parametrize("route", GENERATIONS["routes"])
def test_a_route_of_older_clients_is_served_or_listed(document: OpenApiDocument, route: str) -> None:
    assert (route in document.older) is (route not in NOT_SERVED)


def test_no_other_route_is_marked_as_one_of_older_clients(document: OpenApiDocument) -> None:
    agents = {"POST /agents/{id}/versions/{version_id}/commit"}  # younger than all that commit, and served alike
    assert document.older - agents <= GENERATIONS["routes"].keys()


@pytest.mark.parametrize(("where", "name", "field"), FIELDS)
def test_a_field_of_older_clients_is_known_or_listed(
    document: OpenApiDocument, where: str, name: str, field: str
) -> None:
    assert (field in known(document, where, name)) is (f"{name}.{field}" not in NOT_SERVED)


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


@pytest.mark.parametrize("word", sorted({*DECIDED, *(route.split(" ")[1] for route in GENERATIONS["routes"])}))
def test_the_page_decides_about_it(word: str) -> None:
    assert word.rpartition("versions/{version_id}")[2] in PAGE
