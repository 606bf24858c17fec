"""Evaluations, Runs and their Logs as documents show them, and as rows of the staging file."""

import math
from typing import Any

from ...services.evaluations.runs import PROGRESSION
from .file_records import Versions, stage_datapoint, stage_user
from .log_records import stage_log
from .staging import Staging
from .values import Document, Unusable, as_json, document, identity, items, moment, name_of_folder, text, time, whole


def stage_evaluation(staging: Staging, versions: Versions, value: Any, place: int | None, extra: Document) -> None:
    """Stage an Evaluation with its Evaluators; `extra` tells the Dataset that an older client gave to it."""
    shown = document(value, "an evaluation")
    uid = name_of_folder(shown, "id")
    staging.put(
        "evaluation",
        uid=uid,
        file_uid=text(shown, "file_id"),
        name=text(shown, "name"),
        created_at=moment(shown, "created_at"),
        updated_at=time(shown, "updated_at") or moment(shown, "created_at"),
        created_by=stage_user(staging, shown.get("created_by")),
        place=place,
        dataset_version_uid=text(extra, "dataset"),
    )
    for position, item in enumerate(items(shown.get("evaluators"))):
        staging.put(
            "evaluator",
            evaluation_uid=uid,
            place=position,
            version_uid=versions.mention(document(item.get("version"), "an evaluator")),
            orchestrated=item.get("orchestrated") is not False,
            added_at=time(item, "added_at") or moment(shown, "created_at"),
        )


def stage_run(staging: Staging, versions: Versions, evaluation: str, value: Any, extra: Document) -> None:
    """Stage a Run as it stands in an Evaluation; `extra` tells whether its status was set by hand."""
    shown = document(value, "a run")
    uid = name_of_folder(shown, "id")
    status = text(shown, "status")
    if status not in PROGRESSION:
        raise Unusable(f"`status` is not the status of a run: {status!r}")
    staging.put(
        "run",
        uid=uid,
        dataset_version_uid=versions.mention(shown.get("dataset")),
        version_uid=versions.mention(shown.get("version")),
        orchestrated=shown.get("orchestrated") is True,
        created_at=moment(shown, "created_at"),
        created_by=stage_user(staging, shown.get("created_by")),
        decided=extra.get("decided") if extra.get("decided") in PROGRESSION else None,
    )
    staging.put(
        "evaluation_run",
        evaluation_uid=evaluation,
        run_uid=uid,
        added_at=time(shown, "added_at") or moment(shown, "created_at"),
        control=shown.get("control") is True,
        status=status,
        place=extra.get("place"),
    )


COUNTS = ("total_logs", "num_judgments", "num_nulls", "num_errors", "num_true", "num_false")
MOMENTS = ("mean", "sum", "std")


def stage_stats(staging: Staging, value: Any) -> None:
    """Stage what the stats of an Evaluation tell of its Runs: all there is where the tree holds no Logs of them."""
    for item in items(document(value, "the stats").get("run_stats")):
        try:
            evaluators = [_stats_of(stats) for stats in items(item.get("evaluator_stats"))]
            uid, batch = identity(item, "run_id"), text(item, "batch_id")
        except Unusable as error:
            staging.complain(f"left out of the stats of run {item.get('run_id')!r}: {error}")
            continue
        if batch:
            staging.put("run_batch", run_uid=uid, batch=batch)
        logs = max(whole(item, "num_logs"), *(stats["total_logs"] for stats in evaluators), 0)
        if logs:
            staging.put("run_stats", run_uid=uid, evaluator_version_uid="", logs=logs)
        for stats in evaluators if logs else ():
            version = stats["evaluator_version_id"]
            row = {"logs": logs, "document": as_json(stats)}
            staging.put("run_stats", run_uid=uid, evaluator_version_uid=version, **row)


def _stats_of(item: Document) -> Document:
    """Return the numbers of one Evaluator in a Run; a wrong one is Unusable."""
    told: Document = {"evaluator_version_id": identity(item, "evaluator_version_id"), "total_logs": 0}
    told |= {name: _count(name, item[name]) for name in COUNTS if item.get(name) is not None}
    told |= {name: _number(name, item[name]) for name in MOMENTS if item.get(name) is not None}
    for name, read in TABLES.items():
        if item.get(name) is not None:
            told[name] = {key: read(name, number) for key, number in document(item[name], f"`{name}`").items()}
    return told


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise Unusable(f"`{name}` is not a count")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unusable(f"`{name}` is not a number")
    return value


TABLES = {"percentiles": _number, "num_judgments_per_option": _count}


def stage_run_log(staging: Staging, versions: Versions, value: Any) -> None:
    """Stage the link of a Log to a Run, with the Log, its datapoint and its judgments."""
    shown = document(value, "a log of a run")
    datapoint = shown.get("datapoint")
    for judgment in reversed(items(shown.get("evaluator_logs"))):
        stage_log(staging, versions, judgment)
    staging.put(
        "run_log",
        run_uid=identity(shown, "run_id"),
        log_uid=stage_log(staging, versions, shown.get("log")),
        datapoint_uid=stage_datapoint(staging, datapoint) if isinstance(datapoint, dict) else None,
    )
