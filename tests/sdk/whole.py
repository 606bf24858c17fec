"""A check that a test calls every method of a part of the SDK's client."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from humanloop import Humanloop

# What never asks a server, or only by other methods.
LOCAL = {"populate_template", "run"}


class Recorder:
    """Passes calls on and notes the names of the methods."""

    def __init__(self, part: Any) -> None:
        self.part = part
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self.part, name)


@contextmanager
def whole(client: Humanloop, name: str) -> Iterator[Any]:
    """Give a part of the client, and fail unless all of its methods are called: `with whole(client, "flows") as …`."""
    part = getattr(client, name)
    methods = {method for method in dir(type(part)) if callable(getattr(type(part), method)) and method[0] != "_"}
    recorder = Recorder(part)
    yield recorder
    assert methods - recorder.called - LOCAL == set()
