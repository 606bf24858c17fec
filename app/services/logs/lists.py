"""Lists of Logs, with all their filters."""

from typing import Any, NamedTuple

import orjson
from peewee import SQL, fn

from ...json_types import JsonObject
from ...store.models import Log, Version
from ...store.statement import arg as given
from ...store.statement import contains, holds_any, kept, least, sql
from ..files.documents import COMMITTED
from ..files.files import get_any_file
from ..paging import Page, page_of
from ..workspace import Workspace
from .documents import LogDocuments


class _Key(NamedTuple):
    id: int


NAMED = ("version_id", "version_status", "start_date", "end_date")
SAMPLING = SQL("(id * 2654435761) % 4294967296")  # scatters the keys, always in the same way: pages of a sample agree


def _matches(*, trace: bool | None, filters: frozenset[str]) -> Any:
    conditions = [Log.file == given("file")]
    if "version_id" in filters:
        conditions.append(
            Log.version.in_(
                Version.select(Version.id).where(
                    Version.organisation == given("organisation"), Version.uid == given("version_id")
                )
            )
        )
    if "search" in filters:
        conditions.append(contains(Log.inputs, "search_json") | contains(Log.output, "search"))
    if "metadata_search" in filters:
        conditions.append(contains(Log.metadata, "metadata_search"))
    if "start_date" in filters:
        conditions.append(Log.created_at >= given("start_date"))
    if "end_date" in filters:
        conditions.append(Log.created_at <= given("end_date"))
    if "version_status" in filters:
        conditions.append(fn.nullif(given("version_status"), COMMITTED).is_null())
    if "id" in filters:
        conditions.append(holds_any(Log.uid, "id"))
    if trace is not None:
        conditions.append(Log.trace_parent.is_null(not trace))
    return conditions


@kept(_Key)
def _keys(*, sampled: bool, **shape: Any) -> Any:
    query = Log.select(Log.id).where(*_matches(**shape))
    if sampled:
        query = Log.select(Log.id).where(Log.id.in_(query.order_by(SAMPLING).limit(given("sample"))))
    order = (Log.created_at.desc(), Log.id.desc())
    return query.order_by(*order).limit(given("limit")).offset(given("offset"))


@kept
def _total(*, sampled: bool, **shape: Any) -> Any:
    count = fn.count(Log.id)
    return Log.select(least(count, "sample") if sampled else count).where(*_matches(**shape))


ALL_IN_FILE = sql("SELECT logs_count FROM file WHERE id = :file")


def list_logs(ws: Workspace, query: JsonObject) -> JsonObject:
    """List the Logs of a File, newest first. Unknown File: NotFound.

    `id` matches parts of ids, any of them; `search` looks in inputs and output, `metadata_search` in metadata, both
    ignoring case; dates limit `created_at`, inclusive; `in_trace_filter` tells Logs below another from those that
    are not; `sample` takes that many at random, always the same ones.
    """
    file = get_any_file(ws, query["file_id"], loc=("query", "file_id"))
    texts = {name: query[name].casefold() for name in ("search", "metadata_search") if query.get(name)}
    others = {name: query[name] for name in NAMED if query.get(name) is not None}
    if ids := [part for part in query.get("id", []) if part]:
        others["id"] = ids
    trace = set(query.get("in_trace_filter", []))
    shape = {
        "trace": trace.pop() if len(trace) == 1 else None,
        "filters": frozenset((*texts, *others)),
    }
    sampled = query.get("sample") is not None
    values = {"organisation": ws.organisation, "file": file.id, **texts, **others}
    if "search" in texts:
        values["search_json"] = _inside_json(texts["search"])
    if "metadata_search" in texts:
        values["metadata_search"] = _inside_json(texts["metadata_search"])
    if sampled:
        values["sample"] = max(query["sample"], 0)
    whole = not (shape["filters"] or sampled) and shape["trace"] is None
    total = ALL_IN_FILE if whole else _total(sampled=sampled, **shape)
    page: Page = page_of(ws, query, _keys(sampled=sampled, **shape), total, values)
    shown = LogDocuments(
        ws,
        [row.id for row in page.rows],
        children=bool(query.get("include_trace_children")),
        parents=bool(query.get("include_parent")),
    )
    return page.render(lambda row: shown[row.id])


def _inside_json(text: str) -> str:
    """Write a text as it stands in a stored document: its quotes and line breaks are escaped there."""
    return orjson.dumps(text).decode()[1:-1]
