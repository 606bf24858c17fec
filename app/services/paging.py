"""Pages: the records of one page and the total, in two queries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..json_types import Json, JsonObject
from ..store.statement import Statement
from .workspace import Workspace

LARGEST_OFFSET = 2**62

R = TypeVar("R")


@dataclass(frozen=True)
class Page(Generic[R]):
    """The rows of one page, and how many there are on all of them."""

    rows: list[R]
    page: int
    size: int
    total: int

    def render(self, record: Callable[[R], Json]) -> JsonObject:
        """Return the wire form; a page past the end has empty `records`: the clients' pagers stop there [C]."""
        records = [record(row) for row in self.rows]
        return {"records": records, "page": self.page, "size": self.size, "total": self.total}


def page_of(ws: Workspace, query: JsonObject, rows: Statement[R], total: Statement[Any], values: JsonObject) -> Page[R]:
    """Run the two queries of a list with the `page` (from 1) and `size` that a request gives."""
    page, size = query["page"], query["size"]
    offset = min((page - 1) * size, LARGEST_OFFSET)
    count = ws.db.value(total, **values)
    found = ws.db.all(rows, **values, limit=size, offset=offset) if offset < count else []
    return Page(found, page, size, count)
