"""What the server has yet to judge: one row for each Log and Evaluator Version, until the verdict is stored.

A row is written in the transaction that makes it necessary, so no crash loses a judgment; and it is deleted in the one
that stores the verdict, so none is stored twice. Only Evaluators that the server runs are assigned: Python code and
LLM ones, never external or human ones [C].
"""

from typing import Any, NamedTuple, Protocol

from ...ids import new_etag
from ...kinds.base import COMPLETE
from ...store.database import Database
from ...store.statement import Statement, sql
from ..workspace import Workspace


class AssignmentRow(NamedTuple):
    """What an Evaluator has to judge: its File and its content, the Log and the Log's datapoint."""

    id: int  # of the Evaluator's File, like the next two
    uid: str
    monitors_count: int
    evaluator_version_id: int
    token: int
    content: str  # JSON
    log_id: int
    log_uid: str
    datapoint: str | None  # JSON


class Watched(Protocol):
    """A File that Evaluators may watch."""

    @property
    def id(self) -> int: ...
    @property
    def monitors_count(self) -> int: ...


WATCHING = """
    monitor m LEFT JOIN file e ON e.id = m.evaluator_id
    LEFT JOIN deployment d ON d.file_id = m.evaluator_id AND d.environment_id = m.environment_id
    JOIN version v ON v.id = coalesce(m.evaluator_version_id, d.version_id, e.shown_version) AND v.deleted_at IS NULL
    JOIN file vf ON vf.id = v.file_id AND vf.deleted_at IS NULL
"""
EVALUATING = """
    CROSS JOIN run r ON r.id = er.run_id AND coalesce(r.decided, '') <> 'cancelled'
    CROSS JOIN evaluation_evaluator e ON e.evaluation_id = er.evaluation_id AND e.orchestrated
    CROSS JOIN version v ON v.id = e.evaluator_version_id
"""
LOGS_OF_RUNS = f"evaluation_run er {EVALUATING} CROSS JOIN run_log l ON l.run_id = er.run_id"
RUNS_OF_LOG = f"run_log l CROSS JOIN evaluation_run er ON er.run_id = l.run_id {EVALUATING}"
UNJUDGED = f"""
    coalesce((SELECT status FROM log WHERE id = l.log_id), '{COMPLETE}') = '{COMPLETE}'
    AND NOT EXISTS (SELECT 1 FROM verdict x WHERE x.log_id = l.log_id AND x.evaluator_version_id = v.id)
"""  # a trace waits only if a client called it incomplete; one without a status is judged as it is [O]
THIS = "log_id = :log AND evaluator_version_id = :evaluator_version AND token = :token"


def _assigning(
    source: str, condition: str, *, log: str = "l.log_id", before: str = "", again: bool = False
) -> Statement[Any]:
    """Assign Logs to the Evaluator Versions `v` that a join finds for them and that the server runs.

    `again` renews an assignment that stands: a verdict on what the Log was before is not stored then.
    """
    renew = "(log_id, evaluator_version_id) DO UPDATE SET token = excluded.token" if again else "DO NOTHING"
    return sql(f"""
        {before} INSERT INTO assignment (log_id, evaluator_version_id, token)
        SELECT {log}, v.id, :token FROM {source}
        WHERE {condition} AND text_at(v.content, spec.evaluator_type) IN (SELECT value FROM texts(:judged))
        ON CONFLICT {renew} RETURNING log_id
    """)


TO_MONITORS = _assigning(
    WATCHING,
    """m.file_id = :file AND m.state = 'active'
    AND v.file_id NOT IN (SELECT l.file_id FROM log l JOIN judged j ON j.id = l.id)""",
    log=":log",
    before="""WITH RECURSIVE judged (id) AS (
        SELECT id FROM log WHERE id = :log
        UNION SELECT l.parent_id FROM log l JOIN judged j ON l.id = j.id WHERE l.parent_id IS NOT NULL
    )""",
    again=True,
)
"""Assign a Log to what watches its File, but never to an Evaluator whose own judgments led to this Log [A]."""

OF_RUN = _assigning(LOGS_OF_RUNS, f"er.run_id = :run AND l.position >= :first AND {UNJUDGED}")

OF_EVALUATION = _assigning(LOGS_OF_RUNS, f"er.evaluation_id = :evaluation AND {UNJUDGED}")

OF_COMPLETED = _assigning(RUNS_OF_LOG, "l.log_id = :log", again=True)
"""Assign a Log to the Evaluators of its Runs, including those that judged it before it was complete [A]."""

WITHDRAW = sql(f"""
    DELETE FROM assignment WHERE log_id IN (
        SELECT log_id FROM run_log WHERE run_id IN (SELECT value FROM integers(:runs)))
    AND NOT EXISTS (
        SELECT 1 FROM run_log l JOIN run r ON r.id = l.run_id AND coalesce(r.decided, '') <> 'cancelled'
        JOIN evaluation_run er ON er.run_id = r.id
        JOIN evaluation_evaluator e ON e.evaluation_id = er.evaluation_id AND e.orchestrated
        WHERE l.log_id = assignment.log_id AND e.evaluator_version_id = assignment.evaluator_version_id)
    AND NOT EXISTS (
        SELECT 1 FROM {WATCHING} JOIN log ON log.file_id = m.file_id
        WHERE log.id = assignment.log_id AND m.state = 'active' AND v.id = assignment.evaluator_version_id)
""")
"""Drop the assignments of Logs of Runs that are wanted by no open Run and by no monitor."""

FINISH = sql(f"DELETE FROM assignment WHERE {THIS}")

OPEN = sql(f"SELECT 1 FROM assignment WHERE {THIS}")

OF_LOGS = sql(
    """
    SELECT f.id, f.uid, f.monitors_count, a.evaluator_version_id, a.token, v.content, a.log_id,
           l.uid AS log_uid, d.document AS datapoint
    FROM integers(:keys) j CROSS JOIN assignment a ON a.log_id = j.value
    JOIN log l ON l.id = a.log_id JOIN version v ON v.id = a.evaluator_version_id JOIN file f ON f.id = v.file_id
    LEFT JOIN datapoint d ON d.id = l.datapoint_id
    WHERE l.organisation_id = :organisation ORDER BY j.key, a.evaluator_version_id
    """,
    AssignmentRow,
)

OUTSTANDING = sql("""
    SELECT DISTINCT l.organisation_id, a.log_id FROM assignment a JOIN log l ON l.id = a.log_id ORDER BY 1, 2
""")


def of_new_log(ws: Workspace, log: int, file: Watched, status: str | None) -> None:
    """Assign a new or changed Log to the Evaluators that watch its File, once it is complete [D]."""
    if file.monitors_count and status in (None, COMPLETE):
        _assign(ws, TO_MONITORS, log=log, file=file.id)


def of_completed_log(ws: Workspace, log: int) -> None:
    """Assign a Log that is complete now to the Evaluators of its Runs."""
    _assign(ws, OF_COMPLETED, log=log)


def of_run(ws: Workspace, run: int, *, first: int = 0) -> None:
    """Assign the Logs of a Run from this position on."""
    _assign(ws, OF_RUN, run=run, first=first)


def of_evaluation(ws: Workspace, evaluation: int) -> None:
    """Assign the Logs of all Runs of an Evaluation, which has new Evaluators."""
    _assign(ws, OF_EVALUATION, evaluation=evaluation)


def _assign(ws: Workspace, statement: Statement[Any], **values: int) -> None:
    if not ws.jobs.judged:
        return
    keys = list(dict.fromkeys(ws.db.column(statement, judged=list(ws.jobs.judged), token=new_etag(), **values)))
    if keys:
        ws.db.after_commit(lambda: ws.jobs.judge(ws.organisation, keys))


def withdraw(ws: Workspace, runs: list[int]) -> None:
    """Drop the assignments of Runs that are cancelled or no longer evaluated, where nothing else wants them."""
    ws.db.run(WITHDRAW, runs=runs)


def of_logs(ws: Workspace, keys: list[int]) -> list[AssignmentRow]:
    """Return the assignments of these Logs."""
    return ws.db.all(OF_LOGS, organisation=ws.organisation, keys=keys)


def is_open(ws: Workspace, row: AssignmentRow) -> bool:
    """Tell whether an assignment is still open: not done by others, not withdrawn, and the Log has not changed."""
    return ws.db.value(OPEN, **_this(row)) is not None


def finish(ws: Workspace, row: AssignmentRow) -> bool:
    """Delete an assignment; false if it was not open any more."""
    return bool(ws.db.run(FINISH, **_this(row)))


def _this(row: AssignmentRow) -> dict[str, int]:
    return {"log": row.log_id, "evaluator_version": row.evaluator_version_id, "token": row.token}


def outstanding(db: Database) -> dict[int, list[int]]:
    """Return the Logs of each organisation that wait for a judgment."""
    found: dict[int, list[int]] = {}
    for organisation, log in db.tuples(OUTSTANDING):
        found.setdefault(organisation, []).append(log)
    return found
