"""JSON as Python holds it: the types that all signatures share, and how text that others wrote is read.

A document is checked once, by its schema, where it comes in. From there on it is passed as the dict that it is: what
its keys are is said by that schema, and not once more by a type.
"""

from typing import Any, TypeAlias

import orjson

Json: TypeAlias = Any
"""A value that JSON has: an object, a list, a text, a number, a boolean or null."""

JsonObject: TypeAlias = dict[str, Any]
"""An object that came as JSON, or becomes JSON."""

Rendered: TypeAlias = orjson.Fragment
"""JSON that is written already: it is copied into an answer as it is, and cannot be looked into."""

MOST_LEVELS = 200  # levels: the encoder stops at 254, and answers put some more around what they hold


def read_json(text: bytes | str, deepest: int = MOST_LEVELS) -> Json:
    """Return the value that a text holds; what is not JSON or is nested too deeply is a ValueError."""
    raw = text.encode() if isinstance(text, str) else text
    value = orjson.loads(raw)
    if raw.count(b"[") + raw.count(b"{") > deepest and _depth(value) > deepest:
        raise TooDeep(f"value is nested deeper than {deepest} levels")
    return value


class TooDeep(ValueError):
    """JSON that could not be written again."""


def plain_text(value: Json) -> str:
    """Return a text as it is, and any other value as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _depth(value: Json) -> int:
    level: list[Json] = [value]
    depth = 0
    while level:
        depth += 1
        children: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                children.extend(item.values())
            elif isinstance(item, list):
                children.extend(item)
        level = children
    return depth
