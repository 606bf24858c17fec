"""OTLP, read: the spans of a document in its JSON form.

Whatever is not of that form is left out: a client cannot be told about it.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...clock import wire_time
from .attributes import Tree, unflatten

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAILED = (2, "STATUS_CODE_ERROR")


@dataclass(frozen=True)
class Span:
    """One span: its attributes as the objects that were flattened into them."""

    id: bytes  # of its trace and itself; empty where one of them is missing
    name: str
    start: int | None  # nanoseconds since 1970
    end: int | None
    attributes: Tree
    error: str | None  # what its status says of a failure

    def at(self, *names: str) -> Any:
        """Return the value at the first of these dotted names that is there, or None."""
        for name in names:
            node: Any = self.attributes
            for part in name.split("."):
                node = node.get(part) if isinstance(node, dict) else None
            if node is not None:
                return node
        return None

    def tree(self, name: str) -> Tree:
        """Return the object at a dotted name; empty when there is none."""
        node = self.at(name)
        return node if isinstance(node, dict) else {}

    @property
    def times(self) -> Tree:
        """The start and the end in their wire form, as fields of a Log."""
        moments = {"start_time": _moment(self.start), "end_time": _moment(self.end)}
        return {name: moment for name, moment in moments.items() if moment}

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.start is None or self.end is None else (self.end - self.start) / 1e9


def read_spans(document: Any) -> Iterator[Span]:
    """Yield the spans of an OTLP document in their order."""
    for resource in _objects(document, "resourceSpans"):
        for scope in _objects(resource, "scopeSpans"):
            for span in _objects(scope, "spans"):
                yield _read(span)


def _objects(parent: Any, name: str) -> list[Tree]:
    children = parent.get(name) if isinstance(parent, dict) else None
    return [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []


def _read(span: Tree) -> Span:
    ids = [_id(span.get(name)) for name in ("traceId", "spanId")]
    pairs = ((item.get("key"), _value(item.get("value"))) for item in _objects(span, "attributes"))
    return Span(
        id=b"".join(ids) if all(ids) else b"",
        name=str(span.get("name")),
        start=_integer(span.get("startTimeUnixNano")),
        end=_integer(span.get("endTimeUnixNano")),
        attributes=unflatten({key: value for key, value in pairs if isinstance(key, str)}),
        error=_error(span.get("status")),
    )


def _error(status: Any) -> str | None:
    failed = isinstance(status, dict) and status.get("code") in FAILED
    return str(status.get("message") or "error") if failed else None


def _value(value: Any) -> Any:
    """Return what an attribute holds: the SDKs write `stringValue` alone, other exporters write all of them."""
    if not isinstance(value, dict) or not value:
        return None
    kind, held = next(iter(value.items()))
    if kind == "arrayValue":
        return [_value(item) for item in _objects(held, "values")]
    return held if isinstance(held, str | bool | int | float) else None


def _id(value: Any) -> bytes:
    """Return an id of 16 or 8 bytes, which Node writes as hexadecimal digits and Python as base64 [C]."""
    if not isinstance(value, str):
        return b""
    try:
        return bytes.fromhex(value) if len(value) in (32, 16) else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _integer(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 2**63 else None


def _moment(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else wire_time(EPOCH + timedelta(microseconds=nanoseconds // 1000))
