"""The provider `mock` of the API: it repeats the last message."""

from collections.abc import Iterator

from .base import Chunk, ModelRequest
from .texts import words
from .tokens import ending


class Mock:
    """A model that asks nobody, whatever rules and settings say: equal calls have equal answers [A]."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the words of the last message."""
        for word in words(request.last):
            yield Chunk(word)
        yield ending(request, request.last)
