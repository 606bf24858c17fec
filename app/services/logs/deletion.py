"""The deletion of Logs, with the traces below them and the judgments on them."""

from functools import partial
from typing import NamedTuple

import orjson

from ...errors import Invalid, NotFound
from ...ids import new_etag
from ...store.statement import sql
from ..evaluations import assignments
from ..workspace import Workspace
from . import judgments


class _Named(NamedTuple):
    uid: str
    id: int | None


class _Run(NamedTuple):
    id: int
    orchestrated: bool


class _Orphaned(NamedTuple):
    log_id: int
    evaluator_version_id: int
    before: int | None
    error: str | None
    document: str | None  # JSON


DOOMED = """
    WITH RECURSIVE doomed (id) AS (
        SELECT l.id FROM integers(:keys) j CROSS JOIN log l ON l.id = j.value
        UNION SELECT l.id FROM doomed d CROSS JOIN log l ON l.trace_parent_id = d.id OR l.parent_id = d.id
    )
"""

NAMED = sql(
    """
    SELECT j.value AS uid, l.id FROM texts(:uids) j
    LEFT JOIN log l ON l.organisation_id = :organisation AND l.uid = j.value
    """,
    _Named,
)

DOOMED_LOGS = sql(DOOMED + "SELECT id FROM doomed")

LISTED = "(SELECT value FROM integers(:keys))"
RUNS = f"""SELECT run_id FROM run_log WHERE log_id IN (
    SELECT id FROM log WHERE id IN {LISTED} UNION SELECT parent_id FROM log WHERE id IN {LISTED})"""
STEPS = (
    sql(f"UPDATE run SET etag = :etag WHERE id IN ({RUNS})"),
    sql(f"""
        UPDATE run SET logs_count = logs_count - gone.n FROM (
            SELECT run_id, count(*) AS n FROM run_log WHERE log_id IN {LISTED} GROUP BY run_id) AS gone
        WHERE run.id = gone.run_id
    """),
    sql(f"DELETE FROM run_log WHERE log_id IN {LISTED}"),
    sql(f"DELETE FROM assignment WHERE log_id IN {LISTED}"),
    sql(f"DELETE FROM verdict WHERE log_id IN {LISTED}"),
    sql(f"""
        UPDATE version SET logs_count = logs_count - gone.n FROM (
            SELECT version_id, count(*) AS n FROM log WHERE id IN {LISTED} GROUP BY version_id) AS gone
        WHERE version.id = gone.version_id
    """),
    sql(f"""
        UPDATE file SET logs_count = logs_count - gone.n FROM (
            SELECT file_id, count(*) AS n FROM log WHERE id IN {LISTED} GROUP BY file_id) AS gone
        WHERE file.id = gone.file_id
    """),
)

RUNS_OF = sql(f"SELECT id, orchestrated FROM run WHERE decided IS NULL AND id IN ({RUNS})", _Run)
"""Select the open Runs that lose Logs or judgments."""

ORPHANED_VERDICTS = sql(
    f"""
    SELECT v.log_id, v.evaluator_version_id, l.id AS before, l.error, l.document FROM verdict v
    LEFT JOIN log l ON l.id = (
        SELECT max(b.id) FROM log b
        WHERE b.parent_id = v.log_id AND b.version_id = v.evaluator_version_id AND b.id NOT IN {LISTED})
    WHERE v.evaluator_log_id IN {LISTED}
    """,
    _Orphaned,
)
"""Select the verdicts that lose their Evaluator Log, with the one before it, which counts again."""

DROP_VERDICTS = sql(f"DELETE FROM verdict WHERE evaluator_log_id IN {LISTED}")

DELETE = sql(f"DELETE FROM log WHERE id IN {LISTED}")


def delete(ws: Workspace, uids: list[str]) -> None:
    """Delete Logs with all below them in their traces and all judgments on them [A].

    No id: Invalid. An unknown one: NotFound, and nothing is deleted. Where a judgment is deleted, the one before it
    counts again; an open Run gets what it lacks then as it got the first [A].
    """
    if not uids:
        raise Invalid("Provide the ids of the logs to delete.", loc=("query", "id"))
    named = ws.db.all(NAMED, organisation=ws.organisation, uids=uids)
    missing = [row.uid for row in named if row.id is None]
    if missing:
        text = f"Could not find logs with IDs {', '.join(repr(uid) for uid in missing)}."
        raise NotFound("Log not found.", text, loc=("query", "id"))
    keys = ws.db.column(DOOMED_LOGS, keys=[row.id for row in named])
    affected = ws.db.all(RUNS_OF, keys=keys)
    values = {"keys": keys, "etag": new_etag()}
    for step in STEPS:
        ws.db.run(step, **values)
    counting = [
        (row.log_id, row.evaluator_version_id, row.before, orjson.loads(row.document)["judgment"], row.error)
        for row in ws.db.all(ORPHANED_VERDICTS, keys=keys)
        if row.before is not None and row.document is not None
    ]
    ws.db.run(DROP_VERDICTS, keys=keys)
    judgments.restore(ws, counting)
    ws.db.run(DELETE, keys=keys)
    for run in affected:
        assignments.of_run(ws, run.id)
        if run.orchestrated:
            ws.db.after_commit(partial(ws.jobs.fill, ws.organisation, run.id))
