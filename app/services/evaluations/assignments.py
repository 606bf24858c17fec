"""What the server has yet to judge: one row for each Log and Evaluator Version, until the verdict is stored.

A row is written in the transaction that makes it necessary, so no crash loses a judgment; and it is taken away in the
one that stores the verdict, so none is made twice. Only Evaluators that the server runs are assigned: Python code and
LLM ones, never external or human ones [C].
"""

from typing import Any

from ...ids import new_etag
from ...store.statement import Row, kept, sql
from ..logs.traces import COMPLETE
from ..workspace import Workspace

RUN_BY_SERVER = "text_at(v.content, spec.evaluator_type) IN (SELECT value FROM texts(:judged))"
WATCHING = """
    monitor m LEFT JOIN file e ON e.id = m.evaluator_id
    LEFT JOIN deployment d ON d.file_id = m.evaluator_id AND d.environment_id = m.environment_id
    JOIN version v ON v.id = coalesce(m.evaluator_version_id, d.version_id, e.shown_version) AND v.deleted_at IS NULL
    JOIN file vf ON vf.id = v.file_id AND vf.deleted_at IS NULL
"""
EVALUATORS = """
    CROSS JOIN run r ON r.id = er.run_id
    CROSS JOIN evaluation_evaluator e ON e.evaluation_id = er.evaluation_id AND e.orchestrated
    CROSS JOIN version v ON v.id = e.evaluator_version_id
"""
THIS = "log_id = :log AND evaluator_version_id = :evaluator_version AND token = :token"
LOGS = f"evaluation_run er {EVALUATORS} CROSS JOIN run_log l ON l.run_id = er.run_id"
BY = {  # the joins begin with the Evaluators, so that Runs without any cost nothing
    "run": "er.run_id = :run AND l.position >= :first",
    "evaluation": "er.evaluation_id = :evaluation",
}
WANTED = f"{RUN_BY_SERVER} AND coalesce(r.decided, '') <> 'cancelled'"
AGAIN = "ON CONFLICT (log_id, evaluator_version_id) DO UPDATE SET token = excluded.token RETURNING log_id"


MONITOR = sql(f"""
    WITH RECURSIVE judged (id) AS (
        SELECT id FROM log WHERE id = :log
        UNION SELECT l.parent_id FROM log l JOIN judged j ON l.id = j.id WHERE l.parent_id IS NOT NULL
    )
    INSERT INTO assignment (log_id, evaluator_version_id, token)
    SELECT :log, v.id, :token FROM {WATCHING}
    WHERE m.file_id = :file AND m.state = 'active' AND {RUN_BY_SERVER}
    AND v.file_id NOT IN (SELECT l.file_id FROM log l JOIN judged j ON j.id = l.id)
    {AGAIN}
""")
"""Assign a Log to what watches its File, but never to an Evaluator whose own judgments led to this Log [A]."""


@kept
def _evaluate(by: str) -> Any:
    """Assign the Logs of Runs to the Evaluators of their Evaluations that gave no verdict on them yet.

    Only those wait that a client called incomplete; the trace of which nobody said anything is judged as it is [O].
    """
    return sql(f"""
        INSERT INTO assignment (log_id, evaluator_version_id, token)
        SELECT l.log_id, v.id, :token FROM {LOGS} WHERE {BY[by]} AND {WANTED}
        AND coalesce((SELECT status FROM log WHERE id = l.log_id), '{COMPLETE}') = '{COMPLETE}'
        AND NOT EXISTS (SELECT 1 FROM verdict x WHERE x.log_id = l.log_id AND x.evaluator_version_id = v.id)
        ON CONFLICT DO NOTHING RETURNING log_id
    """)


ASSIGN_COMPLETED = sql(f"""
    INSERT INTO assignment (log_id, evaluator_version_id, token)
    SELECT l.log_id, v.id, :token FROM run_log l CROSS JOIN evaluation_run er ON er.run_id = l.run_id {EVALUATORS}
    WHERE l.log_id = :log AND {WANTED} {AGAIN}
""")
"""Assign a Log to the Evaluators of its Runs, those that judged it before it was complete too [A]."""

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
"""Drop what nobody wants of the Logs of Runs: no Run that goes on, no monitor."""

FINISH = sql(f"DELETE FROM assignment WHERE {THIS}")

STANDS = sql(f"SELECT 1 FROM assignment WHERE {THIS}")

OF_LOGS = sql("""
    SELECT f.id, f.uid, f.monitors_count, a.evaluator_version_id, a.token, v.content, a.log_id,
           l.uid AS log_uid, d.document AS datapoint
    FROM integers(:keys) j CROSS JOIN assignment a ON a.log_id = j.value
    JOIN log l ON l.id = a.log_id JOIN version v ON v.id = a.evaluator_version_id JOIN file f ON f.id = v.file_id
    LEFT JOIN datapoint d ON d.id = l.datapoint_id
    WHERE l.organisation_id = :organisation ORDER BY j.key, a.evaluator_version_id
""")

OUTSTANDING = sql("""
    SELECT DISTINCT l.organisation_id, a.log_id FROM assignment a JOIN log l ON l.id = a.log_id ORDER BY 1, 2
""")


def of_new_log(ws: Workspace, log: int, file: Row, status: str | None) -> None:
    """Assign a new or changed Log to the Evaluators that watch its File, once it is complete [D]."""
    if file.monitors_count and status in (None, COMPLETE):
        _assign(ws, MONITOR, log=log, file=file.id)


def of_completed_log(ws: Workspace, log: int) -> None:
    """Assign a Log that is complete now to the Evaluators of its Runs."""
    _assign(ws, ASSIGN_COMPLETED, log=log)


def of_run(ws: Workspace, run: int, *, first: int = 0) -> None:
    """Assign the Logs of a Run from this position on."""
    _assign(ws, _evaluate("run"), run=run, first=first)


def of_evaluation(ws: Workspace, evaluation: int) -> None:
    """Assign the Logs of all Runs of an Evaluation: it has new Evaluators."""
    _assign(ws, _evaluate("evaluation"), evaluation=evaluation)


def _assign(ws: Workspace, statement: Any, **values: Any) -> None:
    if not ws.jobs.judged:
        return
    keys = list(dict.fromkeys(ws.db.column(statement, judged=list(ws.jobs.judged), token=new_etag(), **values)))
    if keys:
        ws.db.after_commit(lambda: ws.jobs.judge(ws.organisation, keys))


def withdraw(ws: Workspace, runs: list[int]) -> None:
    """Take back what Runs that are cancelled, or no longer evaluated, had assigned."""
    ws.db.run(WITHDRAW, runs=runs)


def of_logs(ws: Workspace, keys: list[int]) -> list[Row]:
    """Return what is assigned of these Logs: the Evaluators' Files, with their content and the Logs' datapoints."""
    return ws.db.all(OF_LOGS, organisation=ws.organisation, keys=keys)


def stands(ws: Workspace, row: Row) -> bool:
    """Tell whether an assignment is still wanted: nobody was faster, it was not withdrawn, the Log has not changed."""
    return ws.db.value(STANDS, **_this(row)) is not None


def finish(ws: Workspace, row: Row) -> bool:
    """Take an assignment away; false when it does not stand any more."""
    return bool(ws.db.run(FINISH, **_this(row)))


def _this(row: Row) -> dict[str, int]:
    return {"log": row.log_id, "evaluator_version": row.evaluator_version_id, "token": row.token}


def outstanding(db: Any) -> dict[int, list[int]]:
    """Return the Logs of each organisation that wait for a judgment."""
    found: dict[int, list[int]] = {}
    for organisation, log in db.tuples(OUTSTANDING):
        found.setdefault(organisation, []).append(log)
    return found
