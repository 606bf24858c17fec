"""Evaluations: their Evaluators, and the Runs that stand in them."""

from typing import Any

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import new_etag
from ...kinds import JUDGES, LOGGED
from ...store.models import Evaluation, EvaluationEvaluator
from ...store.statement import Row, kept, sql
from ..files import documents, references
from ..files.bare_documents import user_document
from ..files.files import get_any_file, get_file_at
from ..paging import page_of
from ..workspace import Workspace
from . import assignments, tallies

COLUMNS = """
    SELECT e.id, e.uid, e.name, e.created_at, e.updated_at, e.etag, e.file_id, e.dataset_version_id,
           f.uid AS file_uid, f.path, u.uid AS user_uid, u.email_address, u.full_name
    FROM evaluation e LEFT JOIN file f ON f.id = e.file_id JOIN account u ON u.id = e.created_by_id
    WHERE e.organisation_id = :organisation AND f.deleted_at IS NULL
"""

EVALUATION = sql(COLUMNS + "AND e.uid = :uid")

PAGE = sql(COLUMNS + "AND e.file_id = :file ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset")

TOTAL = sql("SELECT count(*) FROM evaluation WHERE file_id = :file")

NAMED = sql("SELECT id FROM evaluation WHERE file_id = :file AND name = :name")

EVALUATORS_OF = sql("""
    SELECT e.evaluation_id, e.evaluator_version_id, e.orchestrated, e.added_at FROM evaluation_evaluator e
    WHERE e.evaluation_id IN (SELECT value FROM integers(:evaluations)) ORDER BY e.id
""")

RUNS_COUNTS = sql("""
    SELECT evaluation_id, count(*) FROM evaluation_run
    WHERE evaluation_id IN (SELECT value FROM integers(:evaluations)) GROUP BY evaluation_id
""")

RUNS = sql("SELECT run_id FROM evaluation_run WHERE evaluation_id = :evaluation")

REMOVE_EVALUATOR = sql("""
    DELETE FROM evaluation_evaluator WHERE evaluation_id = :evaluation AND evaluator_version_id IN (
        SELECT id FROM version WHERE organisation_id = :organisation AND uid = :uid)
""")


@kept
def _delete(table: str) -> Any:
    column = "id" if table == "evaluation" else "evaluation_id"
    return sql(f"DELETE FROM {table} WHERE {column} = :evaluation")


def get_evaluation(ws: Workspace, uid: str, *, loc: Location = ("path", "id")) -> Row:
    """Return the Evaluation with this id, or raise NotFound; that of a deleted File does not exist."""
    row = ws.db.first(EVALUATION, organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Evaluation", uid, loc=loc)
    return row


def touch(ws: Workspace, evaluation: int, **changes: Any) -> None:
    """Mark an Evaluation as changed: what is kept of it is not used again."""
    ws.db.update(Evaluation, evaluation, **changes, updated_at=ws.now(), etag=new_etag())


def create(ws: Workspace, body: dict[str, Any]) -> dict[str, Any]:
    """Create an Evaluation; a name that another one of the File has: Conflict [C]."""
    file = find_file(ws, body.get("file"))
    name = body.get("name")
    if file is not None:
        check_name(ws, file, name)
    now = ws.now()
    uid = ws.ids.new("evr")
    key = ws.db.insert(
        Evaluation,
        organisation=ws.organisation,
        uid=uid,
        file=file,
        name=name,
        created_at=now,
        updated_at=now,
        created_by=ws.user,
        etag=new_etag(),
    )
    _add(ws, key, body["evaluators"])
    return get(ws, uid)


def find_file(ws: Workspace, reference: dict[str, Any] | None) -> int | None:
    """Return the File that a request names, if it names one and it can be evaluated."""
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


def check_evaluable(file: Row, loc: Location) -> None:
    """Raise Invalid for a File that has no Logs to judge."""
    if file.kind not in LOGGED:
        raise Invalid("Wrong type of file.", f"`{file.path}` is of type {file.kind}, which has no logs.", loc=loc)


def check_name(ws: Workspace, file: int, name: str | None) -> None:
    """Raise Conflict when an Evaluation of the File has this name."""
    if name is not None and ws.db.value(NAMED, file=file, name=name) is not None:
        raise Conflict(
            "Evaluation name is taken.", f"The file has an evaluation named `{name}` already.", loc=("body", "name")
        )


def add_evaluators(ws: Workspace, uid: str, body: dict[str, Any]) -> dict[str, Any]:
    """Add Evaluators; one that is there already is kept once [A]."""
    evaluation = get_evaluation(ws, uid)
    _add(ws, evaluation.id, body["evaluators"])
    assignments.of_evaluation(ws, evaluation.id)
    touch(ws, evaluation.id)
    return get(ws, uid)


def _add(ws: Workspace, evaluation: int, evaluators: list[dict[str, Any]]) -> None:
    present = {row.id for row in tallies.evaluators_of(ws, evaluation)}
    for position, reference in enumerate(evaluators):
        version = references.find(ws, reference, JUDGES, ("body", "evaluators", position))
        if version.id not in present:
            present.add(version.id)
            ws.db.insert(
                EvaluationEvaluator,
                evaluation=evaluation,
                evaluator_version=version.id,
                orchestrated=reference.get("orchestrated") is not False,
                added_at=ws.now(),
            )


def remove_evaluator(ws: Workspace, uid: str, evaluator_version_id: str) -> dict[str, Any]:
    """Take an Evaluator out; its judgments leave the stats but stay with the Logs. Not in it: NotFound."""
    evaluation = get_evaluation(ws, uid)
    values = {"evaluation": evaluation.id, "organisation": ws.organisation, "uid": evaluator_version_id}
    if not ws.db.run(REMOVE_EVALUATOR, **values):
        raise NotFound.of("Evaluator", evaluator_version_id, loc=("path", "evaluator_version_id"))
    assignments.withdraw(ws, ws.db.column(RUNS, evaluation=evaluation.id))
    touch(ws, evaluation.id)
    return get(ws, uid)


def get(ws: Workspace, uid: str) -> dict[str, Any]:
    """Return an Evaluation."""
    return _render(ws, [get_evaluation(ws, uid)])[0]


def list_evaluations(ws: Workspace, query: dict[str, Any]) -> dict[str, Any]:
    """List the Evaluations of a File, newest first [A]. Unknown File: NotFound."""
    file = get_any_file(ws, query["file_id"], loc=("query", "file_id"))
    page = page_of(ws, query, PAGE, TOTAL, {"organisation": ws.organisation, "file": file.id})
    shown = dict(zip((row.id for row in page.rows), _render(ws, page.rows), strict=True))
    return page.render(lambda row: shown[row.id])


def delete(ws: Workspace, uid: str) -> None:
    """Delete an Evaluation; its Runs, Logs and Versions stay [D]."""
    evaluation = get_evaluation(ws, uid)
    left = ws.db.column(RUNS, evaluation=evaluation.id)
    for table in ("evaluation_evaluator", "evaluation_run", "evaluation"):
        ws.db.run(_delete(table), evaluation=evaluation.id)
    assignments.withdraw(ws, left)


def _render(ws: Workspace, rows: list[Row]) -> list[dict[str, Any]]:
    if not rows:
        return []
    keys = [row.id for row in rows]
    members = ws.db.all(EVALUATORS_OF, evaluations=keys)
    counts = dict(ws.db.tuples(RUNS_COUNTS, evaluations=keys))
    versions = documents.versions(ws, [member.evaluator_version_id for member in members])
    evaluators: dict[int, list[dict[str, Any]]] = {row.id: [] for row in rows}
    for member in members:
        evaluators[member.evaluation_id].append(
            {
                "version": versions[member.evaluator_version_id],
                "orchestrated": bool(member.orchestrated),
                "added_at": member.added_at,
            }
        )
    return [
        {
            "id": row.uid,
            "runs_count": counts.get(row.id, 0),
            "evaluators": evaluators[row.id],
            "name": row.name,
            "file_id": row.file_uid,
            "created_at": row.created_at,
            "created_by": user_document(row),
            "updated_at": row.updated_at,
            "url": url(ws, row),
        }
        for row in rows
    ]


def url(ws: Workspace, evaluation: Row) -> str | None:
    """Return the address of the Evaluation's page; none before it has a File."""
    if evaluation.file_uid is None:
        return None
    return f"{ws.base_url()}/project/{evaluation.file_uid}/evaluations/{evaluation.uid}/stats"
