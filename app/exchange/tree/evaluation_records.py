"""Evaluations, Runs and their Logs as documents show them, and as rows of the staging file."""

from typing import Any

from ...services.statuses import PROGRESSION
from .file_records import Versions, stage_datapoint, stage_user
from .log_records import stage_log
from .staging import Staging
from .values import Document, Unusable, document, identity, items, moment, name_of_folder, text, time


def stage_evaluation(staging: Staging, versions: Versions, value: Any, place: int | None) -> None:
    """Stage an Evaluation with its Evaluators."""
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
        raise Unusable(f"`status` is none of a run: {status!r}")
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
