"""The status of Runs and Evaluations: set by hand, else derived from Logs and verdicts (behaviour.md section 3).

Whether a Run is finished is kept by the etags of the Run and the Evaluation, as its tally is; to find out takes one
query for several Runs, which stops at the first Log without a verdict.
"""

from ...store.statement import Row, sql
from ..workspace import Workspace

PENDING, RUNNING, COMPLETED, CANCELLED = "pending", "running", "completed", "cancelled"
PROGRESSION = (PENDING, RUNNING, CANCELLED, COMPLETED)  # the least advanced first
MOST_KEPT = 50_000

State = tuple[int, int, int, int]


UNFINISHED = sql("""
    SELECT r.id, EXISTS (
        SELECT 1 FROM evaluation_evaluator e CROSS JOIN run_log l ON l.run_id = r.id
        WHERE e.evaluation_id = :evaluation
        AND NOT EXISTS (
            SELECT 1 FROM verdict v WHERE v.log_id = l.log_id AND v.evaluator_version_id = e.evaluator_version_id)
        AND NOT EXISTS (
            SELECT 1 FROM verdict v JOIN version other ON other.id = v.evaluator_version_id
            JOIN version wanted ON wanted.id = e.evaluator_version_id AND wanted.file_id = other.file_id
            WHERE v.log_id = l.log_id
            AND text_at(other.content, spec.return_type)
              = text_at(wanted.content, spec.return_type)
            AND NOT EXISTS (
                SELECT 1 FROM evaluation_evaluator x
                WHERE x.evaluation_id = e.evaluation_id AND x.evaluator_version_id = other.id))
        ORDER BY l.position DESC LIMIT 1
    ) OR coalesce(d.datapoints_count, 0) > (
        SELECT count(DISTINCT datapoint_id) FROM run_log l WHERE l.run_id = r.id AND l.datapoint_id IS NOT NULL
    ) AS unfinished
    FROM integers(:runs) j CROSS JOIN run r ON r.id = j.value LEFT JOIN version d ON d.id = r.dataset_version_id
""")
"""Tell of each Run whether a datapoint has no Log, or a Log no verdict by any Version of some Evaluator."""


def state_of(evaluation: Row, run: Row) -> State:
    """Return what changes whenever a Log, a verdict or an Evaluator of a Run in an Evaluation does."""
    return run.id, run.etag, evaluation.id, evaluation.etag


def remember(ws: Workspace, evaluation: Row, run: Row, finished: bool) -> None:
    """Keep whether a Run is finished, in its present state."""
    if len(ws.db.finished) > MOST_KEPT:
        ws.db.finished.clear()
    ws.db.finished[state_of(evaluation, run)] = finished


def of_runs(ws: Workspace, evaluation: Row, runs: list[Row]) -> dict[int, str]:
    """Return the status of each Run, by key, in an Evaluation.

    A status set by hand sticks. Without Logs a Run is pending, an orchestrated one running; then running, until every
    datapoint has a Log and every Log a verdict of every Evaluator.
    """
    known = ws.db.finished
    derived = [run for run in runs if not run.decided and run.logs_count]
    unknown = {run.id: run for run in derived if state_of(evaluation, run) not in known}
    if unknown:
        for key, unfinished in ws.db.tuples(UNFINISHED, runs=list(unknown), evaluation=evaluation.id):
            remember(ws, evaluation, unknown[key], not unfinished)
    finished = {
        run.id: ws.completion.shows(run.id, known.get(state_of(evaluation, run), False), ws.clock) for run in derived
    }
    return {run.id: _status(run, finished.get(run.id)) for run in runs}


def _status(run: Row, finished: bool | None) -> str:
    if run.decided:
        decided: str = run.decided
        return decided
    if not run.logs_count:
        if not run.orchestrated:
            return PENDING
        return RUNNING if run.dataset_count else COMPLETED
    return COMPLETED if finished else RUNNING


def least_advanced(statuses: list[str]) -> str:
    """Return the status of an Evaluation: the least advanced of its Runs; without any it is pending."""
    return min(statuses, key=PROGRESSION.index, default=PENDING)
