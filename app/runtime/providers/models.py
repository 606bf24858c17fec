"""Which model answers a request; and the two that need neither rules nor a network, the mock and the echo.

A provider whose calls are forwarded is a module beside this one and an entry in SOURCES.
"""

import time
from collections.abc import Callable, Iterator, Mapping

import orjson

from ...json_types import Json
from ...settings import Settings
from ...store.database import Database
from . import openai
from .base import Chunk, ModelRequest, Pause, Provider, last_chunk, tool_call, words
from .samples import sample
from .scripted import Scripted

Source = Callable[[Settings, Pause], dict[str, Provider]]

SOURCES: list[Source] = [openai.providers]
"""Each returns the providers that it serves, by name: none, unless the settings name its API."""


def remote_providers(settings: Settings, pause: Pause = time.sleep) -> dict[str, Provider]:
    """Return the providers whose calls leave this process; if several sources serve one, the first is used."""
    found: dict[str, Provider] = {}
    for source in SOURCES:
        found = source(settings, pause) | found
    return found


class Models:
    """All models of one database; none of them needs a network unless the settings name an API.

    `pause` waits for some seconds: between the chunks of a scripted answer, and before a failed call is retried.
    """

    def __init__(self, settings: Settings, db: Database, pause: Pause = time.sleep) -> None:
        self._scripted = Scripted(db, pause)
        self._mock = Mock()
        self._others = Echo()
        self._forwarded = remote_providers(settings, pause)

    @property
    def remote(self) -> bool:
        """Whether some models are behind a network."""
        return bool(self._forwarded)

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the chunks of an answer; only the last has a `finish_reason` and the `usage`.

        The provider `mock` always answers itself. Otherwise the first matching rule answers, then the API that the
        settings name for the provider, then an echo.
        """
        if request.provider == "mock":
            yield from self._mock.complete(request)
        elif match := self._scripted.find(request):
            yield from self._scripted.answer(match)
        else:
            yield from self._forwarded.get(request.provider, self._others).complete(request)


class Mock:
    """A model that depends on no rules and no settings: equal calls have equal answers [A]."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the words of the last message."""
        for word in words(request.last):
            yield Chunk(word)
        yield last_chunk(request, request.last)


class Echo:
    """A model that repeats the last message; if a tool call or JSON is required, it makes one up from the schema."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield a call of the tool that must be called, or a JSON object if one is required, or else the echo."""
        name = _forced_tool(request)
        if name is not None:
            arguments = _json(sample(_parameters_of(request, name)))
            yield last_chunk(request, "", [tool_call(request, 0, name, arguments)])
            return
        text = self._text(request)
        for word in words(text):
            yield Chunk(word)
        yield last_chunk(request, text)

    def _text(self, request: ModelRequest) -> str:
        echo = f"[scripted model {request.model}: no rule matches] {request.last}"
        wanted = request.parameters.get("response_format") or {}
        if wanted.get("type") == "json_schema" and isinstance(wanted.get("json_schema"), Mapping):
            return _json(sample(wanted["json_schema"].get("schema", wanted["json_schema"])))
        return _json({"reply": echo}) if wanted else echo


def _forced_tool(request: ModelRequest) -> str | None:
    """Return the name of the tool that the model must call, if any."""
    choice = request.tool_choice
    if isinstance(choice, Mapping):
        name: str = choice["function"]["name"]
        return name
    return request.tools[0]["name"] if choice == "required" and request.tools else None


def _parameters_of(request: ModelRequest, name: str) -> Json:
    found = [tool.get("parameters") or {} for tool in request.tools if tool["name"] == name]
    return {"type": "object", **(found[0] if found else {})}


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()
