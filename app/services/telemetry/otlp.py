"""OTLP, read: the spans of a document in its JSON form.

Whatever is not of that form is left out: a client cannot be told about it.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ...clock import wire_time
from ...json_types import Json, JsonObject
from ...schemas.values import INT64
from .attributes import DEEPEST, unflatten

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAILED = (2, "STATUS_CODE_ERROR")
PARENT_ELSEWHERE = 0x300  # flags: it is known where the parent ran, and that was another process


@dataclass(frozen=True)
class Event:
    """Something that happened at one moment of a span."""

    name: str
    attributes: JsonObject


@dataclass(frozen=True)
class Span:
    """One span: its attributes as the objects that were flattened into them."""

    trace_id: str  # hexadecimal digits, as all ids; empty where there is none
    span_id: str
    parent_id: str  # empty at the top of what one process did, too
    name: str
    start: int | None  # nanoseconds since 1970
    end: int | None
    attributes: JsonObject
    error: str | None  # what went wrong
    events: tuple[Event, ...] = ()
    resource: JsonObject = field(default_factory=dict)  # the attributes of what sent it

    @property
    def id(self) -> bytes:
        """The ids of its trace and itself; empty where one of them is missing."""
        return bytes.fromhex(self.trace_id + self.span_id) if self.trace_id and self.span_id else b""

    def at(self, *names: str) -> Json:
        """Return the value at the first of these dotted names that is there, or None."""
        return at(self.attributes, *names)

    def tree(self, name: str) -> JsonObject:
        """Return the object at a dotted name; empty when there is none."""
        node = self.at(name)
        return node if isinstance(node, dict) else {}

    @property
    def times(self) -> JsonObject:
        """The start and the end in their wire form, as fields of a Log."""
        moments = {"start_time": _moment(self.start), "end_time": _moment(self.end)}
        return {name: moment for name, moment in moments.items() if moment}

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.start is None or self.end is None else (self.end - self.start) / 1e9


def at(tree: JsonObject, *names: str) -> Json:
    """Return the value at the first of these dotted names that is there, or None."""
    for name in names:
        node: Json = tree
        for part in name.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            return node
    return None


def read_spans(document: Json) -> Iterator[Span]:
    """Yield the spans of an OTLP document in their order."""
    for group in _objects(document, "resourceSpans"):
        sender = group.get("resource")
        resource = _attributes(sender) if isinstance(sender, dict) else {}
        for scope in _objects(group, "scopeSpans"):
            for span in _objects(scope, "spans"):
                yield _read(span, resource)


def _objects(parent: Json, name: str) -> list[JsonObject]:
    children = parent.get(name) if isinstance(parent, dict) else None
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _read(span: JsonObject, resource: JsonObject) -> Span:
    events = [Event(str(event.get("name")), _attributes(event)) for event in _objects(span, "events")]
    flags = _integer(span.get("flags")) or 0
    attributes = _attributes(span)
    return Span(
        trace_id=_id(span.get("traceId")),
        span_id=_id(span.get("spanId")),
        parent_id="" if flags & PARENT_ELSEWHERE == PARENT_ELSEWHERE else _id(span.get("parentSpanId")),
        name=str(span.get("name")),
        start=_integer(span.get("startTimeUnixNano")),
        end=_integer(span.get("endTimeUnixNano")),
        attributes=attributes,
        error=_error(span.get("status"), attributes, events),
        events=tuple(events),
        resource=resource,
    )


def _attributes(owner: JsonObject) -> JsonObject:
    pairs = ((item.get("key"), _value(item.get("value"))) for item in _objects(owner, "attributes"))
    return unflatten({key: value for key, value in pairs if isinstance(key, str)})


def _error(status: Json, attributes: JsonObject, events: list[Event]) -> str | None:
    """Return what went wrong, in the words of the exception if they were recorded; None if nothing did."""
    status = status if isinstance(status, dict) else {}
    kind = at(attributes, "error.type")
    if kind is None and status.get("code") not in FAILED:
        return None
    raised = (at(event.attributes, "exception.message") for event in events if event.name == "exception")
    told = next(filter(None, raised), None) or at(attributes, "error.message") or status.get("message")
    return str(told or kind or "error")


def _value(value: Json, levels: int = DEEPEST) -> Json:
    """Return what an attribute holds: the SDKs write `stringValue` alone, other exporters all of them."""
    if not isinstance(value, dict) or not value or not levels:
        return None
    kind, held = next(iter(value.items()))
    if kind == "arrayValue":
        return [_value(item, levels - 1) for item in _objects(held, "values")]
    if kind == "kvlistValue":
        return {str(item.get("key")): _value(item.get("value"), levels - 1) for item in _objects(held, "values")}
    if kind == "intValue":  # 64 bits, which JSON has as text
        return _whole(held)
    if kind == "doubleValue":
        return held if isinstance(held, int | float) and math.isfinite(held) else None
    return held if isinstance(held, str | bool | int | float) else None


def _id(value: Json) -> str:
    """Return an id of 16 or 8 bytes, which OTLP and Node write as hexadecimal digits and Python as base64 [C]."""
    if not isinstance(value, str):
        return ""
    try:
        data = bytes.fromhex(value) if len(value) in (32, 16) else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return data.hex() if any(data) else ""


def _whole(value: Json) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -INT64 <= number < INT64 else None


def _integer(value: Json) -> int | None:
    number = _whole(value)
    return number if number is not None and number > 0 else None


def _moment(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else wire_time(EPOCH + timedelta(microseconds=nanoseconds // 1000))
