"""The Runs of an Evaluation: created, added, removed, made the control, cancelled or completed."""

from ...errors import Conflict, Invalid, Location
from ...ids import new_etag
from ...json_types import JsonObject
from ...kinds import DATASETS, LOGGED
from ...store.models import EvaluationRun, Run
from ...store.statement import sql
from ..files import versions
from ..workspace import Workspace
from . import assignments, run_logs, runs
from .evaluations import EvaluationRow, get_evaluation, give_file, give_run_file, touch

REMOVE = sql("DELETE FROM evaluation_run WHERE evaluation_id = :evaluation AND run_id = :run")


CLEAR_CONTROL = sql("UPDATE evaluation_run SET control = false WHERE evaluation_id = :evaluation AND control")


MAKE_CONTROL = sql("UPDATE evaluation_run SET control = true WHERE evaluation_id = :evaluation AND run_id = :run")


MAKE_OLDEST_CONTROL = sql("""
    UPDATE evaluation_run SET control = true WHERE id = (
        SELECT id FROM evaluation_run WHERE evaluation_id = :evaluation ORDER BY added_at, id LIMIT 1)
""")


ANY = sql("SELECT 1 FROM evaluation_run WHERE evaluation_id = :evaluation LIMIT 1")


def list_runs(ws: Workspace, uid: str) -> JsonObject:
    """List the Runs of an Evaluation, newest first [A]."""
    evaluation = get_evaluation(ws, uid)
    return {"runs": runs.render(ws, runs.of_evaluation(ws, evaluation))}


def create(ws: Workspace, uid: str, body: JsonObject) -> JsonObject:
    """Create a Run of an Evaluation; the first one is its control [A].

    `orchestrated: true` and `use_existing_logs: true` need both a dataset and a version, else Invalid [D].
    """
    evaluation = get_evaluation(ws, uid)
    dataset = version = None
    if body.get("dataset") is not None:
        dataset = versions.referenced(ws, body["dataset"], DATASETS, ("body", "dataset"))
    if body.get("version") is not None:
        version = versions.referenced(ws, body["version"], LOGGED, ("body", "version"))
    complete = dataset is not None and version is not None
    for option in ("orchestrated", "use_existing_logs"):
        if body.get(option) and not complete:
            text = f"`{option}` needs both a dataset and a version."
            raise Invalid("Provide a dataset and a version.", text, loc=("body", option))
    file = check_file(ws, evaluation, version.file if version else None, ("body", "version"))
    orchestrated = body.get("orchestrated")
    key, run_uid = make(
        ws,
        file=file,
        dataset=dataset.id if dataset else None,
        version=version.id if version else None,
        orchestrated=complete if orchestrated is None else orchestrated,
        batch=body.get("batch_id"),
    )
    add(ws, evaluation, key)
    if body.get("use_existing_logs"):
        run_logs.link_existing(ws, runs.get_run(ws, run_uid))
    if complete and orchestrated is not False:
        ws.db.after_commit(lambda: ws.jobs.fill(ws.organisation, key))
    return runs.show(ws, uid, run_uid)


def make(
    ws: Workspace,
    *,
    file: int | None,
    dataset: int | None,
    version: int | None,
    orchestrated: bool,
    batch: str | None = None,
) -> tuple[int, str]:
    """Store a Run that belongs to no Evaluation yet, and return its key and its id."""
    uid = ws.ids.new("rn")
    key = ws.db.insert(
        Run,
        organisation=ws.organisation,
        uid=uid,
        file=file,
        dataset_version=dataset,
        version=version,
        orchestrated=orchestrated,
        created_at=ws.now(),
        created_by=ws.user,
        etag=new_etag(),
        batch=batch,
    )
    return key, uid


def check_file(ws: Workspace, evaluation: EvaluationRow, file: int | None, loc: Location) -> int | None:
    """Return the File that a Run is to evaluate; another one than the Evaluation's: Invalid."""
    if file is None or evaluation.file_id == file:
        return evaluation.file_id
    if evaluation.file_id is None:
        give_file(ws, evaluation, file)
        return file
    raise Invalid("Run of another file.", f"The evaluation is of `{evaluation.path}`.", loc=loc)


def add(ws: Workspace, evaluation: EvaluationRow, run: int) -> None:
    """Add a Run to an Evaluation; the first one is its control."""
    first = ws.db.value(ANY, evaluation=evaluation.id) is None
    ws.db.insert(EvaluationRun, evaluation=evaluation.id, run=run, added_at=ws.now(), control=first)
    touch(ws, evaluation.id)


def add_existing(ws: Workspace, uid: str, run_id: str) -> JsonObject:
    """Add a Run of another Evaluation of the same File; one that is there already stays as it is [A]."""
    evaluation = get_evaluation(ws, uid)
    run = runs.get_run(ws, run_id)
    if runs.find(ws, uid, run_id) is None:
        file = check_file(ws, evaluation, run.file_id, ("path", "run_id"))
        if run.file_id is None and file is not None:
            give_run_file(ws, run.id, file)
        add(ws, evaluation, run.id)
        assignments.of_run(ws, run.id)
    return runs.show(ws, uid, run_id)


def remove(ws: Workspace, uid: str, run_id: str) -> None:
    """Remove a Run from an Evaluation; it stays in others. Where it was the control, the oldest one is now [A]."""
    run = runs.get(ws, uid, run_id)
    ws.db.run(REMOVE, evaluation=run.evaluation_id, run=run.id)
    if run.control:
        ws.db.run(MAKE_OLDEST_CONTROL, evaluation=run.evaluation_id)
    assignments.withdraw(ws, [run.id])
    touch(ws, run.evaluation_id)


def update(ws: Workspace, uid: str, run_id: str, body: JsonObject) -> JsonObject:
    """Move the control to a Run, or set its status to cancelled or completed while it is pending or running.

    Another status: Invalid. A Run that has ended, or taking the control from the Run that has it: Conflict.
    """
    run = runs.get(ws, uid, run_id)
    status = body.get("status")
    if status is not None:
        _decide(ws, run, status)
    if body.get("control"):
        ws.db.run(CLEAR_CONTROL, evaluation=run.evaluation_id)
        ws.db.run(MAKE_CONTROL, evaluation=run.evaluation_id, run=run.id)
    elif body.get("control") is False and run.control:
        text = "Make another run the control instead."
        raise Conflict("An evaluation has one control.", text, loc=("body", "control"))
    touch(ws, run.evaluation_id)
    return runs.show(ws, uid, run_id)


def _decide(ws: Workspace, run: runs.EvaluationRunRow, status: str) -> None:
    loc = ("body", "status")
    if status not in (runs.CANCELLED, runs.COMPLETED):
        raise Invalid("Invalid status.", "A run can be set to cancelled or completed.", loc=loc)
    current = runs.statuses(ws, [run])[run.id]
    if current not in runs.OPEN:
        raise Conflict("The run has ended.", f"Run '{run.uid}' is {current}.", loc=loc)
    ws.db.update(Run, run.id, decided=status, etag=new_etag())
    if status == runs.CANCELLED:
        assignments.withdraw(ws, [run.id])
