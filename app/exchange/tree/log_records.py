"""Turns documents of Logs, Evaluations and Runs into staged rows.

Logs with the same time keep the order in which the lists of the tree show them: there is no other trace of it. A File's
Logs are listed newest first, the judgments on a Log and its trace children oldest first; each list tells of its own
Logs only, so their orders are put together.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from marshmallow import ValidationError

from ...json_types import Json, JsonObject
from ...kinds import KINDS, LOGGED
from ...kinds.base import INCOMPLETE, LogKind
from ...schemas.evaluators import judgment_field
from ...services.evaluations.runs import PROGRESSION
from ...store.staging import Staging
from . import rows
from .file_records import Versions, stage_datapoint, stage_user
from .layout import (
    InvalidRecord,
    count_of,
    document,
    folder_id,
    json_of,
    json_or_none,
    objects,
    required_id,
    required_time,
    text,
    time,
)

JUDGMENT = judgment_field(allow_none=True)
LIVE = {
    *("id", "created_at", "start_time", "end_time", "inputs", "output", "error", "metadata", "log_status", "batches"),
    "trace_status",
    *("evaluator_logs", "trace_id", "trace_flow_id", "trace_children", "parent", *LOGGED),
}


def stage_log(staging: Staging, versions: Versions, value: Json) -> str:
    """Stage a Log with the Logs inside its document, and return its id.

    Those inside come first and backwards: what is staged last is the oldest, as in lists that begin with the newest.
    """
    shown = document(value, "a log")
    uid = required_id(shown, "id")
    for name in ("trace_children", "evaluator_logs"):
        inner = objects(shown.get(name))[::-1]
        note_order(staging, [(stage_log(staging, versions, item), required_time(item, "created_at")) for item in inner])
    if isinstance(shown.get("parent"), dict):
        stage_log(staging, versions, shown["parent"])
    if staging.value("SELECT 1 FROM staged_log WHERE uid = ?", uid) is None:
        _stage(staging, versions, uid, shown)
    return uid


def _stage(staging: Staging, versions: Versions, uid: str, shown: JsonObject) -> None:
    kind = next((name for name in KINDS if name in LOGGED and isinstance(shown.get(name), dict)), None)
    if kind is None:
        raise InvalidRecord(f"log {uid!r} shows no version")
    log = KINDS[kind].log
    assert log is not None
    if log.judges:
        _check_judgment(uid, shown.get("judgment"))
    version = versions.mention(shown[kind])
    staging.put(
        rows.Log(
            id=None,
            uid=uid,
            version_uid=version,
            created_at=required_time(shown, "created_at"),
            start_time=time(shown, "start_time"),
            end_time=time(shown, "end_time"),
            status=_status(log, shown),
            inputs=json_or_none(shown.get("inputs")),
            output=text(shown, "output"),
            error=text(shown, "error"),
            metadata=json_or_none(shown.get("metadata")),
            document=json_of(_stored(log, shown)),
            datapoint_uid=text(shown, "source_datapoint_id"),
            parent_uid=text(shown, "parent_id") if log.judges else None,
            trace_parent_uid=text(shown, "trace_parent_id"),
            rank=None,
        )
    )


def _status(log: LogKind, shown: JsonObject) -> str | None:
    """Return the status of a Log; for an incomplete trace it is None, as if nobody had ever set it.

    The program that would complete the trace is long gone: an Evaluator that is added later judges it all the same.
    """
    status = text(shown, "log_status") or text(shown, "trace_status")
    return None if log.traces and status == INCOMPLETE else status


def _check_judgment(uid: str, judgment: Json) -> None:
    try:
        JUDGMENT.deserialize(judgment)
    except ValidationError:
        raise InvalidRecord(f"`judgment` of log {uid!r} is not one that an evaluator can give") from None


def _stored(log: LogKind, shown: JsonObject) -> JsonObject:
    """Return the fields that are only stored and shown, unknown ones too."""
    return {name: shown.get(name) for name in log.fields} | {
        name: value for name, value in shown.items() if name not in LIVE
    }


def stage_evaluation(staging: Staging, versions: Versions, value: Json, place: int | None, extra: JsonObject) -> None:
    """Stage an Evaluation with its Evaluators; `extra` names the Dataset that an older client gave to it."""
    shown = document(value, "an evaluation")
    uid = folder_id(shown, "id")
    staging.put(
        rows.Evaluation(
            uid=uid,
            file_uid=text(shown, "file_id"),
            name=text(shown, "name"),
            created_at=required_time(shown, "created_at"),
            updated_at=time(shown, "updated_at") or required_time(shown, "created_at"),
            created_by=stage_user(staging, shown.get("created_by")),
            place=place,
            dataset_version_uid=text(extra, "dataset"),
        )
    )
    for position, item in enumerate(objects(shown.get("evaluators"))):
        staging.put(
            rows.Evaluator(
                evaluation_uid=uid,
                place=position,
                version_uid=versions.mention(document(item.get("version"), "an evaluator")),
                orchestrated=item.get("orchestrated") is not False,
                added_at=time(item, "added_at") or required_time(shown, "created_at"),
            )
        )


def stage_run(staging: Staging, versions: Versions, evaluation: str, value: Json, extra: JsonObject) -> None:
    """Stage a Run and its place in an Evaluation; `extra` says whether its status was set by hand."""
    shown = document(value, "a run")
    uid = folder_id(shown, "id")
    status = text(shown, "status")
    if status not in PROGRESSION:
        raise InvalidRecord(f"`status` is not the status of a run: {status!r}")
    staging.put(
        rows.Run(
            uid=uid,
            dataset_version_uid=versions.mention(shown.get("dataset")),
            version_uid=versions.mention(shown.get("version")),
            orchestrated=shown.get("orchestrated") is True,
            created_at=required_time(shown, "created_at"),
            created_by=stage_user(staging, shown.get("created_by")),
            decided=extra.get("decided") if extra.get("decided") in PROGRESSION else None,
        )
    )
    staging.put(
        rows.EvaluationRun(
            evaluation_uid=evaluation,
            run_uid=uid,
            added_at=time(shown, "added_at") or required_time(shown, "created_at"),
            control=shown.get("control") is True,
            status=status,
            place=extra.get("place"),
        )
    )


COUNTS = ("total_logs", "num_judgments", "num_nulls", "num_errors", "num_true", "num_false")
MOMENTS = ("mean", "sum", "std")


def stage_stats(staging: Staging, value: Json) -> None:
    """Stage the stats of an Evaluation's Runs: all there is of them if the tree holds no Logs."""
    for item in objects(document(value, "the stats").get("run_stats")):
        try:
            evaluators = [_stats_of(stats) for stats in objects(item.get("evaluator_stats"))]
            uid, batch = required_id(item, "run_id"), text(item, "batch_id")
        except InvalidRecord as error:
            staging.note_problem(f"left out of the stats of run {item.get('run_id')!r}: {error}")
            continue
        if batch:
            staging.put(rows.RunBatch(uid, batch))
        logs = max(count_of(item, "num_logs"), *(stats["total_logs"] for stats in evaluators), 0)
        if logs:
            staging.put(rows.RunStats(uid, "", logs, None))
        for stats in evaluators if logs else ():
            staging.put(rows.RunStats(uid, stats["evaluator_version_id"], logs, json_of(stats)))


def _stats_of(item: JsonObject) -> JsonObject:
    """Return the numbers of one Evaluator in a Run. Raises InvalidRecord for a wrong one."""
    told: JsonObject = {"evaluator_version_id": required_id(item, "evaluator_version_id"), "total_logs": 0}
    told |= {name: _count(name, item[name]) for name in COUNTS if item.get(name) is not None}
    told |= {name: _number(name, item[name]) for name in MOMENTS if item.get(name) is not None}
    for name, read in TABLES.items():
        if item.get(name) is not None:
            told[name] = {key: read(name, number) for key, number in document(item[name], f"`{name}`").items()}
    return told


def _count(name: str, value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise InvalidRecord(f"`{name}` is not a count")
    return value


def _number(name: str, value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRecord(f"`{name}` is not a number")
    return value


TABLES = {"percentiles": _number, "num_judgments_per_option": _count}


def stage_run_log(staging: Staging, versions: Versions, value: Json) -> None:
    """Stage a Log of a Run: the link, the Log itself, its datapoint and its judgments."""
    shown = document(value, "a log of a run")
    datapoint = shown.get("datapoint")
    for judgment in reversed(objects(shown.get("evaluator_logs"))):
        stage_log(staging, versions, judgment)
    staging.put(
        rows.RunLog(
            id=None,
            run_uid=required_id(shown, "run_id"),
            log_uid=stage_log(staging, versions, shown.get("log")),
            datapoint_uid=stage_datapoint(staging, datapoint) if isinstance(datapoint, dict) else None,
        )
    )


def note_order(staging: Staging, newest_first: Iterable[tuple[str, str]]) -> None:
    """Note the order of a whole list of (Log, time); only equal times need it."""
    for (newer, when), (older, before) in pairwise(newest_first):
        if when == before:
            staging.put(rows.Sequence(newer, older))


def note_next(staging: Staging, listed: str, log: str, when: str) -> None:
    """Note that this Log comes next in a list that is read bit by bit, newest first."""
    newer = staging.value("SELECT log FROM staged_latest WHERE list = ? AND time = ?", listed, when)
    if newer is not None:
        staging.put(rows.Sequence(newer, log))
    staging.connection.execute("INSERT OR REPLACE INTO staged_latest VALUES (?, ?, ?)", (listed, log, when))


def rank(staging: Staging) -> None:
    """Number the Logs whose order was noted, the oldest first."""
    connection = staging.connection
    older: dict[str, list[str]] = defaultdict(list)
    for newer, before in connection.execute("SELECT newer, older FROM staged_sequence ORDER BY newer, older"):
        older[newer].append(before)
    named = "SELECT older FROM staged_sequence UNION SELECT newer FROM staged_sequence"
    logs = connection.execute(f"SELECT uid FROM staged_log WHERE uid IN ({named}) ORDER BY id DESC")
    ranked = enumerate(in_order([uid for (uid,) in logs], older))
    connection.executemany("UPDATE staged_log SET rank = ? WHERE uid = ?", ranked)


def in_order(logs: Sequence[str], older: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield Logs, each after those that are older; the given order decides the rest, and contradictions."""
    seen: set[str] = set()
    for log in logs:
        path = [(log, iter([log]))]
        while path:
            above, left = path[-1]
            below = next((item for item in left if item not in seen), None)
            if below is not None:
                seen.add(below)
                path.append((below, iter(older.get(below, ()))))
            else:
                path.pop()
                if path:
                    yield above
