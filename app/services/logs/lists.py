"""Lists of Logs with all their filters, and the deletion of Logs with what hangs on them."""

from functools import partial
from typing import Any

import orjson
from peewee import SQL, fn

from ...errors import Invalid, NotFound
from ...ids import new_etag
from ...store.models import Log, Version
from ...store.statement import arg as given
from ...store.statement import contains, holds_any, kept, least, sql
from ..evaluations import assignments
from ..files.bare_documents import COMMITTED
from ..files.files import get_any_file
from ..paging import Page, page_of
from ..workspace import Workspace
from . import judgments
from .documents import LogDocuments

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


@kept
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


def list_logs(ws: Workspace, query: dict[str, Any]) -> dict[str, Any]:
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


DOOMED = """
    WITH RECURSIVE doomed (id) AS (
        SELECT l.id FROM integers(:keys) j CROSS JOIN log l ON l.id = j.value
        UNION SELECT l.id FROM doomed d CROSS JOIN log l ON l.trace_parent_id = d.id OR l.parent_id = d.id
    )
"""

NAMED_LOGS = sql("""
    SELECT j.value AS uid, l.id FROM texts(:uids) j
    LEFT JOIN log l ON l.organisation_id = :organisation AND l.uid = j.value
""")

DOOMED_LOGS = sql(DOOMED + "SELECT id FROM doomed")

LISTED = "(SELECT value FROM integers(:keys))"
RUNS = f"""SELECT run_id FROM run_log WHERE log_id IN (
    SELECT id FROM log WHERE id IN {LISTED} UNION SELECT parent_id FROM log WHERE id IN {LISTED})"""
STEPS = (
    f"UPDATE run SET etag = :etag WHERE id IN ({RUNS})",
    f"UPDATE run SET logs_count = logs_count - gone.n FROM (SELECT run_id, count(*) AS n FROM run_log"
    f" WHERE log_id IN {LISTED} GROUP BY run_id) AS gone WHERE run.id = gone.run_id",
    f"DELETE FROM run_log WHERE log_id IN {LISTED}",
    f"DELETE FROM assignment WHERE log_id IN {LISTED}",
    f"DELETE FROM verdict WHERE log_id IN {LISTED}",
    f"UPDATE version SET logs_count = logs_count - gone.n FROM (SELECT version_id, count(*) AS n FROM log"
    f" WHERE id IN {LISTED} GROUP BY version_id) AS gone WHERE version.id = gone.version_id",
    f"UPDATE file SET logs_count = logs_count - gone.n FROM (SELECT file_id, count(*) AS n FROM log"
    f" WHERE id IN {LISTED} GROUP BY file_id) AS gone WHERE file.id = gone.file_id",
)

RUNS_OF = sql(f"SELECT id, orchestrated FROM run WHERE decided IS NULL AND id IN ({RUNS})")
"""Select the Runs that lose Logs or judgments, and go on."""


@kept
def _step(number: int) -> Any:
    return sql(STEPS[number])


ORPHANED_VERDICTS = sql(f"""
    SELECT v.log_id, v.evaluator_version_id, l.id AS before, l.error, l.document FROM verdict v
    LEFT JOIN log l ON l.id = (
        SELECT max(b.id) FROM log b
        WHERE b.parent_id = v.log_id AND b.version_id = v.evaluator_version_id AND b.id NOT IN {LISTED})
    WHERE v.evaluator_log_id IN {LISTED}
""")
"""Select the verdicts that lose their Evaluator Log, with the one before it that counts then."""

DROP_VERDICTS = sql(f"DELETE FROM verdict WHERE evaluator_log_id IN {LISTED}")

DELETE = sql(f"DELETE FROM log WHERE id IN {LISTED}")


def delete(ws: Workspace, uids: list[str]) -> None:
    """Delete Logs with all below them in their traces and all judgments on them [A].

    No id: Invalid. An unknown one: NotFound, and nothing is deleted. Where a judgment goes, the one before it counts;
    a Run that goes on gets what it lacks then as it got the first [A].
    """
    if not uids:
        raise Invalid("Provide the ids of the logs to delete.", loc=("query", "id"))
    named = ws.db.all(NAMED_LOGS, organisation=ws.organisation, uids=uids)
    missing = [row.uid for row in named if row.id is None]
    if missing:
        text = f"Could not find logs with IDs {', '.join(repr(uid) for uid in missing)}."
        raise NotFound("Log not found.", text, loc=("query", "id"))
    keys = ws.db.column(DOOMED_LOGS, keys=[row.id for row in named])
    affected = ws.db.all(RUNS_OF, keys=keys)
    values = {"keys": keys, "etag": new_etag()}
    for number in range(len(STEPS)):
        ws.db.run(_step(number), **values)
    counting = [
        (row.log_id, row.evaluator_version_id, row.before, orjson.loads(row.document)["judgment"], row.error)
        for row in ws.db.all(ORPHANED_VERDICTS, keys=keys)
        if row.before is not None
    ]
    ws.db.run(DROP_VERDICTS, keys=keys)
    judgments.restore(ws, counting)
    ws.db.run(DELETE, keys=keys)
    for run in affected:
        assignments.of_run(ws, run.id)
        if run.orchestrated:
            ws.db.after_commit(partial(ws.jobs.fill, ws.organisation, run.id))
