"""Where the Logs of a trace hang, as a pure function of the spans that are known of it.

Spans come in several requests, children before their parents. So nothing is decided when a span comes: each time more
of them are known, all of them together decide, and their order does not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ...json_types import JsonObject

DEEPEST = 90  # Logs above one another; see `traces.DEEPEST`


@dataclass(frozen=True)
class FlowPath:
    """The Flow Log that a trace has at this path."""

    path: str


@dataclass(frozen=True)
class LogId:
    """A Log, by its id."""

    uid: str


Holder: TypeAlias = FlowPath | LogId
"""What holds a trace, or a part of one."""


@dataclass(frozen=True)
class SpanNode:
    """What is kept of a span."""

    span_id: str
    parent_id: str  # empty at the top
    log: str | None  # the id of the Log that it is
    name: Holder | None  # the trace that it names
    start: str | None = None
    end: str | None = None
    error: str | None = None
    flow_fields: JsonObject | None = None  # what it says of the Log of the trace that it names


BEGINNING = ("inputs", "messages")  # what a Flow has from the first span that describes it


@dataclass(frozen=True)
class FlowOutcome:
    """What the spans of a Flow say of it together: the first how it began, the last how it ended."""

    fields: JsonObject
    start: str | None
    end: str | None
    complete: bool  # the span at the top has ended


@dataclass(frozen=True)
class Context:
    """What a span and those above it mean for those below."""

    top: SpanNode
    name: Holder | None  # the nearest trace that is named
    name_below_log: Holder | None  # the same, but nearer than the nearest Log
    log: LogId | None  # the nearest Log
    log_trace: Holder | None  # the trace that this Log is in, as far as one is named
    first_log: LogId | None  # the topmost Log
    logs: int
    described: frozenset[Holder]  # the traces that some span describes


class TraceTree:
    """The known spans of one trace, those above before those below."""

    def __init__(self, nodes: list[SpanNode]) -> None:
        known = {node.span_id for node in nodes}
        below: dict[str, list[SpanNode]] = {}
        for node in nodes:
            below.setdefault(node.parent_id if node.parent_id in known else "", []).append(node)
        self._spans: list[tuple[SpanNode, Context | None]] = [(node, None) for node in below.get("", [])]
        for node, above in self._spans:  # which grows meanwhile
            here = _context_below(node, above)
            self._spans.extend((child, here) for child in below.get(node.span_id, []))
        reached = {node.span_id for node, _ in self._spans}
        # Spans in a circle, and those below them, are by themselves.
        self._spans.extend((node, None) for node in nodes if node.span_id not in reached)

    def parents(self) -> Iterator[tuple[SpanNode, Holder | None]]:
        """Yield the spans that are Logs, each with what it hangs below; those above come before those below."""
        return ((node, _parent(node, above)) for node, above in self._spans if node.log)

    def flows(self) -> dict[str, FlowOutcome]:
        """Return the Flows of the trace, by path, and what came of each."""
        paths = {parent.path for _, parent in self.parents() if isinstance(parent, FlowPath)}
        paths |= {node.name.path for node, _ in self._spans if isinstance(node.name, FlowPath) and node.flow_fields}
        return {path: self._outcome(FlowPath(path)) for path in sorted(paths)}

    def _outcome(self, flow: FlowPath) -> FlowOutcome:
        naming = [(node, above) for node, above in self._spans if node.name == flow]
        tops = {top.span_id: top for node, above in naming for top in [above.top if above else node]}
        roots = [node for node in tops.values() if not node.parent_id]
        telling = [node for node, above in naming if node.flow_fields and not (above and flow in above.described)]
        fields: JsonObject = {}
        if telling:
            first = min(telling, key=lambda node: (node.start or "", node.span_id))
            last = max(telling, key=lambda node: (node.end or "", node.span_id))
            beginning = {name: (first.flow_fields or {}).get(name) for name in BEGINNING}
            fields = {**(last.flow_fields or {}), **beginning, "error": last.error}
        fields["error"] = fields.get("error") or next((root.error for root in roots if root.error), None)
        timed = [*roots, *(node for node, _ in naming)]
        return FlowOutcome(
            fields=fields,
            start=min((node.start for node in timed if node.start), default=None),
            end=max((node.end for node in timed if node.end), default=None),
            complete=bool(roots),
        )


def _context_below(node: SpanNode, above: Context | None) -> Context:
    """Return the context of the spans below this one."""
    name = node.name or (above.name if above else None)
    described = above.described if above else frozenset()
    if node.flow_fields and node.name:
        described |= {node.name}
    top = above.top if above else node
    logs = above.logs if above else 0
    if node.log:
        log = LogId(node.log)
        first = above.first_log if above and above.first_log else log
        return Context(top, name, None, log, name, first, logs + 1, described)
    if above is None:
        return Context(top, name, name, None, None, None, logs, described)
    nearer = node.name or above.name_below_log
    return Context(top, name, nearer, above.log, above.log_trace, above.first_log, logs, described)


def _parent(node: SpanNode, above: Context | None) -> Holder | None:
    """Return the nearest Log above, unless the spans up to it name another trace than it is in; else what is named."""
    if above is None:
        return node.name
    if above.logs > DEEPEST:
        return above.first_log
    name = node.name or above.name_below_log
    return above.log if above.log and name in (None, above.log_trace) else name
