"""Which provider answers a request."""

from collections.abc import Iterator

from ...db import Database
from ...settings import Settings
from .base import Chunk, ModelRequest
from .echo import Echo
from .mock import Mock


class Models:
    """All models of one database; by default none of them needs a network."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._mock = Mock()
        self._echo = Echo()

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Return the pieces of an answer; the last of them, and only that, has a `finish_reason` and the `usage`."""
        if request.provider == "mock":
            return self._mock.complete(request)
        return self._echo.complete(request)
