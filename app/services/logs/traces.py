"""Traces: Logs nested below a Flow or Agent Log, which is complete or incomplete."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import orjson

from ...errors import Conflict, Invalid, NotFound
from ...kinds import TRACES
from ...kinds.base import COMPLETE, INCOMPLETE, LogKind
from ...store.models import Log
from ...store.statement import sql
from ..workspace import Workspace

LOC = ("body", "trace_parent_id")
DEEPEST = 100  # levels; clients' JSON readers give up at some hundreds [A]


class Ancestor(NamedTuple):
    """A Log above others in a trace."""

    id: int
    uid: str
    status: str | None
    start_time: str | None
    end_time: str | None
    trace_id: int | None
    kind: str
    file_uid: str


class TracePosition(NamedTuple):
    """Where a Log hangs in a trace: its parent, the topmost Log, and all Logs above it, the nearest first."""

    parent: int | None = None
    root: int | None = None
    above: tuple[Ancestor, ...] = ()


NO_TRACE = TracePosition()


class Timed(Protocol):
    """A Log with its times."""

    @property
    def id(self) -> int: ...
    @property
    def start_time(self) -> str | None: ...
    @property
    def end_time(self) -> str | None: ...


class _Hanging(NamedTuple):
    start_time: str | None
    end_time: str | None
    document: str


ABOVE = sql(
    """
    WITH RECURSIVE above (id, depth) AS (
        SELECT id, 0 FROM log WHERE organisation_id = :organisation AND uid = :uid
        UNION ALL SELECT l.trace_parent_id, depth + 1 FROM log l JOIN above a ON l.id = a.id
        WHERE l.trace_parent_id IS NOT NULL
    )
    SELECT l.id, l.uid, l.status, l.start_time, l.end_time, l.trace_id, f.kind, f.uid AS file_uid
    FROM above JOIN log l ON l.id = above.id JOIN file f ON f.id = l.file_id ORDER BY depth
    """,
    Ancestor,
)

SET_TIMES = sql("UPDATE log SET start_time = :start_time, end_time = :end_time WHERE id = :key")

HANGING = sql("SELECT start_time, end_time, document FROM log WHERE id = :key", _Hanging)

MOVE_BELOW = sql("""
    WITH RECURSIVE below (id) AS (
        SELECT id FROM log WHERE trace_parent_id = :key
        UNION SELECT l.id FROM log l JOIN below b ON l.trace_parent_id = b.id
    )
    UPDATE log SET trace_id = :root WHERE id IN (SELECT id FROM below)
""")


def position_below(ws: Workspace, trace_parent_id: str | None, *, late: bool = False) -> TracePosition:
    """Return the position below a Log; without one, that outside of any trace.

    Unknown Log: NotFound. One that is in no trace: Invalid [A]. A complete Log at it or above it: Conflict [D], unless
    what comes is `late`: it ran before that Log was complete.
    """
    if trace_parent_id is None:
        return NO_TRACE
    above = ws.db.all(ABOVE, organisation=ws.organisation, uid=trace_parent_id)
    if not above:
        raise NotFound.of("Log", trace_parent_id, loc=LOC)
    if above[-1].kind not in TRACES:
        raise Invalid("Not in a trace.", f"Log '{trace_parent_id}' does not belong to a trace.", loc=LOC)
    if len(above) >= DEEPEST:
        raise Invalid("The trace is too deep.", f"Logs may be nested {DEEPEST} levels deep.", loc=LOC)
    complete = next((row.uid for row in above if row.kind in TRACES and row.status == COMPLETE), None)
    if complete is not None and not late:
        raise Conflict("The trace is complete.", f"Log '{complete}' is complete and takes no more logs.", loc=LOC)
    return TracePosition(above[0].id, above[0].trace_id or above[0].id, tuple(above))


def move(ws: Workspace, key: int, position: TracePosition) -> None:
    """Move a Log, with all that is below it, below another one, which must not be among those."""
    log = ws.db.one(HANGING, key=key)
    document = orjson.loads(log.document) | {"trace_parent_id": position.above[0].uid}
    text = orjson.dumps(document).decode()
    ws.db.update(Log, key, trace_parent=position.parent, trace=position.root, document=text)
    ws.db.run(MOVE_BELOW, key=key, root=position.root)
    widen(ws, position.above, log.start_time, log.end_time)


def above(ws: Workspace, uid: str) -> list[Ancestor]:
    """Return the Logs above this one, the nearest first."""
    return ws.db.all(ABOVE, organisation=ws.organisation, uid=uid)[1:]


def widen(ws: Workspace, logs: Iterable[Timed], start_time: str | None, end_time: str | None) -> None:
    """Let the times of these Logs include the given ones [D]."""
    for log in logs:
        start = min(filter(None, (log.start_time, start_time)), default=None)
        end = max(filter(None, (log.end_time, end_time)), default=None)
        if (start, end) != (log.start_time, log.end_time):
            ws.db.run(SET_TIMES, key=log.id, start_time=start, end_time=end)


def shown_status(log: LogKind, status: str | None) -> str | None:
    """Return the status that a Log shows: a trace without one is incomplete [O]."""
    return status or (INCOMPLETE if log.traces else None)


def check_status(old: str | None, new: str | None) -> None:
    """Raise Conflict when a complete Log would become incomplete again [D]."""
    if old == COMPLETE and new == INCOMPLETE:
        raise Conflict("The log is complete.", "A complete log cannot become incomplete.", loc=("body", "log_status"))
