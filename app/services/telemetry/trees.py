"""Where the Logs of a trace hang, as a pure function of the spans that are known of it.

Spans come in several requests, children before their parents. So nothing is decided when a span comes: what all of
them say together decides, each time more of them are known. Their order cannot matter then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 90  # Logs above one another; see `traces.DEEPEST`


@dataclass(frozen=True)
class Flow:
    """The Flow Log that a trace has at this path."""

    path: str


@dataclass(frozen=True)
class Held:
    """A Log, by its id."""

    log: str


@dataclass(frozen=True)
class Node:
    """What is kept of a span."""

    span_id: str
    parent_id: str  # empty at the top
    log: str | None  # the Log that it is
    name: Flow | Held | None  # the trace that it names
    start: str | None = None
    end: str | None = None
    error: str | None = None
    told: dict[str, Any] | None = None  # what it tells of the trace that it names: fields of the Log


BEGINNING = ("inputs", "messages")  # what a Flow has from the first span that tells of it


@dataclass(frozen=True)
class Story:
    """What the spans of a Flow tell of it: the first its beginning, the last its end."""

    fields: dict[str, Any]
    start: str | None
    end: str | None
    complete: bool  # the span at the top has ended


@dataclass(frozen=True)
class Above:
    """What a span and those above it mean for those below."""

    top: Node
    name: Flow | Held | None  # the nearest trace that is named
    near: Flow | Held | None  # the same, but nearer than the nearest Log
    log: Held | None  # the nearest Log
    inside: Flow | Held | None  # the trace that this Log is in, as far as one is named
    first: Held | None  # the topmost Log
    logs: int
    told: frozenset[Flow | Held]  # the traces that something is told of


class Tree:
    """The known spans of one trace, those above before those below."""

    def __init__(self, nodes: list[Node]) -> None:
        known = {node.span_id for node in nodes}
        below: dict[str, list[Node]] = {}
        for node in nodes:
            below.setdefault(node.parent_id if node.parent_id in known else "", []).append(node)
        self._spans: list[tuple[Node, Above | None]] = [(node, None) for node in below.get("", [])]
        for node, above in self._spans:  # which grows meanwhile
            here = _pass(node, above)
            self._spans.extend((child, here) for child in below.get(node.span_id, []))
        reached = {node.span_id for node, _ in self._spans}
        # Those that go round in a circle, and what is below them, stand alone.
        self._spans.extend((node, None) for node in nodes if node.span_id not in reached)

    def homes(self) -> Iterator[tuple[Node, Flow | Held | None]]:
        """Yield the spans that are Logs, each with what it hangs below; those above come before those below."""
        return ((node, _home(node, above)) for node, above in self._spans if node.log)

    def flows(self) -> dict[str, Story]:
        """Return the Flows of the trace, by path, and what is told of each."""
        paths = {home.path for _, home in self.homes() if isinstance(home, Flow)}
        paths |= {node.name.path for node, _ in self._spans if isinstance(node.name, Flow) and node.told}
        return {path: self._story(Flow(path)) for path in sorted(paths)}

    def _story(self, flow: Flow) -> Story:
        naming = [(node, above) for node, above in self._spans if node.name == flow]
        tops = {top.span_id: top for node, above in naming for top in [above.top if above else node]}
        roots = [node for node in tops.values() if not node.parent_id]
        telling = [node for node, above in naming if node.told and not (above and flow in above.told)]
        fields: dict[str, Any] = {}
        if telling:
            first = min(telling, key=lambda node: (node.start or "", node.span_id))
            last = max(telling, key=lambda node: (node.end or "", node.span_id))
            beginning = {name: (first.told or {}).get(name) for name in BEGINNING}
            fields = {**(last.told or {}), **beginning, "error": last.error}
        fields["error"] = fields.get("error") or next((root.error for root in roots if root.error), None)
        timed = [*roots, *(node for node, _ in naming)]
        return Story(
            fields=fields,
            start=min((node.start for node in timed if node.start), default=None),
            end=max((node.end for node in timed if node.end), default=None),
            complete=bool(roots),
        )


def _pass(node: Node, above: Above | None) -> Above:
    """Return what is above the spans below this one."""
    name = node.name or (above.name if above else None)
    told = above.told if above else frozenset()
    if node.told and node.name:
        told |= {node.name}
    top = above.top if above else node
    logs = above.logs if above else 0
    if node.log:
        log = Held(node.log)
        return Above(top, name, None, log, name, above.first if above and above.first else log, logs + 1, told)
    if above is None:
        return Above(top, name, name, None, None, None, logs, told)
    return Above(top, name, node.name or above.near, above.log, above.inside, above.first, logs, told)


def _home(node: Node, above: Above | None) -> Flow | Held | None:
    """Return the nearest Log above, unless the spans up to it name another trace than it is in; else what is named."""
    if above is None:
        return node.name
    if above.logs > DEEPEST:
        return above.first
    name = node.name or above.near
    return above.log if above.log and name in (None, above.inside) else name
