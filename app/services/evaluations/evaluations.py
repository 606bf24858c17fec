"""Evaluations: created, found, listed, deleted, given Evaluators and a File.

An Evaluation or a Run that was created without a File takes that of the first Log or Run added to it [A]. It passes
the File on, for a Run may belong to several Evaluations, and an Evaluation has several Runs.
"""

from typing import Any, NamedTuple

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import new_etag
from ...json_types import JsonObject
from ...kinds import LOGGED
from ...store import models
from ...store.statement import sql
from ..files.documents import user_document
from ..files.files import FileRow, get_any_file, get_file_at
from ..paging import page_of
from ..workspace import Workspace
from . import assignments, evaluators


class EvaluationRow(NamedTuple):
    """An Evaluation, with its File if it has one, and who created it."""

    id: int
    uid: str
    name: str | None
    created_at: str
    updated_at: str
    file_id: int | None
    dataset_version_id: int | None
    file_uid: str | None
    path: str | None
    user_uid: str
    email_address: str
    full_name: str | None


class _WithoutFile(NamedTuple):
    id: int
    name: str | None


COLUMNS = """
    SELECT e.id, e.uid, e.name, e.created_at, e.updated_at, e.file_id, e.dataset_version_id,
           f.uid AS file_uid, f.path, u.uid AS user_uid, u.email_address, u.full_name
    FROM evaluation e LEFT JOIN file f ON f.id = e.file_id JOIN account u ON u.id = e.created_by_id
    WHERE e.organisation_id = :organisation AND f.deleted_at IS NULL
"""

EVALUATION = sql(COLUMNS + "AND e.uid = :uid", EvaluationRow)

PAGE = sql(
    COLUMNS + "AND e.file_id = :file ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset", EvaluationRow
)

TOTAL = sql("SELECT count(*) FROM evaluation WHERE file_id = :file")

NAMED = sql("SELECT id FROM evaluation WHERE file_id = :file AND name = :name")

RUNS_COUNTS = sql("""
    SELECT evaluation_id, count(*) FROM evaluation_run
    WHERE evaluation_id IN (SELECT value FROM integers(:evaluations)) GROUP BY evaluation_id
""")

RUNS = sql("SELECT run_id FROM evaluation_run WHERE evaluation_id = :evaluation")

RUNS_WITHOUT_FILE = sql("""
    SELECT r.id FROM run r JOIN evaluation_run e ON e.run_id = r.id
    WHERE e.evaluation_id = :evaluation AND r.file_id IS NULL
""")

EVALUATIONS_WITHOUT_FILE = sql(
    """
    SELECT e.id, e.name FROM evaluation e JOIN evaluation_run r ON r.evaluation_id = e.id
    WHERE r.run_id = :run AND e.file_id IS NULL
    """,
    _WithoutFile,
)

DELETE = (
    sql("DELETE FROM evaluation_evaluator WHERE evaluation_id = :evaluation"),
    sql("DELETE FROM evaluation_run WHERE evaluation_id = :evaluation"),
    sql("DELETE FROM evaluation WHERE id = :evaluation"),
)


def get_evaluation(ws: Workspace, uid: str, *, loc: Location = ("path", "id")) -> EvaluationRow:
    """Return the Evaluation with this id, or raise NotFound; that of a deleted File does not exist."""
    row = ws.db.first(EVALUATION, organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Evaluation", uid, loc=loc)
    return row


def touch(ws: Workspace, evaluation: int, **changes: Any) -> None:
    """Mark an Evaluation as changed: what is cached of it is not used again."""
    ws.db.update(models.Evaluation, evaluation, **changes, updated_at=ws.now(), etag=new_etag())


def create(ws: Workspace, body: JsonObject) -> JsonObject:
    """Create an Evaluation; a name that another Evaluation of the File has: Conflict [C]."""
    file = find_file(ws, body.get("file"))
    name = body.get("name")
    if file is not None:
        check_name(ws, file, name)
    now = ws.now()
    uid = ws.ids.new("evr")
    key = ws.db.insert(
        models.Evaluation,
        organisation=ws.organisation,
        uid=uid,
        file=file,
        name=name,
        created_at=now,
        updated_at=now,
        created_by=ws.user,
        etag=new_etag(),
    )
    evaluators.add(ws, key, body["evaluators"])
    return get(ws, uid)


def find_file(ws: Workspace, reference: JsonObject | None) -> int | None:
    """Return the key of the File that a request names, if it names one; one that cannot be evaluated: Invalid."""
    if not reference:
        return None
    loc = ("body", "file")
    if "id" in reference:
        file = get_any_file(ws, reference["id"], loc=loc)
    elif "path" in reference:
        file = get_file_at(ws, reference["path"], loc=loc)
    else:
        raise Invalid("Provide either id or path.", loc=loc)
    check_evaluable(file, loc)
    return file.id


def check_evaluable(file: FileRow, loc: Location) -> None:
    """Raise Invalid for a File that has no Logs to judge."""
    if file.kind not in LOGGED:
        raise Invalid("Wrong type of file.", f"`{file.path}` is of type {file.kind}, which has no logs.", loc=loc)


def check_name(ws: Workspace, file: int, name: str | None) -> None:
    """Raise Conflict when an Evaluation of the File has this name."""
    if name is not None and ws.db.value(NAMED, file=file, name=name) is not None:
        raise Conflict(
            "Evaluation name is taken.", f"The file has an evaluation named `{name}` already.", loc=("body", "name")
        )


def add_evaluators(ws: Workspace, uid: str, body: JsonObject) -> JsonObject:
    """Add Evaluators; one that is there already is not added again [A]."""
    evaluation = get_evaluation(ws, uid)
    evaluators.add(ws, evaluation.id, body["evaluators"])
    assignments.of_evaluation(ws, evaluation.id)
    touch(ws, evaluation.id)
    return get(ws, uid)


def give_file(ws: Workspace, evaluation: EvaluationRow | _WithoutFile, file: int) -> None:
    """Give an Evaluation without a File this one, and its Runs without one too. A taken name: Conflict."""
    check_name(ws, file, evaluation.name)
    touch(ws, evaluation.id, file=file)
    for run in ws.db.column(RUNS_WITHOUT_FILE, evaluation=evaluation.id):
        give_run_file(ws, run, file)


def give_run_file(ws: Workspace, run: int, file: int) -> None:
    """Give a Run without a File this one, and the Evaluations without one that it belongs to too."""
    ws.db.update(models.Run, run, file=file)
    for evaluation in ws.db.all(EVALUATIONS_WITHOUT_FILE, run=run):
        give_file(ws, evaluation, file)


def remove_evaluator(ws: Workspace, uid: str, evaluator_version_id: str) -> JsonObject:
    """Remove an Evaluator; its judgments leave the stats but stay with the Logs. Not in it: NotFound."""
    evaluation = get_evaluation(ws, uid)
    evaluators.remove(ws, evaluation.id, evaluator_version_id)
    assignments.withdraw(ws, ws.db.column(RUNS, evaluation=evaluation.id))
    touch(ws, evaluation.id)
    return get(ws, uid)


def get(ws: Workspace, uid: str) -> JsonObject:
    """Return an Evaluation."""
    return _render(ws, [get_evaluation(ws, uid)])[0]


def list_evaluations(ws: Workspace, query: JsonObject) -> JsonObject:
    """List the Evaluations of a File, newest first [A]. Unknown File: NotFound."""
    file = get_any_file(ws, query["file_id"], loc=("query", "file_id"))
    page = page_of(ws, query, PAGE, TOTAL, {"organisation": ws.organisation, "file": file.id})
    shown = dict(zip((row.id for row in page.rows), _render(ws, page.rows), strict=True))
    return page.render(lambda row: shown[row.id])


def delete(ws: Workspace, uid: str) -> None:
    """Delete an Evaluation; its Runs, Logs and Versions stay [D]."""
    evaluation = get_evaluation(ws, uid)
    left = ws.db.column(RUNS, evaluation=evaluation.id)
    for statement in DELETE:
        ws.db.run(statement, evaluation=evaluation.id)
    assignments.withdraw(ws, left)


def _render(ws: Workspace, rows: list[EvaluationRow]) -> list[JsonObject]:
    if not rows:
        return []
    keys = [row.id for row in rows]
    counts = dict(ws.db.tuples(RUNS_COUNTS, evaluations=keys))
    shown = evaluators.render(ws, keys)
    return [
        {
            "id": row.uid,
            "runs_count": counts.get(row.id, 0),
            "evaluators": shown[row.id],
            "name": row.name,
            "file_id": row.file_uid,
            "created_at": row.created_at,
            "created_by": user_document(row),
            "updated_at": row.updated_at,
            "url": url(ws, row.uid, row.file_uid),
        }
        for row in rows
    ]


def url(ws: Workspace, uid: str, file_uid: str | None) -> str | None:
    """Return the address of an Evaluation's page; None while it has no File."""
    if file_uid is None:
        return None
    return f"{ws.base_url()}/project/{file_uid}/evaluations/{uid}/stats"
