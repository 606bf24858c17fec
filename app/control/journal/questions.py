"""What the journal is asked: which requests are such, and in what the others differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from .calls import Selection
from .entries import Entry

NOTHING = "nothing"
ROUTE = 10  # how much more it counts that a request went elsewhere than that one value is another


class Question:
    """Filters, and how far a request is from passing them.

    `method`, `path`, `operation` and `organisation` are patterns (`Selection`); `status` is a number; `query` and
    `body` are parts: an object holds at least these keys, a list exactly these members; `text` stands somewhere in
    the body or the answer; `unhandled` requests are those that no route matches.
    """

    def __init__(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        organisation: str | None = None,
        status: int | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        text: str | None = None,
        unhandled: bool | None = None,
    ) -> None:
        self._patterns = {"method": method, "path": path, "operation": operation, "organisation": organisation}
        self._selection = Selection(method, path, operation, organisation)
        self._values = {"status": status, "query": query, "body": body, "unhandled": unhandled}
        self._text = text

    def elsewhere(self, entry: Entry) -> list[str]:
        """Return a line for each way in which a request went somewhere else than asked for."""
        return [_line(name, self._patterns[name], getattr(entry, name)) for name in self._selection.misses(entry)]

    def otherwise(self, entry: Entry) -> list[str]:
        """Return a line for each value in which a request and its answer differ from what is asked for."""
        seen = {"status": entry.status, "query": entry.parameters, "body": entry.body, "unhandled": entry.unhandled}
        lines = [
            line
            for name, expected in self._values.items()
            if expected is not None
            for line in _differences(name, expected, seen[name])
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


def _differences(name: str, expected: Any, found: Any) -> Iterator[str]:
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


def _line(name: str, expected: Any, found: Any) -> str:
    return f"{name}: expected {expected!r}, was {NOTHING if found is None or found is NOTHING else repr(found)}"
