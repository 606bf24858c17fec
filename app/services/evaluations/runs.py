"""Runs, by themselves and in an Evaluation: found, with their status, and rendered.

A status is set by hand, or follows from the Logs and their verdicts. Whether a Run is finished is cached under the
etags of the Run and the Evaluation, as its tally is. Finding out takes one query for several Runs, which stops at the
first Log without a verdict.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from ...errors import Location, NotFound
from ...json_types import JsonObject
from ...store.statement import sql
from ..files import documents
from ..files.documents import user_document
from ..workspace import Workspace
from .evaluations import EvaluationRow, get_evaluation

PENDING, RUNNING, COMPLETED, CANCELLED = "pending", "running", "completed", "cancelled"
OPEN = (PENDING, RUNNING)
PROGRESSION = (PENDING, RUNNING, CANCELLED, COMPLETED)  # the least advanced first
MOST_KEPT = 50_000

State = tuple[int, int, int, int]


class RunRow(NamedTuple):
    """A Run by itself, whichever Evaluations it belongs to."""

    id: int
    uid: str
    file_id: int | None
    dataset_version_id: int | None
    version_id: int | None
    decided: str | None
    next_position: int


class EvaluationRunRow(NamedTuple):
    """A Run in one of the Evaluations that it belongs to."""

    id: int
    uid: str
    file_id: int | None
    dataset_version_id: int | None
    version_id: int | None
    orchestrated: bool
    decided: str | None
    created_at: str
    logs_count: int
    next_position: int
    etag: int
    batch: str | None
    added_at: str
    control: bool
    dataset_count: int | None
    version_uid: str | None
    user_uid: str
    email_address: str
    full_name: str | None
    evaluation_id: int
    evaluation_etag: int
    evaluation_file_id: int | None


AnyRun: TypeAlias = RunRow | EvaluationRunRow


class Progress(Protocol):
    """The columns of a Run in an Evaluation that decide its status."""

    @property
    def id(self) -> int: ...
    @property
    def etag(self) -> int: ...
    @property
    def evaluation_id(self) -> int: ...
    @property
    def evaluation_etag(self) -> int: ...
    @property
    def decided(self) -> str | None: ...
    @property
    def logs_count(self) -> int: ...
    @property
    def orchestrated(self) -> bool: ...
    @property
    def dataset_count(self) -> int | None: ...


NEWEST_FIRST = "ORDER BY er.added_at DESC, er.id DESC"
IN_EVALUATION = """
    SELECT r.id, r.uid, r.file_id, r.dataset_version_id, r.version_id, r.orchestrated, r.decided, r.created_at,
           r.logs_count, r.next_position, r.etag, r.batch, er.added_at, er.control,
           d.datapoints_count AS dataset_count, v.uid AS version_uid, u.uid AS user_uid, u.email_address, u.full_name,
           e.id AS evaluation_id, e.etag AS evaluation_etag, e.file_id AS evaluation_file_id
    FROM evaluation e JOIN evaluation_run er ON er.evaluation_id = e.id JOIN run r ON r.id = er.run_id
    JOIN account u ON u.id = r.created_by_id LEFT JOIN file f ON f.id = e.file_id
    LEFT JOIN version d ON d.id = r.dataset_version_id LEFT JOIN version v ON v.id = r.version_id
    WHERE e.organisation_id = :organisation AND f.deleted_at IS NULL
"""
ALL = sql(f"{IN_EVALUATION} AND e.id = :evaluation {NEWEST_FIRST}", EvaluationRunRow)
ONE = sql(
    f"{IN_EVALUATION} AND e.uid = :evaluation AND r.organisation_id = :organisation AND r.uid = :run", EvaluationRunRow
)
OF_VERSION = sql(
    f"{IN_EVALUATION} AND e.id = :evaluation AND er.run_id IN (SELECT id FROM run WHERE version_id = :version)"
    f" {NEWEST_FIRST}",
    EvaluationRunRow,
)

RUN = f"SELECT {', '.join(f'r.{name}' for name in RunRow._fields)} FROM run r"
BY_ID = sql(f"{RUN} WHERE r.organisation_id = :organisation AND r.uid = :uid", RunRow)

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
"""Select for each Run whether some datapoint lacks a Log, or some Log a verdict by any Version of some Evaluator."""


def get_run(ws: Workspace, uid: str, *, loc: Location = ("path", "run_id")) -> RunRow:
    """Return the Run with this id, whichever Evaluations it belongs to, or raise NotFound."""
    row = ws.db.first(BY_ID, organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Run", uid, loc=loc)
    return row


def of_evaluation(ws: Workspace, evaluation: EvaluationRow) -> list[EvaluationRunRow]:
    """Return all Runs of an Evaluation, the newest first."""
    return ws.db.all(ALL, organisation=ws.organisation, evaluation=evaluation.id)


def of_version(ws: Workspace, evaluation: EvaluationRow, version: int) -> list[EvaluationRunRow]:
    """Return the Runs of an Evaluation that evaluate this Version, the newest first."""
    return ws.db.all(OF_VERSION, organisation=ws.organisation, evaluation=evaluation.id, version=version)


def find(ws: Workspace, uid: str, run_id: str) -> EvaluationRunRow | None:
    """Return one Run, if it belongs to the Evaluation; the others are not read, however many there are."""
    return ws.db.first(ONE, organisation=ws.organisation, evaluation=uid, run=run_id)


def get(ws: Workspace, uid: str, run_id: str) -> EvaluationRunRow:
    """Return one Run of an Evaluation. No such Evaluation, or one without this Run: NotFound."""
    row = find(ws, uid, run_id)
    if row is None:
        get_evaluation(ws, uid)
        raise NotFound.of("Run", run_id, loc=("path", "run_id"))
    return row


def named(ws: Workspace, evaluation: EvaluationRow, wanted: list[str] | None) -> list[EvaluationRunRow]:
    """Return the Runs with these ids, or all, the oldest first. One that is not in the Evaluation: NotFound."""
    rows = of_evaluation(ws, evaluation)[::-1]
    for run_id in wanted or []:
        if all(row.uid != run_id for row in rows):
            raise NotFound.of("Run", run_id, loc=("query", "run_id"))
    return [row for row in rows if not wanted or row.uid in wanted]


def state_of(run: Progress) -> State:
    """Return a key for caches: it changes with any Log, verdict or Evaluator of a Run in an Evaluation."""
    return run.id, run.etag, run.evaluation_id, run.evaluation_etag


def remember(ws: Workspace, run: Progress, finished: bool) -> None:
    """Cache whether a Run is finished, in its present state."""
    if len(ws.db.finished) > MOST_KEPT:
        ws.db.finished.clear()
    ws.db.finished[state_of(run)] = finished


def statuses(ws: Workspace, runs: Sequence[Progress]) -> dict[int, str]:
    """Return the status of each of these Runs of one Evaluation, by key.

    A status set by hand sticks. A Run without Logs is pending, or running if it is orchestrated. Then it is running
    until every datapoint has a Log and every Log a verdict of every Evaluator.
    """
    known = ws.db.finished
    derived = [run for run in runs if not run.decided and run.logs_count]
    unknown = {run.id: run for run in derived if state_of(run) not in known}
    if unknown:
        for key, unfinished in ws.db.tuples(UNFINISHED, runs=list(unknown), evaluation=runs[0].evaluation_id):
            remember(ws, unknown[key], not unfinished)
    finished = {run.id: ws.completion.shows(run.id, known.get(state_of(run), False), ws.clock) for run in derived}
    return {run.id: _status(run, finished.get(run.id)) for run in runs}


def _status(run: Progress, finished: bool | None) -> str:
    if run.decided:
        return run.decided
    if not run.logs_count:
        if not run.orchestrated:
            return PENDING
        return RUNNING if run.dataset_count else COMPLETED
    return COMPLETED if finished else RUNNING


def least_advanced(found: list[str]) -> str:
    """Return the status of an Evaluation: the least advanced of its Runs; without any it is pending."""
    return min(found, key=PROGRESSION.index, default=PENDING)


def show(ws: Workspace, uid: str, run_id: str) -> JsonObject:
    """Return the document of one Run of an Evaluation; see `get` for the errors."""
    return render(ws, [get(ws, uid, run_id)])[0]


def render(ws: Workspace, rows: list[EvaluationRunRow]) -> list[JsonObject]:
    """Return the documents of Runs of one Evaluation."""
    status = statuses(ws, rows)
    keys = [key for row in rows for key in (row.dataset_version_id, row.version_id) if key]
    versions = documents.versions(ws, keys)
    return [
        {
            "id": row.uid,
            "dataset": row.dataset_version_id and versions.get(row.dataset_version_id),
            "version": row.version_id and versions.get(row.version_id),
            "orchestrated": bool(row.orchestrated),
            "added_at": row.added_at,
            "created_at": row.created_at,
            "created_by": user_document(row),
            "status": status[row.id],
            "control": bool(row.control),
        }
        for row in rows
    ]
