"""Merges the staged Logs, Evaluations and Runs, after the Files and Versions they refer to."""

from collections.abc import Callable
from contextlib import closing
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

import orjson

from ...services.evaluations.runs import OPEN, statuses
from ...services.logs import judgments
from ...services.workspace import Workspace
from ...store.models import Log
from ...store.statement import Statement, sql

Step: TypeAlias = Statement[Any] | Callable[[Workspace], int]
"""A statement, or a function for what no statement can do; both return the number of new rows."""

LAST_RUN = sql("SELECT coalesce(max(id), 0) FROM run")

COUNTING = sql("""
    SELECT l.parent_id, l.version_id, l.id, l.document, l.error
    FROM staged_log t CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.uid
    WHERE t.parent_uid IS NOT NULL AND l.parent_id IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM log x WHERE x.parent_id = l.parent_id AND x.version_id = l.version_id AND x.id > l.id)
    AND NOT EXISTS (
        SELECT 1 FROM verdict v WHERE v.log_id = l.parent_id AND v.evaluator_version_id = l.version_id)
""")
"""Select the latest staged Log of each Evaluator Version on each Log that has no verdict of it yet."""


def _restore_verdicts(ws: Workspace) -> int:
    """Make the judgments in the tree the verdicts on their Logs."""
    with closing(ws.db.each(COUNTING, organisation=ws.organisation)) as found:
        judgments.restore(ws, ((*keys, orjson.loads(text)["judgment"], error) for *keys, text, error in found))
    return 0


def _analyze(ws: Workspace) -> int:
    """Tell the database of the many new Logs: with plans for a few, the steps that follow would take minutes."""
    ws.db.analyze(Log)
    return 0


class Told(NamedTuple):
    """Staged stats of a Run without Logs: those of one Evaluator, as JSON, or only the number of Logs it had."""

    run: int
    logs: int
    document: str | None


TOLD = sql(
    """
    SELECT r.id AS run, t.logs, t.document
    FROM staged_run_stats t JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
    WHERE r.stored_stats IS NULL AND r.logs_count = 0 ORDER BY r.id, t.evaluator_version_uid
    """,
    Told,
)

STORE_STATS = sql("UPDATE run SET stored_stats = :document WHERE id = :run")


def _store_stats(ws: Workspace) -> int:
    """Store the stats of Runs whose Logs the tree lacks."""
    count = 0
    for run, rows in groupby(ws.db.all(TOLD, organisation=ws.organisation), lambda row: row.run):
        told = list(rows)
        evaluators = [orjson.Fragment(row.document) for row in told if row.document is not None]
        document = {"num_logs": max(row.logs for row in told), "evaluator_stats": evaluators}
        count += ws.db.run(STORE_STATS, run=run, document=orjson.dumps(document).decode())
    return count


STEPS: dict[str, Step] = {
    "logs": sql("""
        INSERT INTO log (organisation_id, uid, file_id, version_id, created_at, start_time, end_time, status, inputs,
            output, error, metadata, document, datapoint_id)
        SELECT :organisation, t.uid, v.file_id, v.id, t.created_at, t.start_time, t.end_time, t.status, t.inputs,
            t.output, t.error, t.metadata, t.document,
            (SELECT d.id FROM datapoint d WHERE d.organisation_id = :organisation AND d.uid = t.datapoint_uid)
        FROM staged_log t LEFT JOIN staged_log_order o ON o.uid = t.uid
        CROSS JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        WHERE NOT EXISTS (SELECT 1 FROM log l WHERE l.organisation_id = :organisation AND l.uid = t.uid)
        ORDER BY o.place IS NULL, o.place, t.created_at, t.rank IS NULL, t.rank, t.id DESC
    """),
    "statistics": _analyze,
    "places of logs": sql("""
        UPDATE log SET
            parent_id = (SELECT p.id FROM log p WHERE p.organisation_id = :organisation AND p.uid = t.parent_uid),
            trace_parent_id = (
                SELECT p.id FROM log p WHERE p.organisation_id = :organisation AND p.uid = t.trace_parent_uid)
        FROM staged_log t WHERE coalesce(t.parent_uid, t.trace_parent_uid) IS NOT NULL
        AND log.organisation_id = :organisation AND log.uid = t.uid
    """),
    "traces": sql("""
        WITH RECURSIVE below (id, root) AS (
            SELECT l.id, coalesce(l.trace_id, l.id) FROM staged_log t
            CROSS JOIN log c ON c.organisation_id = :organisation AND c.uid = t.uid
            CROSS JOIN log l ON l.id = c.trace_parent_id AND l.trace_parent_id IS NULL
            WHERE t.trace_parent_uid IS NOT NULL
            UNION SELECT l.id, b.root FROM below b CROSS JOIN log l ON l.trace_parent_id = b.id
        )
        UPDATE log SET trace_id = below.root FROM below WHERE log.id = below.id AND below.id <> below.root
    """),
    "circles": sql("""
        UPDATE log SET trace_parent_id = NULL WHERE trace_id IS NULL AND trace_parent_id IS NOT NULL
        AND organisation_id = :organisation AND uid IN (SELECT uid FROM staged_log WHERE trace_parent_uid IS NOT NULL)
    """),
    "counts of versions": sql("""
        UPDATE version SET logs_count = (SELECT count(*) FROM log l WHERE l.version_id = version.id)
        WHERE organisation_id = :organisation AND uid IN (SELECT version_uid FROM staged_log)
    """),
    "counts of files": sql("""
        UPDATE file SET logs_count = (SELECT count(*) FROM log l WHERE l.file_id = file.id)
        WHERE organisation_id = :organisation AND id IN (
            SELECT v.file_id FROM version v
            WHERE v.organisation_id = :organisation AND v.uid IN (SELECT version_uid FROM staged_log))
    """),
    "older verdicts": sql("""
        DELETE FROM verdict WHERE (log_id, evaluator_version_id) IN (
            SELECT l.parent_id, l.version_id FROM staged_log t
            CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.uid
            JOIN verdict v ON v.log_id = l.parent_id AND v.evaluator_version_id = l.version_id
            WHERE t.parent_uid IS NOT NULL AND l.id > v.evaluator_log_id)
    """),
    "verdicts": _restore_verdicts,
    "evaluations": sql("""
        INSERT INTO evaluation (organisation_id, uid, file_id, dataset_version_id, name, created_at,
            updated_at, created_by_id, etag)
        SELECT :organisation, t.uid, f.id,
            (SELECT id FROM version WHERE organisation_id = :organisation AND uid = t.dataset_version_uid),
            t.name, t.created_at, t.updated_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = t.created_by), :user),
            new_etag()
        FROM staged_evaluation t LEFT JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        WHERE t.file_uid IS NULL OR f.id IS NOT NULL
        ORDER BY f.id IS NOT NULL, f.id, t.place IS NULL, t.place, t.created_at, t.uid
        ON CONFLICT DO NOTHING
    """),
    "evaluators": sql("""
        INSERT INTO evaluation_evaluator (evaluation_id, evaluator_version_id, orchestrated, added_at)
        SELECT e.id, v.id, t.orchestrated, t.added_at FROM staged_evaluator t
        JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
        JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid ORDER BY e.id, t.place
        ON CONFLICT DO NOTHING
    """),
    "runs": sql("""
        INSERT INTO run (organisation_id, uid, file_id, dataset_version_id, version_id, orchestrated, decided,
            created_at, created_by_id, etag)
        SELECT :organisation, t.uid, (
                SELECT e.file_id FROM staged_evaluation_run r
                JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = r.evaluation_uid
                WHERE r.run_uid = t.uid LIMIT 1), d.id, v.id,
            t.orchestrated, t.decided, t.created_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = t.created_by), :user),
            new_etag()
        FROM staged_run t
        LEFT JOIN version d ON d.organisation_id = :organisation AND d.uid = t.dataset_version_uid
        LEFT JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        ORDER BY t.created_at, t.uid
        ON CONFLICT DO NOTHING
    """),
    "places of runs": sql("""
        INSERT INTO evaluation_run (evaluation_id, run_id, added_at, control)
        SELECT e.id, r.id, t.added_at, t.control FROM staged_evaluation_run t
        JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
        JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
        ORDER BY e.id, t.place IS NULL, t.place, t.added_at, t.run_uid
        ON CONFLICT DO NOTHING
    """),
    "links": sql("""
        INSERT INTO run_log (run_id, position, log_id, datapoint_id)
        SELECT r.id, r.next_position + row_number() OVER (PARTITION BY r.id ORDER BY t.id) - 1, l.id,
            coalesce((SELECT d.id FROM datapoint d WHERE d.organisation_id = :organisation AND d.uid = t.datapoint_uid),
                l.datapoint_id)
        FROM staged_run_log t
        CROSS JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
        CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.log_uid
        WHERE NOT EXISTS (SELECT 1 FROM run_log x WHERE x.log_id = l.id AND x.run_id = r.id)
    """),
    "counts of runs": sql("""
        UPDATE run SET logs_count = (SELECT count(*) FROM run_log l WHERE l.run_id = run.id),
            next_position = (SELECT coalesce(max(position) + 1, 0) FROM run_log l WHERE l.run_id = run.id)
        WHERE organisation_id = :organisation AND uid IN (SELECT uid FROM staged_run)
    """),
    "batches": sql("""
        UPDATE run SET batch = t.batch FROM staged_run_batch t
        WHERE run.organisation_id = :organisation AND run.uid = t.run_uid AND run.batch IS NULL
        AND NOT EXISTS (SELECT 1 FROM run r WHERE r.organisation_id = :organisation AND r.batch = t.batch)
        AND t.run_uid = (
            SELECT min(s.run_uid) FROM staged_run_batch s
            JOIN run r ON r.organisation_id = :organisation AND r.uid = s.run_uid AND r.batch IS NULL
            WHERE s.batch = t.batch)
    """),
    "stored stats": _store_stats,
    "states of files": sql("UPDATE file SET etag = new_etag() WHERE organisation_id = :organisation"),
    "states of runs": sql("UPDATE run SET etag = new_etag() WHERE organisation_id = :organisation"),
}


EVALUATIONS = sql("""
    SELECT DISTINCT e.id FROM staged_evaluation_run t
    JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
""")


class Imported(NamedTuple):
    """A new Run, and its status in the tree."""

    id: int
    etag: int
    decided: str | None
    logs_count: int
    orchestrated: bool
    told: str
    dataset_count: int | None
    evaluation_id: int
    evaluation_etag: int


RUNS = sql(
    """
    SELECT r.id, r.etag, r.decided, r.logs_count, r.orchestrated, t.status AS told,
           (SELECT datapoints_count FROM version d WHERE d.id = r.dataset_version_id) AS dataset_count,
           e.id AS evaluation_id, e.etag AS evaluation_etag
    FROM evaluation e JOIN staged_evaluation_run t ON t.evaluation_uid = e.uid
    JOIN run r ON r.organisation_id = e.organisation_id AND r.uid = t.run_uid
    WHERE e.id = :evaluation AND r.decided IS NULL AND r.id > :last
    """,
    Imported,
)

DECIDE = sql("UPDATE run SET decided = :status WHERE id = :key")


def decide_runs(ws: Workspace, *, after: int) -> None:
    """Keep the status that new Runs have in the tree where their Logs and verdicts would give another one.

    That of an unfinished orchestrated Run is kept too: the server must not continue what another one began.
    """
    kept_as_told: dict[int, str] = {}
    for evaluation in ws.db.column(EVALUATIONS, organisation=ws.organisation):
        runs = ws.db.all(RUNS, evaluation=evaluation, last=after)
        derived = statuses(ws, runs)
        kept_as_told |= {run.id: run.told for run in runs if derived[run.id] != run.told or _goes_on(run)}
    for key, status in kept_as_told.items():
        ws.db.run(DECIDE, key=key, status=status)


def _goes_on(run: Imported) -> bool:
    return run.orchestrated and run.told in OPEN
