"""OTLP as the official SDKs write it, read back: spans, and the values that their attributes were made of.

The SDKs flatten nested objects and lists into dotted keys, and write every value as text [C]: Python's `str()` or
JavaScript's `toString()`. Empty objects and lists leave no attribute, nulls neither. Whatever is not of that form is
left out: a client cannot be told about it.
"""

import base64
import binascii
from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from ..clock import wire_time

Tree = dict[str, Any]

DEEPEST = 60  # parts of an attribute's name, which is as deep as the answers that hold it
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


def unflatten(attributes: Tree) -> Tree:
    """Return the objects and lists that dotted names were made of.

    An object whose keys are all numbers was a list. Where a name is both a value and the beginning of others, what
    came first stays.
    """
    root: Tree = {}
    for name, value in attributes.items():
        parts = name.split(".")
        if value is None or len(parts) > DEEPEST:
            continue
        node: Any = root
        for part in parts[:-1]:
            node = node.setdefault(part, {}) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.setdefault(parts[-1], value)
    return {name: _listed(value) for name, value in root.items()}


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    children = {name: _listed(child) for name, child in node.items()}
    if children and all(name.isascii() and name.isdigit() and len(name) < 9 for name in children):
        return [children[name] for name in sorted(children, key=int)]
    return children


def texts(value: Any) -> list[str]:
    """Return the list that a text was: `('a', 'b')` in Python, `["a", "b"]` in JSON, `a,b` in JavaScript [C]."""
    if isinstance(value, list):
        return [str(item) for item in value]
    text = str(value)
    if text[:1] in ("(", "["):
        try:
            found = literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return [text]
        return [str(item) for item in found] if isinstance(found, list | tuple) else [str(found)]
    return text.split(",") if text else []


def loaded(text: Any) -> Any:
    """Return the value that a JSON text holds; None where it is no JSON."""
    if not isinstance(text, str):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
