"""The journal: the newest requests and their answers, to look at and to assert what a client has sent."""

import itertools
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from ..calls import Call, Selection
from .entries import Entry, without_secrets

NOTHING = "nothing"
SEEN = {"status": "status", "query": "parameters", "body": "body", "unhandled": "unhandled"}
"""What of an entry a filter is compared with; bodies are parsed each time, so only what is asked for is looked at."""

ROUTE = 10  # a request that went elsewhere is this much less alike than one with another value


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
        """Keep this many requests from now on, and the newest of those there are; 0 switches the journal off."""
        with self._lock:
            self._entries = deque(self._entries, maxlen=size)
            self.size = size

    def clear(self) -> None:
        """Forget all requests, and number from 1 again."""
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

        The error lists what was found, and how the closest other request differs.
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
        closest = min(others, key=lambda entry: (question.distance(entry), -entry.number))
        differences = question.elsewhere(closest) + question.otherwise(closest)
        which = "The only other request" if len(others) == 1 else f"The closest of {len(others)} other requests"
        return [*lines, f"{which} was {closest}", *(f"  {line}" for line in differences)]

    def _kept(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)


class Question:
    """Filters, and how far a request is from passing them.

    `method`, `path`, `operation` and `organisation` are patterns (`Selection`); `status` is a number; `query` and
    `body` are parts: an object has at least these keys, a list exactly these members; `text` occurs somewhere in the
    body or the answer; `unhandled` requests are those that no route matches.
    """

    def __init__(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        organisation: str | None = None,
        status: int | None = None,
        query: Mapping[str, object] | None = None,
        body: object = None,
        text: str | None = None,
        unhandled: bool | None = None,
    ) -> None:
        self._patterns = {"method": method, "path": path, "operation": operation, "organisation": organisation}
        self._selection = Selection(method, path, operation, organisation)
        given = {"status": status, "query": query, "body": body, "unhandled": unhandled}
        self._values = {name: value for name, value in given.items() if value is not None}
        self._text = text

    def elsewhere(self, entry: Entry) -> list[str]:
        """Return a line for each way in which a request went somewhere else than asked for."""
        return [_line(name, self._patterns[name], getattr(entry, name)) for name in self._selection.misses(entry)]

    def otherwise(self, entry: Entry) -> list[str]:
        """Return a line for each value of a request and its answer that is not as asked for."""
        lines = [
            line
            for name, expected in self._values.items()
            for line in _differences(name, expected, getattr(entry, SEEN[name]))
        ]
        if self._text is not None and self._text not in entry.text:
            lines.append(_line("text", self._text, NOTHING))
        return lines

    def passes(self, entry: Entry) -> bool:
        """Tell whether a request is as asked for."""
        return not self._selection.misses(entry) and not self.otherwise(entry)

    def distance(self, entry: Entry) -> int:
        """Return how unlike a request is."""
        return ROUTE * len(self.elsewhere(entry)) + len(self.otherwise(entry))


def _differences(name: str, expected: object, found: object) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            if key in found:
                yield from _differences(f"{name}.{key}", value, found[key])
            else:
                yield f"{name}.{key}: expected {value!r}, was {NOTHING}"
    elif isinstance(expected, list | tuple) and isinstance(found, list) and len(expected) == len(found):
        for position, (value, member) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(f"{name}.{position}", value, member)
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield _line(name, expected, found)


def _line(name: str, expected: object, found: object) -> str:
    return f"{name}: expected {expected!r}, was {NOTHING if found is None or found is NOTHING else repr(found)}"
