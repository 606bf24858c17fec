"""Batches: the Logs that clients up to 0.8.8 put together under a name of their own, to be evaluated [D].

A batch is a Run: of the version of its first Log, and over the Dataset of the Evaluation that this Log names.
"""

from ...json_types import JsonObject
from ...store.statement import sql
from ..workspace import Workspace
from . import assignments, evaluation_runs, runs
from .evaluations import EvaluationRow, get_evaluation
from .runs import RUN, AnyRun, RunRow

OF_NAME = sql(f"{RUN} WHERE r.organisation_id = :organisation AND r.batch = :batch", RunRow)


def named(ws: Workspace, batch: str) -> RunRow | None:
    """Return the Run behind the name of a batch."""
    return ws.db.first(OF_NAME, organisation=ws.organisation, batch=batch)


def runs_of(ws: Workspace, file: int, version: int, body: JsonObject) -> list[str]:
    """Return the Runs that the `batch_id`, the `batches` and the `evaluation_id` of a new Log mean.

    A batch is made when it is missing. An Evaluation without a batch means its Run of the Log's version that has no
    batch name [A]. Unknown Evaluation: NotFound; one of another File: Invalid. A `run_id`, the newer name, wins.
    """
    if "run_id" in body:
        return []
    names = body.get("batches") or [body.get("batch_id")]
    evaluation = None
    if "evaluation_id" in body:
        loc = ("body", "evaluation_id")
        evaluation = get_evaluation(ws, body["evaluation_id"], loc=loc)
        evaluation_runs.check_file(ws, evaluation, file, loc)
    elif names == [None]:
        return []
    return [_run_of(ws, evaluation, batch, file, version) for batch in names]


def _run_of(ws: Workspace, evaluation: EvaluationRow | None, batch: str | None, file: int, version: int) -> str:
    if batch is None:
        rows = runs.of_version(ws, evaluation, version) if evaluation else []
        found: AnyRun | None = next((row for row in rows if row.batch is None), None)
    else:
        found = named(ws, batch)
    if found is None:
        dataset = evaluation.dataset_version_id if evaluation else None
        key, uid = evaluation_runs.make(
            ws, file=file, dataset=dataset, version=version, orchestrated=False, batch=batch
        )
    else:
        key, uid = found.id, found.uid
    if evaluation is not None and runs.find(ws, evaluation.uid, uid) is None:
        evaluation_runs.add(ws, evaluation, key)
        assignments.of_run(ws, key)
    return uid
