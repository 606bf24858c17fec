"""Lists of Logs, with all their filters."""

from functools import cache
from typing import Any, NamedTuple

import orjson

from ...json_types import JsonObject
from ...store.statement import Statement, sql
from ..files.documents import COMMITTED
from ..files.files import get_any_file
from ..paging import page_of
from ..workspace import Workspace
from .documents import LogDocuments

FILTERS = {
    "version_id": """version_id IN (
        SELECT id FROM version WHERE organisation_id = :organisation AND uid = :version_id)""",
    "version_status": f"nullif(:version_status, '{COMMITTED}') IS NULL",
    "start_date": "created_at >= :start_date",
    "end_date": "created_at <= :end_date",
    "search": "(contains_text(inputs, :search_json) OR contains_text(output, :search))",
    "metadata_search": "contains_text(metadata, :metadata_search)",
    "id": "EXISTS (SELECT 1 FROM texts(:id) AS part WHERE position_of(uid, part.value) > 0)",
    "in_trace": "trace_parent_id IS NOT NULL",
    "outside_of_traces": "trace_parent_id IS NULL",
}
EXACT = ("version_id", "version_status", "start_date", "end_date")
SCATTERED = "(id * 2654435761) % 4294967296"  # always in the same way, so the pages of a sample agree

ALL_IN_FILE = sql("SELECT logs_count FROM file WHERE id = :file")


class _Key(NamedTuple):
    id: int


@cache
def _statements(filters: frozenset[str], *, sampled: bool) -> tuple[Statement[_Key], Statement[Any]]:
    """Return what selects the keys of one page, and what counts the Logs on all of them."""
    where = " AND ".join(["file_id = :file", *(FILTERS[name] for name in sorted(filters))])
    total = f"SELECT {'least_of(count(id), :sample)' if sampled else 'count(id)'} FROM log WHERE {where}"
    if sampled:
        where = f"id IN (SELECT id FROM log WHERE {where} ORDER BY {SCATTERED} LIMIT :sample)"
    page = f"SELECT id FROM log WHERE {where} ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset"
    return sql(page, _Key), sql(total)


def list_logs(ws: Workspace, query: JsonObject) -> JsonObject:
    """List the Logs of a File, newest first. Unknown File: NotFound.

    `id` matches parts of ids, any of them; `search` looks in inputs and output, `metadata_search` in metadata, both
    ignoring case; dates limit `created_at`, inclusive; `in_trace_filter` is for Logs below another one, or for those
    that are not; `sample` takes that many at random, always the same ones.
    """
    file = get_any_file(ws, query["file_id"], loc=("query", "file_id"))
    values = {"organisation": ws.organisation, "file": file.id, "sample": max(query.get("sample", 0), 0)}
    given = {name: query[name] for name in EXACT if query.get(name) is not None}
    if ids := [part for part in query.get("id", []) if part]:
        given["id"] = ids
    if query.get("search"):
        given["search"] = query["search"].casefold()
        values["search_json"] = _inside_json(given["search"])
    if query.get("metadata_search"):
        given["metadata_search"] = _inside_json(query["metadata_search"].casefold())
    filters = set(given)
    if len(in_trace := set(query.get("in_trace_filter", []))) == 1:
        filters.add("in_trace" if in_trace.pop() else "outside_of_traces")
    sampled = "sample" in query
    rows, total = _statements(frozenset(filters), sampled=sampled)
    page = page_of(ws, query, rows, total if filters or sampled else ALL_IN_FILE, values | given)
    shown = LogDocuments(
        ws,
        [row.id for row in page.rows],
        children=bool(query.get("include_trace_children")),
        parents=bool(query.get("include_parent")),
    )
    return page.render(lambda row: shown[row.id])


def _inside_json(text: str) -> str:
    """Return a text as a stored document has it: with quotes and line breaks escaped."""
    return orjson.dumps(text).decode()[1:-1]
