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


@dataclass(frozen=True)
class Story:
    """What the spans of a Flow tell of it: the first its beginning, the last its end."""

    fields: dict[str, Any]
    start: str | None
    end: str | None
    complete: bool  # the span at the top has ended


class Tree:
    """The known spans of one trace."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = {node.span_id: node for node in nodes}

    def above(self, node: Node) -> list[Node]:
        """Return the known spans above one, the nearest first; none where they go round in a circle."""
        found: dict[str, Node] = {}
        while (above := self._nodes.get(node.parent_id)) is not None:
            if above.span_id in found:
                return []
            found[above.span_id] = node = above
        return list(found.values())

    def homes(self) -> Iterator[tuple[Node, Flow | Held | None]]:
        """Yield the spans that are Logs, each with what it hangs below; those above come before those below."""
        logged = [
            (len(above), node, above) for node in self._nodes.values() if node.log for above in [self.above(node)]
        ]
        for _, node, above in sorted(logged, key=lambda item: item[0]):
            yield node, _home(node, above)

    def flows(self) -> dict[str, Story]:
        """Return the Flows of the trace, by path, and what is told of each."""
        paths = {home.path for _, home in self.homes() if isinstance(home, Flow)}
        paths |= {node.name.path for node in self._nodes.values() if isinstance(node.name, Flow) and node.told}
        return {path: self._story(Flow(path)) for path in sorted(paths)}

    def _story(self, flow: Flow) -> Story:
        naming = [(node, self.above(node)) for node in self._nodes.values() if node.name == flow]
        tops = {(above[-1] if above else node).span_id: above[-1] if above else node for node, above in naming}
        roots = [node for node in tops.values() if not node.parent_id]
        telling = [n for n, above in naming if n.told and not any(a.name == flow and a.told for a in above)]
        telling.sort(key=lambda node: (node.start or "", node.span_id))
        fields: dict[str, Any] = {}
        if telling:
            last = max(telling, key=lambda node: (node.end or "", node.span_id))
            fields = {**(last.told or {}), **_beginning(telling[0]), "error": last.error}
        fields["error"] = fields.get("error") or next((root.error for root in roots if root.error), None)
        spoken = [*roots, *(node for node, _ in naming)]
        return Story(
            fields=fields,
            start=min((node.start for node in spoken if node.start), default=None),
            end=max((node.end for node in spoken if node.end), default=None),
            complete=bool(roots),
        )


BEGINNING = ("inputs", "messages")


def _beginning(node: Node) -> dict[str, Any]:
    return {name: (node.told or {}).get(name) for name in BEGINNING}


def _home(node: Node, above: list[Node]) -> Flow | Held | None:
    """Return the nearest Log above, unless the spans up to it name another trace than it is in; else what is named."""
    logged = [ancestor for ancestor in above if ancestor.log]
    if len(logged) > DEEPEST:
        return Held(str(logged[-1].log))
    name = node.name
    for place, ancestor in enumerate(above):
        if ancestor.log:
            outer = next((other.name for other in above[place:] if other.name), None)
            return name if name not in (None, outer) else Held(ancestor.log)
        name = name or ancestor.name
    return name
