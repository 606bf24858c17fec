"""What the decorators of the official SDKs record: each span becomes a Log, or completes one that is there.

Nothing here is refused: an answer other than 200 ends the client's uploads for good [C]. A span that cannot be recorded
is skipped with a warning; one whose trace, Run or datapoint cannot be used is recorded without it [A]. Every span has
a transaction of its own.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from marshmallow import ValidationError

from ...errors import ApiError, Conflict, DomainError, Interrupted
from ...ids import derived_id
from ...json_types import JsonObject
from ...kinds import FLOW, PROMPT, TOOL
from ...kinds.base import FileKind
from ...schemas.fields import instance_of
from ..logs import logs, traces, updates
from ..workspace import Workspace
from .functions import restore_function
from .otlp import Span
from .prompts import outcome_of, prompt_of

logger = logging.getLogger(__name__)

REFERENCES = ("trace_parent_id", "run_id", "source_datapoint_id")


@dataclass(frozen=True)
class Recorder:
    """How the spans of one type become Logs."""

    kind: FileKind
    read: Callable[[Span], JsonObject | None]  # returns the Log as a client would send it; None if the span is none
    store: Callable[[Workspace, FileKind, Span, JsonObject], str]


def is_decorated(span: Span) -> bool:
    """Tell whether a decorator made a span: then the span names the type of its File [C]."""
    return span.at("humanloop.file.type") is not None


def record(ws: Workspace, span: Span) -> str | None:
    """Record a span and return the id of its Log, if it has one."""
    recorder = RECORDERS.get(str(span.at("humanloop.file.type")))
    if recorder is None:
        return None
    try:
        body = recorder.read(span)
        return None if body is None else _store(ws, recorder, span, body)
    except ValidationError as error:
        logger.warning("Skipped the span %r: %s", span.name, error.messages)
    except Interrupted:  # all spans will be recorded again
        raise
    except ApiError as error:
        logger.warning("Skipped the span %r: %s", span.name, error.detail)
    except Exception:  # a fault of ours must not end the client's uploads either
        logger.exception("Skipped the span %r", span.name)
    return None


def _store(ws: Workspace, recorder: Recorder, span: Span, body: JsonObject) -> str:
    kind = recorder.kind
    assert kind.log is not None
    fields = instance_of(kind.log.request).load(body)
    while True:
        try:
            with ws.writing():
                return recorder.store(ws, kind, span, fields)
        except DomainError as error:
            place = error.detail["loc"][-1]
            if place not in REFERENCES or place not in fields:
                raise
            logger.warning("Recorded the span %r without its %s: %s", span.name, place, error.detail["description"])
            del fields[place]


def _complete(ws: Workspace, kind: FileKind, span: Span, fields: JsonObject) -> str:
    """Complete the Log that the client created when the decorated function began, and link it to its Run."""
    uid: str = fields["id"]
    updates.update(ws, kind, None, uid, fields)
    updates.join(ws, uid, fields)
    return uid


def _add(ws: Workspace, kind: FileKind, span: Span, fields: JsonObject) -> str:
    """Make a Log, with the id that this span always gives: one that is sent again is there already.

    A span ends before its trace does, but may come later: so it takes its place even where the trace is complete.
    """
    uid = derived_id("log", span.id) if span.id else ws.ids.new("log")
    try:
        logs.new_id(ws, uid)
    except Conflict:
        return uid
    position = traces.position_below(ws, fields.get("trace_parent_id"), late=True)
    file, version = logs.locate(ws, kind, fields, {})
    logs.store(ws, kind, file, version, fields, uid, position)
    return uid


def _read_flow(span: Span) -> JsonObject | None:
    """Read the end of a flow; after an error in the client's own code its span is empty [C]."""
    log = span.tree("humanloop.log")
    return {**log, **span.times} if "id" in log else None


def _read_tool(span: Span) -> JsonObject | None:
    log, content = span.tree("humanloop.log"), {**span.tree("humanloop.file")}
    path = content.pop("path", None)
    del content["type"]
    if isinstance(content.get("function"), dict):
        content["function"] = restore_function(content["function"])
    return {**log, **span.times, "id": None, "path": path, "tool": content or None} if log else None


def _read_prompt(span: Span) -> JsonObject:
    fields = {**outcome_of(span), **span.tree("humanloop.log"), **span.times}
    return fields | {"id": None, "path": span.at("humanloop.file.path"), "prompt": prompt_of(span)}


RECORDERS = {
    FLOW.type: Recorder(FLOW, _read_flow, _complete),
    TOOL.type: Recorder(TOOL, _read_tool, _add),
    PROMPT.type: Recorder(PROMPT, _read_prompt, _add),
}
