"""What repeats what it is told: the provider `mock` of the API, and what answers where nobody wrote a rule."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from .base import Chunk, ModelRequest
from .samples import sample
from .texts import tool_call, words
from .tokens import ending


class Echo:
    """A model that repeats what it is told; where a tool or JSON must be the answer, it makes one up by the schema."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield a call of the tool that must be called, else a JSON object where one is asked for, else the echo."""
        name = _forced_tool(request)
        if name is not None:
            arguments = _json(sample(_parameters_of(request, name)))
            yield ending(request, "", [tool_call(request, 0, name, arguments)])
            return
        text = self._text(request)
        for word in words(text):
            yield Chunk(word)
        yield ending(request, text)

    def _text(self, request: ModelRequest) -> str:
        echo = f"[scripted model {request.model}: no rule matches] {request.last}"
        wanted = request.parameters.get("response_format") or {}
        if wanted.get("type") == "json_schema" and isinstance(wanted.get("json_schema"), Mapping):
            return _json(sample(wanted["json_schema"].get("schema", wanted["json_schema"])))
        return _json({"reply": echo}) if wanted else echo


def _forced_tool(request: ModelRequest) -> str | None:
    """Return the name of the tool that the caller wants to be called."""
    choice = request.tool_choice
    if isinstance(choice, Mapping):
        name: str = choice["function"]["name"]
        return name
    return request.tools[0]["name"] if choice == "required" and request.tools else None


def _parameters_of(request: ModelRequest, name: str) -> Any:
    found = [tool.get("parameters") or {} for tool in request.tools if tool["name"] == name]
    return {"type": "object", **(found[0] if found else {})}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


class Mock:
    """A model that asks nobody, whatever rules and settings say: equal calls have equal answers [A]."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the words of the last message."""
        for word in words(request.last):
            yield Chunk(word)
        yield ending(request, request.last)
