"""Values of documents that others wrote: taken out one by one, and refused in words where they cannot be used."""

from datetime import datetime
from typing import Any

import orjson

from ...clock import wire_time

Document = dict[str, Any]


class Unusable(Exception):
    """A record, or a part of one, that cannot be imported; the text says why."""


def document(value: Any, what: str) -> Document:
    """Return a value that must be an object."""
    if not isinstance(value, dict):
        raise Unusable(f"{what} is not an object")
    return value


def items(value: Any) -> list[Document]:
    """Return the objects of a list; what is no list has none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def numbered(value: Any, name: str) -> dict[str, Document]:
    """Return the objects of a list by the id that they have as `name`, each with its `place` in the list."""
    listed = enumerate(items(value))
    return {item[name]: item | {"place": place} for place, item in listed if isinstance(item.get(name), str)}


def texts(value: Any) -> list[str]:
    """Return the texts of a list; what is no list has none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def text(source: Document, name: str) -> str | None:
    """Return a text, or None where there is none."""
    value = source.get(name)
    if value is not None and not isinstance(value, str):
        raise Unusable(f"`{name}` is not a text")
    return value


def identity(source: Document, name: str) -> str:
    """Return an id, which must be there."""
    value = text(source, name)
    if not value or "\0" in value:
        raise Unusable(f"`{name}` is missing")
    return value


def name_of_folder(source: Document, name: str) -> str:
    """Return an id that can name a file or a folder: an export makes one of it."""
    value = identity(source, name)
    if "/" in value or value.startswith("."):
        raise Unusable(f"`{name}` is not an id: {value!r}")
    return value


def time(source: Document, name: str) -> str | None:
    """Return a time in its wire form."""
    value = text(source, name)
    try:
        return value and wire_time(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise Unusable(f"`{name}` is not a time: {value!r}") from None


def moment(source: Document, name: str) -> str:
    """Return a time, which must be there."""
    value = time(source, name)
    if value is None:
        raise Unusable(f"`{name}` is missing")
    return value


def whole(source: Document, name: str) -> int:
    """Return a count; 0 where there is none."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def as_json(value: Any) -> str | None:
    """Return the JSON of a value; None stays None."""
    return None if value is None else orjson.dumps(value).decode()
