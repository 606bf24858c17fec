"""The Logs of an Agent and of everything it called, kept until they are stored together; and the events about them."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ...json_types import JsonObject
from ...kinds.base import COMPLETE, INCOMPLETE
from ...services.files import documents
from ...services.logs import logs, updates
from ...services.workspace import Workspace
from ..calls import CallTarget, stream_chunk
from ..completions import Completion
from ..providers.base import Chunk

INHERITED = ("user", "save")
"""The caller's fields that apply to all Logs below too."""


@dataclass(frozen=True)
class PendingLog:
    """A Log that is not stored yet, with those below it."""

    target: CallTarget
    fields: JsonObject
    children: list["PendingLog"] = field(default_factory=list)


@dataclass(frozen=True)
class Trace:
    """The Log at the top of a trace, and its File."""

    uid: str
    file_uid: str


def failed_log(ws: Workspace, target: CallTarget, given: JsonObject, error: str) -> PendingLog:
    """Return the Log of a call that could not begin."""
    assert target.kind.log is not None
    now = ws.now()
    status = {"log_status": COMPLETE} if target.kind.log.traces else {}
    return PendingLog(target, {**given, **status, "error": error, "start_time": now, "end_time": now})


def store(ws: Workspace, log: PendingLog, extra: JsonObject) -> None:
    """Store a Log with these further fields, and all Logs below it.

    The Log of a trace becomes complete once its children are stored. Runs in the caller's transaction.
    """
    target = log.target
    assert target.kind.log is not None
    body = {**log.fields, **extra}
    if target.kind.log.traces:
        body["log_status"] = INCOMPLETE
    logs.store(ws, target.kind, target.file, target.version, body, target.log_uid)
    store_below(ws, target.log_uid, log.children, extra)
    if log.fields.get("log_status") == COMPLETE:
        updates.update(ws, target.kind, None, target.log_uid, {"log_status": COMPLETE})


def store_below(ws: Workspace, parent: str, children: list[PendingLog], extra: JsonObject) -> None:
    """Store the Logs below one, with those of its fields that apply to them too."""
    inherited = {name: extra[name] for name in INHERITED if extra.get(name) is not None}
    for child in children:
        store(ws, child, {**inherited, "trace_parent_id": parent})


def draft(ws: Workspace, log: PendingLog, parent: str, trace: Trace) -> JsonObject:
    """Return a Log as the API shows it, before it is stored and without the Logs below it: for events."""
    kind = log.target.kind
    assert kind.log is not None
    names = (*logs.COLUMNS, *kind.log.fields)
    with ws.reading():
        version = documents.version(ws, log.target.version)
    return {
        **{name: log.fields.get(name) for name in names},
        "created_at": log.fields.get("created_at") or ws.now(),
        "id": log.target.log_uid,
        "log_status": log.fields.get("log_status"),
        "trace_status": log.fields.get("log_status"),
        "trace_parent_id": parent,
        "batches": [],
        "evaluator_logs": [],
        "trace_id": trace.uid,
        "trace_flow_id": trace.file_uid,
        "trace_children": None,
        kind.type: version,
    }


class Event(NamedTuple):
    """An event of the API; a Log in its payload is rendered when the event is sent."""

    type: str
    message: str
    payload: JsonObject | PendingLog | None = None


def render(ws: Workspace, event: Event, uid: str, trace: Trace) -> JsonObject:
    """Return an event as it is sent; `uid` is the id of the Agent's Log."""
    payload = event.payload
    if isinstance(payload, PendingLog):
        payload = draft(ws, payload, uid, trace)
    return {
        "log_id": uid,
        "message": event.message,
        "payload": payload,
        "type": event.type,
        "created_at": ws.now(),
    }


def agent_chunk(target: CallTarget, chunk: Chunk | None, completion: Completion) -> JsonObject:
    """Return a chunk of an Agent's answer as it is streamed; without a chunk, the whole answer."""
    ids = {"id": target.log_uid, "agent_id": target.file.uid, "version_id": target.version_uid}
    return {**(stream_chunk(chunk, completion) if chunk else completion.outcome()), **ids}


def prompt_chunk(target: CallTarget, chunk: Chunk, completion: Completion) -> JsonObject:
    """Return a chunk of the answer of a Prompt that an Agent calls."""
    ids = {"index": 0, "id": target.log_uid, "prompt_id": target.file.uid, "version_id": target.version_uid}
    return {**stream_chunk(chunk, completion), **ids}
