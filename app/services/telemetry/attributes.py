"""The values that the official SDKs flattened into the attributes of a span, read back.

The SDKs write nested objects and lists as dotted keys, and every value as text [C]: Python's `str()` or JavaScript's
`toString()`. Empty objects and lists leave no attribute, nulls neither.
"""

from ast import literal_eval
from dataclasses import dataclass, field

from ...json_types import Json, JsonObject, plain_text, read_json
from ...kinds.base import FileKind

DEEPEST = 60  # parts of an attribute's name, which is as deep as the answers that hold it


def unflatten(attributes: JsonObject) -> JsonObject:
    """Return the objects and lists that were flattened into dotted names.

    An object whose keys are all numbers was a list. Where a name is both a value and the beginning of others, what
    came first stays.
    """
    root: JsonObject = {}
    for name, value in attributes.items():
        parts = name.split(".")
        if value is None or len(parts) > DEEPEST:
            continue
        node: Json = root
        for part in parts[:-1]:
            node = node.setdefault(part, {}) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.setdefault(parts[-1], value)
    return {name: _listed(value) for name, value in root.items()}


def _listed(node: Json) -> Json:
    if not isinstance(node, dict):
        return node
    children = {name: _listed(child) for name, child in node.items()}
    if children and all(map(is_index, children)):
        return [children[name] for name in sorted(children, key=int)]
    return children


def is_index(name: str) -> bool:
    """Tell whether a part of a name is the index of an item in a list."""
    return name.isascii() and name.isdigit() and len(name) < 9


def texts(value: Json) -> list[str]:
    """Return the list that a text was: `('a', 'b')` in Python, `["a", "b"]` in JSON, `a,b` in JavaScript [C]."""
    if isinstance(value, list):
        return [str(item) for item in value]
    text = str(value)
    if text[:1] in ("(", "["):
        try:
            found = literal_eval(text)
            items = [str(item) for item in found] if isinstance(found, list | tuple) else [str(found)]
            "".join(items).encode()  # which fails where one of them cannot be a text in JSON
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return [text]
        return items
    return text.split(",") if text else []


def loaded(value: Json) -> Json:
    """Return the value that a JSON text holds, None if it cannot be read; what is not a text is returned as it is."""
    if not isinstance(value, str):
        return value
    try:
        return read_json(value)
    except ValueError:
        return None


def written(value: Json) -> str | None:
    """Return a result as the text of a Log: a text as it is, also one that was written as JSON, all else as JSON."""
    if value is None:
        return None
    held = loaded(value)
    if isinstance(held, str):
        return held
    return plain_text(value)


@dataclass(frozen=True)
class Reading:
    """What a span says of itself, and of the Flow that it names."""

    kind: FileKind | None = None  # of the File that it is a Log of
    fields: JsonObject = field(default_factory=dict)  # of that Log, as a client would send them
    flow_fields: JsonObject | None = None  # of the Log of that Flow: the span is all that it did, or one part of it
    reason: str = ""  # why it does not become a Log, where one might be expected
