"""Batches: the Logs that clients up to 0.8.8 put together under a name of their own, to be evaluated [D].

A batch is a Run: of the version of its first Log, and over the Dataset of the Evaluation that this Log names.
"""

from typing import Any

from ...store.statement import Row, sql
from ..workspace import Workspace
from . import assignments, evaluation_runs, members, runs
from .evaluations import get_evaluation

OF_NAME = sql("SELECT id, uid, file_id FROM run WHERE organisation_id = :organisation AND batch = :batch")


def named(ws: Workspace, batch: str) -> Row | None:
    """Return the Run behind the name of a batch."""
    return ws.db.first(OF_NAME, organisation=ws.organisation, batch=batch)


def runs_of(ws: Workspace, file: Row, version: int, body: dict[str, Any]) -> list[str]:
    """Return the Runs that the `batch_id`, the `batches` and the `evaluation_id` of a new Log mean.

    A batch is made when it is not there. An Evaluation without a batch means its Run of the Log's version that has no
    name [A]. Unknown Evaluation: NotFound; one of another File: Invalid. A `run_id`, which is the newer name, wins.
    """
    if "run_id" in body:
        return []
    names = body.get("batches") or [body.get("batch_id")]
    evaluation = None
    if "evaluation_id" in body:
        loc = ("body", "evaluation_id")
        evaluation = get_evaluation(ws, body["evaluation_id"], loc=loc)
        evaluation_runs.check_file(ws, evaluation, file.id, loc)
    elif names == [None]:
        return []
    return [_run_of(ws, evaluation, batch, file.id, version) for batch in names]


def _run_of(ws: Workspace, evaluation: Row | None, batch: str | None, file: int, version: int) -> str:
    if batch is None:
        rows = members.of_version(ws, evaluation, version) if evaluation else []
        found = next((row for row in rows if row.batch is None), None)
    else:
        found = named(ws, batch)
    if found is None:
        dataset = evaluation.dataset_version_id if evaluation else None
        key, uid = runs.make(ws, file=file, dataset=dataset, version=version, orchestrated=False, batch=batch)
    else:
        key, uid = found.id, found.uid
    if evaluation is not None and members.find(ws, evaluation, uid) is None:
        evaluation_runs.place(ws, evaluation, key)
        assignments.of_run(ws, key)
    return uid
