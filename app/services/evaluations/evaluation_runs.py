"""The Runs of an Evaluation: created, shared, compared, judged."""

from typing import Any

import orjson

from ...errors import Conflict, Invalid, NotFound
from ...ids import new_etag
from ...kinds import DATASET, LOGGED
from ...store.database import Row, kept
from ...store.dialects.sqlite import raw
from ...store.models import EvaluationRun, Run
from ..files import documents, references
from ..logs.documents import LogDocuments
from ..paging import LARGEST_OFFSET
from ..workspace import Workspace
from . import assignments, runs, statuses, tallies
from .evaluations import adopt_file, get_evaluation, touch
from .reports import progress, report

DATASETS = frozenset({DATASET.type})


@kept
def _runs() -> Any:
    return raw("""
        SELECT r.*, er.id AS place, er.added_at, er.control, d.datapoints_count AS dataset_count, v.uid AS version_uid,
               u.uid AS user_uid, u.email_address, u.full_name
        FROM evaluation_run er JOIN run r ON r.id = er.run_id JOIN account u ON u.id = r.created_by_id
        LEFT JOIN version d ON d.id = r.dataset_version_id LEFT JOIN version v ON v.id = r.version_id
        WHERE er.evaluation_id = :evaluation ORDER BY er.added_at DESC, er.id DESC
    """)


@kept
def _remove() -> Any:
    return raw("DELETE FROM evaluation_run WHERE evaluation_id = :evaluation AND run_id = :run")


@kept
def _set_control() -> Any:
    return raw("UPDATE evaluation_run SET control = (run_id = :run) WHERE evaluation_id = :evaluation")


@kept
def _file_of_log() -> Any:
    return raw("SELECT file_id FROM log WHERE organisation_id = :organisation AND uid = :uid")


@kept
def _stored() -> Any:
    return raw("""
        SELECT r.uid FROM evaluation_run er JOIN run r ON r.id = er.run_id
        WHERE er.evaluation_id = :evaluation AND r.stored_stats IS NOT NULL AND r.logs_count = 0
        ORDER BY er.added_at DESC, er.id DESC
    """)


def list_runs(ws: Workspace, uid: str) -> dict[str, Any]:
    """List the Runs of an Evaluation, newest first [A]."""
    evaluation = get_evaluation(ws, uid)
    return {"runs": _render(ws, evaluation, runs_of(ws, evaluation))}


def create(ws: Workspace, uid: str, body: dict[str, Any]) -> dict[str, Any]:
    """Create a Run of an Evaluation; the first one is its control [A].

    `orchestrated: true` and `use_existing_logs: true` need both a dataset and a version, else Invalid [D].
    """
    evaluation = get_evaluation(ws, uid)
    dataset = version = None
    if body.get("dataset") is not None:
        dataset = references.find(ws, body["dataset"], DATASETS, ("body", "dataset"))
    if body.get("version") is not None:
        version = references.find(ws, body["version"], LOGGED, ("body", "version"))
    complete = dataset is not None and version is not None
    for option in ("orchestrated", "use_existing_logs"):
        if body.get(option) and not complete:
            text = f"`{option}` needs both a dataset and a version."
            raise Invalid("Provide a dataset and a version.", text, loc=("body", option))
    file = check_file(ws, evaluation, version.file if version else None, ("body", "version"))
    orchestrated = body.get("orchestrated")
    key, run_uid = runs.make(
        ws,
        file=file,
        dataset=dataset.id if dataset else None,
        version=version.id if version else None,
        orchestrated=complete if orchestrated is None else orchestrated,
        batch=body.get("batch_id"),
    )
    place(ws, evaluation, key)
    if body.get("use_existing_logs"):
        runs.link_existing(ws, runs.get_run(ws, run_uid))
    if complete and orchestrated is not False:
        ws.db.after_commit(lambda: ws.jobs.fill(ws.organisation, key))
    return _one(ws, uid, run_uid)


def check_file(ws: Workspace, evaluation: Row, file: int | None, loc: tuple[str, str]) -> int | None:
    """Return the File that a Run evaluates; one other than the Evaluation's: Invalid."""
    if file is None or evaluation.file_id == file:
        return evaluation.file_id
    if evaluation.file_id is None:
        adopt_file(ws, evaluation, file)
        return file
    raise Invalid("Run of another file.", f"The evaluation is of `{evaluation.path}`.", loc=loc)


def place(ws: Workspace, evaluation: Row, run: int) -> None:
    """Add a Run to an Evaluation; the first one is its control."""
    first = evaluation.runs_count == 0
    ws.db.insert(EvaluationRun, evaluation=evaluation.id, run=run, added_at=ws.now(), control=first)
    touch(ws, evaluation.id)


def add_existing(ws: Workspace, uid: str, run_id: str) -> dict[str, Any]:
    """Add a Run of another Evaluation of the same File; one that is in it already stays as it is [A]."""
    evaluation = get_evaluation(ws, uid)
    run = runs.get_run(ws, run_id)
    if all(row.id != run.id for row in runs_of(ws, evaluation)):
        file = check_file(ws, evaluation, run.file_id, ("path", "run_id"))
        if run.file_id is None and file is not None:
            runs.adopt_file(ws, run, file)
        place(ws, evaluation, run.id)
        assignments.of_run(ws, run.id)
    return _one(ws, uid, run_id)


def remove(ws: Workspace, uid: str, run_id: str) -> None:
    """Take a Run out of an Evaluation; it stays in others. Without a control the oldest Run becomes it [A]."""
    evaluation = get_evaluation(ws, uid)
    run = _find(ws, evaluation, run_id)
    ws.db.run(_remove(), evaluation=evaluation.id, run=run.id)
    left = runs_of(ws, evaluation)
    if run.control and left:
        ws.db.run(_set_control(), evaluation=evaluation.id, run=left[-1].id)
    assignments.withdraw(ws, run.id)
    touch(ws, evaluation.id)


def update(ws: Workspace, uid: str, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Move the control to a Run, or set its status to cancelled or completed while it is pending or running.

    Another status: Invalid. A Run that has ended, or taking the control from the Run that has it: Conflict.
    """
    evaluation = get_evaluation(ws, uid)
    run = _find(ws, evaluation, run_id)
    status = body.get("status")
    if status is not None:
        _decide(ws, evaluation, run, status)
    if body.get("control"):
        ws.db.run(_set_control(), evaluation=evaluation.id, run=run.id)
    elif body.get("control") is False and run.control:
        text = "Make another run the control instead."
        raise Conflict("An evaluation has one control.", text, loc=("body", "control"))
    touch(ws, evaluation.id)
    return _one(ws, uid, run_id)


def _decide(ws: Workspace, evaluation: Row, run: Row, status: str) -> None:
    loc = ("body", "status")
    if status not in (statuses.CANCELLED, statuses.COMPLETED):
        raise Invalid("Invalid status.", "A run can be set to cancelled or completed.", loc=loc)
    current = statuses.of_runs(ws, evaluation, [run])[run.id]
    if current not in (statuses.PENDING, statuses.RUNNING):
        raise Conflict("The run has ended.", f"Run '{run.uid}' is {current}.", loc=loc)
    ws.db.update(Run, run.id, decided=status, etag=new_etag())
    if status == statuses.CANCELLED:
        assignments.withdraw(ws, run.id)


def add_logs(ws: Workspace, uid: str, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Link Logs to a Run and return the whole Run; see `runs.link_named` for the rules."""
    evaluation = get_evaluation(ws, uid)
    run = _find(ws, evaluation, run_id)
    uids = body["log_ids"]
    file = run.file_id or evaluation.file_id
    if file is None and uids:
        file = ws.db.value(_file_of_log(), organisation=ws.organisation, uid=uids[0])
    runs.link_named(ws, run, file, uids)
    if file is not None and run.file_id is None:
        runs.adopt_file(ws, run, file)
    return _one(ws, uid, run_id)


def stats(ws: Workspace, uid: str, *, silent: bool = False) -> dict[str, Any]:
    """Return the stats of all Runs, newest first; `silent` leaves out the progress: the npm client needs that [A]."""
    evaluation = get_evaluation(ws, uid)
    rows = runs_of(ws, evaluation)
    counted = tallies.count(ws, evaluation, rows)
    status = statuses.of_runs(ws, evaluation, rows)
    paths = {row.uid: row.path for row in tallies.evaluators_of(ws, evaluation.id)}
    return {
        "run_stats": [
            {
                "run_id": row.uid,
                "version_id": row.version_uid,
                "batch_id": row.batch,
                "num_logs": counted[row.id].num_logs,
                "evaluator_stats": counted[row.id].evaluator_stats,
                "status": status[row.id],
            }
            for row in rows
        ],
        "progress": "" if silent else progress(rows, counted, status),
        "report": report(evaluation.path, rows, counted, paths),
        "status": statuses.least_advanced(list(status.values())),
    }


def runs_with_stored_stats(ws: Workspace, uid: str) -> list[str]:
    """Return the Runs whose stats an export told, for it held no Logs of them: nothing here was counted."""
    return ws.db.column(_stored(), evaluation=get_evaluation(ws, uid).id)


@kept
def _position() -> Any:
    return raw("SELECT position FROM run_log WHERE run_id = :run ORDER BY position LIMIT 1 OFFSET :offset")


@kept
def _slices() -> Any:
    return raw("""
        SELECT l.run_id, l.log_id, d.document AS datapoint FROM json_each(:slices) s
        CROSS JOIN run_log l ON l.run_id = json_extract(s.value, '$[0]')
         AND l.position BETWEEN json_extract(s.value, '$[1]') AND json_extract(s.value, '$[2]')
        LEFT JOIN datapoint d ON d.id = l.datapoint_id ORDER BY s.key, l.position
    """)


def list_logs(ws: Workspace, uid: str, query: dict[str, Any]) -> dict[str, Any]:
    """List the Logs of some Runs or of all, Run by Run, in the order in which they joined [A]."""
    evaluation = get_evaluation(ws, uid)
    rows = wanted_runs(ws, evaluation, query.get("run_id"))
    page, size = query["page"], query["size"]
    slices = _slice(ws, rows, min((page - 1) * size, LARGEST_OFFSET), size)
    links = ws.db.all(_slices(), slices=slices) if slices else []
    shown = LogDocuments(ws, [link.log_id for link in links])
    evaluators = tallies.evaluators_of(ws, evaluation.id)
    names = {row.id: row.uid for row in rows}
    records = [
        {
            "run_id": names[link.run_id],
            "datapoint": orjson.Fragment(link.datapoint) if link.datapoint else None,
            "log": shown[link.log_id],
            "evaluator_logs": shown.judgments(link.log_id, evaluators),
        }
        for link in links
    ]
    return {"records": records, "page": page, "size": size, "total": sum(row.logs_count for row in rows)}


def wanted_runs(ws: Workspace, evaluation: Row, wanted: list[str] | None) -> list[Row]:
    """Return the Runs with these ids, or all, the oldest first. One that is not in the Evaluation: NotFound."""
    rows = runs_of(ws, evaluation)[::-1]
    for run_id in wanted or []:
        if all(row.uid != run_id for row in rows):
            raise NotFound.of("Run", run_id, loc=("query", "run_id"))
    return [row for row in rows if not wanted or row.uid in wanted]


def _slice(ws: Workspace, rows: list[Row], offset: int, size: int) -> list[list[int]]:
    """Return [run, first position, last position] of the Runs that a page spans; only its ends are looked up."""
    slices: list[list[int]] = []
    for row in rows:
        if offset < row.logs_count and size > 0:
            end = min(offset + size, row.logs_count)
            first = _position_of(ws, row, offset) if offset else 0
            last = _position_of(ws, row, end - 1) if end < row.logs_count else row.next_position
            slices.append([row.id, first, last])
            size -= end - offset
        offset = max(offset - row.logs_count, 0)
    return slices


def _position_of(ws: Workspace, run: Row, index: int) -> int:
    """Return the position of the Log at an index: the index itself, until a Log was taken out of the Run."""
    if run.logs_count == run.next_position:
        return index
    return ws.db.value(_position(), run=run.id, offset=index)


def runs_of(ws: Workspace, evaluation: Row) -> list[Row]:
    """Return the Runs as they stand in an Evaluation, the newest first."""
    return ws.db.all(_runs(), evaluation=evaluation.id)


def _find(ws: Workspace, evaluation: Row, run_id: str) -> Row:
    row = next((row for row in runs_of(ws, evaluation) if row.uid == run_id), None)
    if row is None:
        raise NotFound.of("Run", run_id, loc=("path", "run_id"))
    return row


def _one(ws: Workspace, uid: str, run_id: str) -> dict[str, Any]:
    evaluation = get_evaluation(ws, uid)
    return _render(ws, evaluation, [_find(ws, evaluation, run_id)])[0]


def _render(ws: Workspace, evaluation: Row, rows: list[Row]) -> list[dict[str, Any]]:
    status = statuses.of_runs(ws, evaluation, rows)
    keys = [key for row in rows for key in (row.dataset_version_id, row.version_id) if key]
    versions = documents.versions(ws, keys)
    return [
        {
            "id": row.uid,
            "dataset": versions.get(row.dataset_version_id),
            "version": versions.get(row.version_id),
            "orchestrated": bool(row.orchestrated),
            "added_at": row.added_at,
            "created_at": row.created_at,
            "created_by": documents.user_document(row),
            "status": status[row.id],
            "control": bool(row.control),
        }
        for row in rows
    ]
