"""The Runs of an Evaluation: created, shared, compared, judged."""

from typing import Any

from ...errors import Conflict, Invalid
from ...ids import new_etag
from ...kinds import DATASETS, LOGGED
from ...store.models import EvaluationRun, Run
from ...store.statement import Row, sql
from ..files import references
from ..workspace import Workspace
from . import adoption, assignments, members, runs, statuses
from .evaluations import get_evaluation, touch

REMOVE = sql("DELETE FROM evaluation_run WHERE evaluation_id = :evaluation AND run_id = :run")


CLEAR_CONTROL = sql("UPDATE evaluation_run SET control = false WHERE evaluation_id = :evaluation AND control")


MAKE_CONTROL = sql("UPDATE evaluation_run SET control = true WHERE evaluation_id = :evaluation AND run_id = :run")


MAKE_OLDEST_CONTROL = sql("""
    UPDATE evaluation_run SET control = true WHERE id = (
        SELECT id FROM evaluation_run WHERE evaluation_id = :evaluation ORDER BY added_at, id LIMIT 1)
""")


ANY = sql("SELECT 1 FROM evaluation_run WHERE evaluation_id = :evaluation LIMIT 1")


FILE_OF_LOG = sql("SELECT file_id FROM log WHERE organisation_id = :organisation AND uid = :uid")


def list_runs(ws: Workspace, uid: str) -> dict[str, Any]:
    """List the Runs of an Evaluation, newest first [A]."""
    evaluation = get_evaluation(ws, uid)
    return {"runs": members.render(ws, evaluation, members.of_evaluation(ws, evaluation))}


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
    return _shown(ws, uid, run_uid)


def check_file(ws: Workspace, evaluation: Row, file: int | None, loc: tuple[str, str]) -> int | None:
    """Return the File that a Run evaluates; one other than the Evaluation's: Invalid."""
    if file is None or evaluation.file_id == file:
        return evaluation.file_id
    if evaluation.file_id is None:
        adoption.of_evaluation(ws, evaluation, file)
        return file
    raise Invalid("Run of another file.", f"The evaluation is of `{evaluation.path}`.", loc=loc)


def place(ws: Workspace, evaluation: Row, run: int) -> None:
    """Add a Run to an Evaluation; the first one is its control."""
    first = ws.db.value(ANY, evaluation=evaluation.id) is None
    ws.db.insert(EvaluationRun, evaluation=evaluation.id, run=run, added_at=ws.now(), control=first)
    touch(ws, evaluation.id)


def add_existing(ws: Workspace, uid: str, run_id: str) -> dict[str, Any]:
    """Add a Run of another Evaluation of the same File; one that is in it already stays as it is [A]."""
    evaluation = get_evaluation(ws, uid)
    run = runs.get_run(ws, run_id)
    if members.find(ws, evaluation, run_id) is None:
        file = check_file(ws, evaluation, run.file_id, ("path", "run_id"))
        if run.file_id is None and file is not None:
            adoption.of_run(ws, run, file)
        place(ws, evaluation, run.id)
        assignments.of_run(ws, run.id)
    return _shown(ws, uid, run_id)


def remove(ws: Workspace, uid: str, run_id: str) -> None:
    """Take a Run out of an Evaluation; it stays in others. Without a control the oldest Run becomes it [A]."""
    evaluation = get_evaluation(ws, uid)
    run = members.get(ws, evaluation, run_id)
    ws.db.run(REMOVE, evaluation=evaluation.id, run=run.id)
    if run.control:
        ws.db.run(MAKE_OLDEST_CONTROL, evaluation=evaluation.id)
    assignments.withdraw(ws, [run.id])
    touch(ws, evaluation.id)


def update(ws: Workspace, uid: str, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Move the control to a Run, or set its status to cancelled or completed while it is pending or running.

    Another status: Invalid. A Run that has ended, or taking the control from the Run that has it: Conflict.
    """
    evaluation = get_evaluation(ws, uid)
    run = members.get(ws, evaluation, run_id)
    status = body.get("status")
    if status is not None:
        _decide(ws, evaluation, run, status)
    if body.get("control"):
        ws.db.run(CLEAR_CONTROL, evaluation=evaluation.id)
        ws.db.run(MAKE_CONTROL, evaluation=evaluation.id, run=run.id)
    elif body.get("control") is False and run.control:
        text = "Make another run the control instead."
        raise Conflict("An evaluation has one control.", text, loc=("body", "control"))
    touch(ws, evaluation.id)
    return _shown(ws, uid, run_id)


def _decide(ws: Workspace, evaluation: Row, run: members.Member, status: str) -> None:
    loc = ("body", "status")
    if status not in (statuses.CANCELLED, statuses.COMPLETED):
        raise Invalid("Invalid status.", "A run can be set to cancelled or completed.", loc=loc)
    current = statuses.of_runs(ws, evaluation, [run])[run.id]
    if current not in (statuses.PENDING, statuses.RUNNING):
        raise Conflict("The run has ended.", f"Run '{run.uid}' is {current}.", loc=loc)
    ws.db.update(Run, run.id, decided=status, etag=new_etag())
    if status == statuses.CANCELLED:
        assignments.withdraw(ws, [run.id])


def add_logs(ws: Workspace, uid: str, run_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Link Logs to a Run and return the whole Run; see `runs.link_named` for the rules."""
    evaluation = get_evaluation(ws, uid)
    run = members.get(ws, evaluation, run_id)
    uids = body["log_ids"]
    file = run.file_id or evaluation.file_id
    if file is None and uids:
        file = ws.db.value(FILE_OF_LOG, organisation=ws.organisation, uid=uids[0])
    runs.link_named(ws, run, file, uids)
    if file is not None and run.file_id is None:
        adoption.of_run(ws, run, file)
    return _shown(ws, uid, run_id)


def _shown(ws: Workspace, uid: str, run_id: str) -> dict[str, Any]:
    evaluation = get_evaluation(ws, uid)
    return members.render(ws, evaluation, [members.get(ws, evaluation, run_id)])[0]
