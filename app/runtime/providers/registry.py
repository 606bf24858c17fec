"""Which provider answers a request."""

import time
from collections.abc import Iterator

from ...settings import Settings
from ...store.database import Database
from .base import Chunk, ModelRequest, Pause
from .echo import Echo, Mock
from .remote import remote_providers
from .rule_store import load_folder
from .scripted import Scripted

__all__ = ["Models", "load_folder"]


class Models:
    """All models of one database; unless the settings name an API, none of them needs a network.

    `pause` waits for so many seconds: between the pieces of a scripted answer, and before a call is tried again.
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
