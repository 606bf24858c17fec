"""A span of other instrumentation: it becomes a Log by itself, if it is one; its position in the trace comes later.

What its trace needs to know of it is kept in a row. A span that comes again changes nothing.
"""

from typing import NamedTuple

import orjson
from marshmallow import ValidationError

from ...errors import ApiError, Conflict, Interrupted
from ...ids import derived_id
from ...schemas.fields import instance_of
from ...store import models
from ...store.statement import sql
from ..logs import logs, traces
from ..workspace import Workspace
from . import genai, vercel
from .attributes import Reading
from .naming import named_flow
from .notices import logger, warn_once
from .otlp import Span
from .trees import FlowPath, LogId, SpanNode


class _Row(NamedTuple):
    span_id: str
    parent_id: str
    log: str | None
    flow_path: str | None
    flow_log: str | None
    start_time: str | None
    end_time: str | None
    error: str | None
    told: str | None  # JSON


class _Known(NamedTuple):
    log: str | None


KNOWN = sql(
    "SELECT log FROM span WHERE organisation_id = :organisation AND trace_id = :trace AND span_id = :span", _Known
)

OF_TRACE = sql(
    """
    SELECT span_id, parent_id, log, flow_path, flow_log, start_time, end_time, error, told FROM span
    WHERE organisation_id = :organisation AND trace_id = :trace
    """,
    _Row,
)


def record(ws: Workspace, span: Span) -> str | None:
    """Store a span and return the id of its Log, if it is one. What goes wrong is warned of, never raised."""
    if not span.id:
        warn_once("spans without ids are ignored", span.name)
        return None
    try:
        return _record(ws, span)
    except Interrupted:  # all spans will be recorded again
        raise
    except Exception:  # a fault of ours must not end the client's uploads
        logger.exception("Skipped the span %r", span.name)
        return None


def _record(ws: Workspace, span: Span) -> str | None:
    reading = vercel.read(span) or genai.read(span)
    if reading.reason:
        warn_once(reason=reading.reason, case=span.name)
    try:
        with ws.writing():
            known = ws.db.first(KNOWN, organisation=ws.organisation, trace=span.trace_id, span=span.span_id)
            if known is not None:
                return known.log
            uid = _add_log(ws, span, reading)
            _keep(ws, span, reading, uid)
            return uid
    except ValidationError as error:
        warn_once(f"a log could not be created: {error.messages}", span.name)
    except ApiError as error:
        detail = error.detail
        told = detail.get("description") if isinstance(detail, dict) else detail
        warn_once(f"a log could not be created: {told}", span.name)
    with ws.writing():
        _keep(ws, span, reading, None)  # what is below it still finds what is above it
    return None


def _add_log(ws: Workspace, span: Span, reading: Reading) -> str | None:
    """Make the Log that a span is, with the id that this span always gives, outside of any trace."""
    if reading.kind is None:
        return None
    assert reading.kind.log is not None
    uid = derived_id("log", span.id)
    fields = instance_of(reading.kind.log.request).load(reading.fields)
    try:
        logs.new_id(ws, uid)
    except Conflict:
        return uid
    file, version = logs.locate(ws, reading.kind, fields, {}, empty=reading.kind.log.empty)
    logs.store(ws, reading.kind, file, version, fields, uid, traces.NO_TRACE)
    return uid


def _keep(ws: Workspace, span: Span, reading: Reading, uid: str | None) -> None:
    name = named_flow(span)
    ws.db.insert(
        models.Span,
        organisation=ws.organisation,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        log=uid,
        flow_path=name.path if isinstance(name, FlowPath) else None,
        flow_log=name.uid if isinstance(name, LogId) else None,
        start_time=span.times.get("start_time"),
        end_time=span.times.get("end_time"),
        error=span.error,
        told=None if reading.flow_fields is None else orjson.dumps(reading.flow_fields).decode(),
    )


def nodes_of(ws: Workspace, trace_id: str) -> list[SpanNode]:
    """Return what is kept of the spans of a trace."""
    return [_node(row) for row in ws.db.all(OF_TRACE, organisation=ws.organisation, trace=trace_id)]


def _node(row: _Row) -> SpanNode:
    return SpanNode(
        span_id=row.span_id,
        parent_id=row.parent_id,
        log=row.log,
        name=LogId(row.flow_log) if row.flow_log else FlowPath(row.flow_path) if row.flow_path else None,
        start=row.start_time,
        end=row.end_time,
        error=row.error,
        flow_fields=None if row.told is None else orjson.loads(row.told),
    )
