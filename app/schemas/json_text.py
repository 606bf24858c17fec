"""JSON text that others wrote, read so that it can be written again: the encoder stops at 254 levels."""

from collections.abc import Mapping
from typing import Any

import orjson

DEEPEST = 200  # levels; answers put some more around what they hold


def read(text: bytes | str, deepest: int = DEEPEST) -> Any:
    """Return the value that a text holds; one that is no JSON or is nested too deeply raises ValueError."""
    raw = text.encode() if isinstance(text, str) else text
    value = orjson.loads(raw)
    if raw.count(b"[") + raw.count(b"{") > deepest and _depth(value) > deepest:
        raise TooDeep(f"value is nested deeper than {deepest} levels")
    return value


class TooDeep(ValueError):
    """JSON that could not be written again."""


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        children: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                children.extend(item.values())
            elif isinstance(item, list):
                children.extend(item)
        level = children
    return depth
