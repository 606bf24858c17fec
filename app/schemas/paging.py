"""Pages of lists: `{records, page, size, total}`, and the bare `{records}` of versions [D]."""

from functools import cache

from marshmallow import Schema

from .base import Query, Response
from .fields import Int, at_least, many

SHORT_NAMES = ("DatasetResponse", "DatapointResponse", "EvaluationResponse")
"""The schemas whose page is not called `PaginatedData…` by the clients."""


def page_number() -> Int:
    """Make the field of a page's number; the first is 1."""
    return Int(load_default=1, validate=at_least(1))


def page_size(default: int = 10) -> Int:
    """Make the field of a page's size; there is no maximum."""
    return Int(load_default=default, validate=at_least(0))


class PageQuery(Query):
    """Which page of a list."""

    page = page_number()
    size = page_size()


class PageFields:
    """What every page says besides its records."""

    page = Int()
    size = Int()
    total = Int()


def paginated(item: type[Schema], name: str | None = None) -> type[Response]:
    """Return the page class of a schema, always the same one: `PaginatedDataPromptResponse`."""
    prefix = "Paginated" if item.__name__ in SHORT_NAMES else "PaginatedData"
    return _make(name or prefix + item.__name__, (PageFields, Response), item)


def listed(item: type[Schema]) -> type[Response]:
    """Return the class of `{"records": […]}` of a schema, always the same one: `ListPrompts`."""
    return _make(f"List{item.__name__.removesuffix('Response')}s", (Response,), item)


@cache
def _make(name: str, bases: tuple[type, ...], item: type[Schema]) -> type[Response]:
    doc = f"A list of {item.__name__}."
    return type(name, bases, {"__doc__": doc, "records": many(item), "Meta": Response.Meta})
