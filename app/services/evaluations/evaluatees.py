"""Evaluations as clients up to 0.8.8 set them up and read them: a Dataset, and evaluatees [D].

Each evaluatee is a Run of its version over the Evaluation's Dataset. One with a batch is the Run of that batch.
"""

from ...errors import Conflict, Invalid, Location
from ...json_types import JsonObject
from ...kinds import DATASETS, JUDGES, LOGGED
from ..files import datapoints, documents, versions
from ..workspace import Workspace
from . import batches, evaluation_runs, evaluations, evaluators, runs
from .evaluations import EvaluationRow, get_evaluation
from .runs import EvaluationRunRow

FILE, EVALUATORS = ("body", "file"), ("body", "evaluators")


def create(ws: Workspace, body: JsonObject) -> JsonObject:
    """Create an Evaluation, with a Run for each evaluatee if there are any."""
    document = evaluations.create(ws, body)
    if body.keys().isdisjoint(("dataset", "evaluatees")):
        return document
    _set_up(ws, document["id"], body)
    return evaluations.get(ws, document["id"])


def update(ws: Workspace, uid: str, body: JsonObject) -> JsonObject:
    """Change what is given; lists replace those that are there.

    Another Dataset makes new Runs of the same versions, with the Logs that these have for it already [A]. Another File
    than the one it has: Invalid; a name that is taken: Conflict.
    """
    evaluation = get_evaluation(ws, uid)
    file = evaluations.find_file(ws, body.get("file"))
    if file is not None:
        evaluation_runs.check_file(ws, evaluation, file, FILE)
    name = body.get("name")
    if name is not None and name != evaluation.name:
        if file := file or evaluation.file_id:
            evaluations.check_name(ws, file, name)
        evaluations.touch(ws, evaluation.id, name=name)
    if "evaluators" in body:
        evaluations.add_evaluators(ws, uid, body)
        kept_versions = {versions.referenced(ws, item, JUDGES, EVALUATORS).id for item in body["evaluators"]}
        for row in evaluators.of_evaluation(ws, evaluation.id):
            if row.id not in kept_versions:
                evaluations.remove_evaluator(ws, uid, row.uid)
    _set_up(ws, uid, body)
    return evaluations.get(ws, uid)


def _set_up(ws: Workspace, uid: str, body: JsonObject) -> None:
    """Set the Dataset, and make the Runs of the evaluatees the only ones of the Evaluation."""
    evaluation = get_evaluation(ws, uid)
    rows = runs.of_evaluation(ws, evaluation)[::-1]
    wanted = body.get("evaluatees")
    if "dataset" in body:
        dataset = versions.referenced(ws, body["dataset"], DATASETS, ("body", "dataset"))
        if wanted is None and dataset.id != evaluation.dataset_version_id:
            wanted = [
                {"version_id": row.version_uid, "orchestrated": bool(row.orchestrated)}
                for row in rows
                if row.version_id
            ]
        evaluations.touch(ws, evaluation.id, dataset_version=dataset.id)
    if wanted is not None:
        kept_runs = {
            _run_of(ws, uid, evaluatee, ("body", "evaluatees", place)) for place, evaluatee in enumerate(wanted)
        }
        for row in rows:
            if row.uid not in kept_runs:
                evaluation_runs.remove(ws, uid, row.uid)


def _run_of(ws: Workspace, uid: str, evaluatee: JsonObject, loc: Location) -> str:
    """Return the id of an evaluatee's Run, which is created or added to the Evaluation where it is missing."""
    evaluation = get_evaluation(ws, uid)
    dataset = evaluation.dataset_version_id
    version = versions.referenced(ws, evaluatee, LOGGED, loc)
    batch = evaluatee.get("batch_id")
    of_batch = batches.named(ws, batch) if batch is not None else None
    if of_batch is not None:
        evaluation_runs.add_existing(ws, uid, of_batch.uid)
        return of_batch.uid
    for row in runs.of_version(ws, evaluation, version.id):
        if (row.batch, row.dataset_version_id) == (batch, dataset):
            return row.uid
    body: JsonObject = {"version": {"version_id": version.uid}, "batch_id": batch}
    if dataset is not None:
        body["dataset"] = {"version_id": versions.uid_of(ws, dataset)}
        body |= {"orchestrated": evaluatee.get("orchestrated"), "use_existing_logs": batch is None}
    created: str = evaluation_runs.create(ws, uid, body)["id"]
    return created


def set_status(ws: Workspace, uid: str, status: str) -> JsonObject:
    """Cancel or complete all Runs that are pending or running; there are none: Conflict; another status: Invalid."""
    evaluation = get_evaluation(ws, uid)
    rows = runs.of_evaluation(ws, evaluation)
    current = runs.statuses(ws, rows)
    open_runs = [row for row in rows if current[row.id] in runs.OPEN]
    if not open_runs:
        raise Conflict(
            "The evaluation has ended.", f"No run of evaluation '{uid}' is pending or running.", loc=("body", "status")
        )
    for row in open_runs:
        evaluation_runs.update(ws, uid, row.uid, {"status": status})
    return evaluations.get(ws, uid)


def pin(ws: Workspace, uid: str, body: JsonObject) -> JsonObject:
    """Make an evaluatee the control, with which the others are compared; a missing one is added."""
    if sum(body.get(name) is not None for name in ("version_id", "id", "path")) != 1:
        raise Invalid("Provide one version.", "Provide one of version_id, file_id and path.", loc=("body",))
    run_id = _run_of(ws, uid, body, ("body",))
    evaluation_runs.update(ws, uid, run_id, {"control": True})
    return evaluations.get(ws, uid)


def with_evaluatees(ws: Workspace, document: JsonObject) -> JsonObject:
    """Return an Evaluation's document with its Dataset, its evaluatees, the oldest first, and its status."""
    evaluation = get_evaluation(ws, document["id"])
    rows = runs.of_evaluation(ws, evaluation)[::-1]
    dataset = _dataset_of(evaluation, rows)
    shown = documents.versions(ws, [key for key in (dataset, *(row.version_id for row in rows)) if key])
    status = runs.statuses(ws, rows)
    return document | {
        "dataset": shown.get(dataset) if dataset else None,
        "evaluatees": [
            {
                "version": shown[row.version_id],
                "batch_id": row.batch,
                "orchestrated": bool(row.orchestrated),
                "pinned": bool(row.control),
                "added_at": row.added_at,
            }
            for row in rows
            if row.version_id
        ],
        "status": runs.least_advanced(list(status.values())),
    }


def _dataset_of(evaluation: EvaluationRow, rows: list[EvaluationRunRow]) -> int | None:
    """Return the Dataset of an Evaluation: where it has none, that of its first Run with one."""
    of_runs = (row.dataset_version_id for row in rows if row.dataset_version_id)
    return evaluation.dataset_version_id or next(of_runs, None)


def with_version_stats(ws: Workspace, uid: str, stats: JsonObject) -> JsonObject:
    """Return the stats with those of each version, the oldest first, and their sums."""
    evaluation = get_evaluation(ws, uid)
    dataset = _dataset_of(evaluation, runs.of_evaluation(ws, evaluation)[::-1])
    counted = stats["run_stats"][::-1]
    return stats | {
        "overall_stats": {
            "num_datapoints": datapoints.count(ws, dataset) if dataset else 0,
            "total_logs": sum(run["num_logs"] for run in counted),
            "total_evaluator_logs": sum(item["total_logs"] for run in counted for item in run["evaluator_stats"]),
        },
        "version_stats": [
            {
                "version_id": run["version_id"],
                "batch_id": run["batch_id"],
                "num_logs": run["num_logs"],
                "evaluator_version_stats": run["evaluator_stats"],
            }
            for run in counted
            if run["version_id"]
        ],
    }
