"""Which provider answers a request."""

import time
from collections.abc import Iterator

from ...settings import Settings
from ...store.database import Database
from .base import Chunk, ModelRequest, Provider
from .echo import Echo
from .mock import Mock
from .openai import OpenAi
from .rule_store import load_folder
from .scripted import Pause, Scripted

__all__ = ["Models", "load_folder"]


class Models:
    """All models of one database; unless the settings name an API, none of them needs a network.

    `pause` waits for so many seconds: between the pieces of a scripted answer, and before a call is tried again.
    """

    def __init__(self, settings: Settings, db: Database, pause: Pause = time.sleep) -> None:
        self._scripted = Scripted(db, pause)
        self._mock = Mock()
        self._others = Echo()
        self._forwarded: dict[str, Provider] = {}
        if settings.openai_base_url:
            names = [name.strip() for name in settings.openai_providers.split(",")]
            self._forwarded = dict.fromkeys(names, OpenAi(settings, pause))

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the pieces of an answer; the last of them, and only that, has a `finish_reason` and the `usage`.

        The provider `mock` answers itself; else the first rule that matches, else the API that the settings name for
        the provider, else an echo.
        """
        if request.provider == "mock":
            yield from self._mock.complete(request)
        elif match := self._scripted.find(request):
            yield from self._scripted.answer(match)
        else:
            yield from self._forwarded.get(request.provider, self._others).complete(request)
