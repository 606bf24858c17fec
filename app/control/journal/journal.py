"""The journal: the newest requests and their answers, to see and to assert what a client has sent."""

import itertools
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from .calls import Call
from .entries import Entry, without_secrets
from .questions import Question


class Journal:
    """The newest `size` requests of one process; with size 0 it keeps none and costs nothing.

    `requests`, `count` and `assert_called` take the filters of a `Question`.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._entries: deque[Entry] = deque(maxlen=size)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self, call: Call, time: str, query: str, headers: Mapping[str, str]) -> Entry:
        """Write down a request; whoever serves it fills in what comes of it."""
        with self._lock:
            entry = Entry(
                call.method,
                call.path,
                call.operation,
                call.organisation,
                next(self._numbers),
                time,
                query,
                without_secrets(headers),
            )
            self._entries.append(entry)
        return entry

    def resize(self, size: int) -> None:
        """Keep this many requests from now on, of those there are the newest ones; 0 switches the journal off."""
        with self._lock:
            self._entries = deque(self._entries, maxlen=size)
            self.size = size

    def clear(self) -> None:
        """Forget all requests, and begin to number anew."""
        with self._lock:
            self._entries.clear()
            self._numbers = itertools.count(1)

    def requests(self, *, since: int = 0, limit: int | None = None, **filters: Any) -> list[Entry]:
        """Return the requests with numbers above `since` that pass the filters, oldest first; the newest `limit`."""
        question = Question(**filters)
        found = [entry for entry in self._kept() if entry.number > since and question.passes(entry)]
        return found if limit is None else found[max(len(found) - limit, 0) :]

    def count(self, **filters: Any) -> int:
        """Return how many requests pass the filters."""
        return len(self.requests(**filters))

    @property
    def unhandled(self) -> list[Entry]:
        """The requests that no route matches."""
        return self.requests(unhandled=True)

    def assert_called(
        self, method: str | None = None, path: str | None = None, *, times: int | None = None, **filters: Any
    ) -> list[Entry]:
        """Return the requests that pass the filters; raise AssertionError unless there are `times` of them, or any.

        The error names what was found, and in what the nearest other request differs.
        """
        if not self.size:
            raise RuntimeError("The journal keeps no requests: its size is 0.")
        filters |= {name: value for name, value in (("method", method), ("path", path)) if value is not None}
        found = self.requests(**filters)
        if not (found if times is None else len(found) == times):
            raise AssertionError("\n".join(self._explain(filters, found, times)))
        return found

    def _explain(self, filters: Mapping[str, Any], found: list[Entry], times: int | None) -> list[str]:
        wanted = "at least one request" if times is None else f"{times} request{'' if times == 1 else 's'}"
        asked = ", ".join(f"{name}={value!r}" for name, value in filters.items()) or "anything"
        lines = [f"Expected {wanted} with {asked}, found {len(found) or 'none'}.", *map(str, found)]
        if times is not None and len(found) > times:
            return lines
        question = Question(**filters)
        others = [entry for entry in self._kept() if not question.passes(entry)]
        if not others:
            return [*lines, "There was no other request."]
        nearest = min(others, key=lambda entry: (question.distance(entry), -entry.number))
        differences = question.elsewhere(nearest) + question.otherwise(nearest)
        which = "The only other request" if len(others) == 1 else f"The closest of {len(others)} other requests"
        return [*lines, f"{which} was {nearest}", *(f"  {line}" for line in differences)]

    def _kept(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)
