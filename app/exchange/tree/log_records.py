"""Logs as documents show them, with all that hangs on them, and as rows of the staging file."""

from typing import Any

from marshmallow import ValidationError

from ...kinds import KINDS, LOGGED
from ...kinds.base import INCOMPLETE, LogKind
from ...schemas.evaluators import judgment_field
from .file_records import Versions
from .staging import Staging
from .ties import note_order
from .values import Document, Unusable, as_json, document, identity, items, moment, text, time

JUDGMENT = judgment_field(allow_none=True)
LIVE = {
    *("id", "created_at", "start_time", "end_time", "inputs", "output", "error", "metadata", "log_status", "batches"),
    "trace_status",
    *("evaluator_logs", "trace_id", "trace_flow_id", "trace_children", "parent", *LOGGED),
}


def stage_log(staging: Staging, versions: Versions, value: Any) -> str:
    """Stage a Log with the Logs that its document shows, and return its id.

    Those inside come first and backwards: what was staged last is the oldest, as in the lists, which begin with the
    newest Log.
    """
    shown = document(value, "a log")
    uid = identity(shown, "id")
    for name in ("trace_children", "evaluator_logs"):
        inner = items(shown.get(name))[::-1]
        note_order(staging, [(stage_log(staging, versions, item), moment(item, "created_at")) for item in inner])
    if isinstance(shown.get("parent"), dict):
        stage_log(staging, versions, shown["parent"])
    if staging.value("SELECT 1 FROM log WHERE uid = ?", uid) is None:
        _stage(staging, versions, uid, shown)
    return uid


def _stage(staging: Staging, versions: Versions, uid: str, shown: Document) -> None:
    kind = next((name for name in KINDS if name in LOGGED and isinstance(shown.get(name), dict)), None)
    if kind is None:
        raise Unusable(f"log {uid!r} shows no version")
    log = KINDS[kind].log
    assert log is not None
    if log.judges:
        _check_judgment(uid, shown.get("judgment"))
    version = versions.mention(shown[kind])
    staging.put(
        "log",
        uid=uid,
        version_uid=version,
        created_at=moment(shown, "created_at"),
        start_time=time(shown, "start_time"),
        end_time=time(shown, "end_time"),
        status=_status(log, shown),
        inputs=as_json(shown.get("inputs")),
        output=text(shown, "output"),
        error=text(shown, "error"),
        metadata=as_json(shown.get("metadata")),
        document=as_json(_stored(log, shown)),
        datapoint_uid=text(shown, "source_datapoint_id"),
        parent_uid=text(shown, "parent_id") if log.judges else None,
        trace_parent_uid=text(shown, "trace_parent_id"),
    )


def _status(log: LogKind, shown: Document) -> str | None:
    """Return the status; a trace that shows `incomplete` may be one of which nobody said anything, and counts as such.

    So an Evaluator that is added to its Evaluation later judges it: the program that would complete it is long gone.
    """
    status = text(shown, "log_status") or text(shown, "trace_status")
    return None if log.traces and status == INCOMPLETE else status


def _check_judgment(uid: str, judgment: Any) -> None:
    try:
        JUDGMENT.deserialize(judgment)
    except ValidationError:
        raise Unusable(f"`judgment` of log {uid!r} is not one that an evaluator can give") from None


def _stored(log: LogKind, shown: Document) -> Document:
    """Return what is only stored and shown; fields that nobody knows stay."""
    return {name: shown.get(name) for name in log.fields} | {
        name: value for name, value in shown.items() if name not in LIVE
    }
