"""How answers are cut into pieces and how ids of tool calls are made: the same for equal requests."""

import re
from hashlib import sha256
from typing import Any

import orjson

from .base import ModelRequest

_WORD = re.compile(r"\s*\S+(?:\s+$)?|\s+")


def words(text: str) -> list[str]:
    """Cut a text into words, each with the space before it; together they are the text."""
    return _WORD.findall(text)


def pieces(text: str, size: int | str) -> list[str]:
    """Cut a text into `words`, leave it `whole`, or cut it into pieces of so many characters."""
    if isinstance(size, int):
        return [text[start : start + size] for start in range(0, len(text), size)]
    return words(text) if size == "words" else [text] if text else []


def draw(request: ModelRequest, purpose: str) -> int:
    """Return a number that looks random, and is the same for equal requests and samples of the same index."""
    content = (
        *(request.provider, request.model, request.messages, request.text, request.parameters),
        *(request.tools, request.tool_choice, request.inputs, request.index, purpose),
    )
    digest = sha256(orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
    return int.from_bytes(digest.digest()[:12])


def tool_call(request: ModelRequest, position: int, name: str, arguments: str) -> dict[str, Any]:
    """Return a ToolCall whose id follows from the request and the position of the call in the answer."""
    uid = f"call_{draw(request, f'call {position}'):024x}"
    return {"id": uid, "type": "function", "function": {"name": name, "arguments": arguments}}
