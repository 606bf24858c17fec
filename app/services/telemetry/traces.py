"""The traces of others: their Flow Logs are created and filled in, and their Logs get their positions.

After each request all known spans of a trace are read again, and only what changed is written.
"""

from typing import NamedTuple

import orjson
from marshmallow import ValidationError

from ...errors import DomainError, Interrupted, Invalid, NotFound
from ...ids import derived_id
from ...kinds import FLOW
from ...kinds.base import COMPLETE, INCOMPLETE
from ...schemas.fields import instance_of
from ...store.statement import sql
from ..logs import logs, traces, updates
from ..logs.documents import get_log
from ..workspace import Workspace
from .notices import logger, warn_once
from .spans import nodes_of
from .trees import FlowOutcome, FlowPath, TraceTree

FLOW_FIELDS = ("inputs", "messages", "output", "output_message", "error", "metadata")


class _Log(NamedTuple):
    id: int
    uid: str
    status: str | None
    above: str | None  # the id of the Log that it hangs below


LOGS = sql(
    """
    SELECT l.id, l.uid, l.status, p.uid AS above FROM texts(:uids) wanted
    CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = wanted.value
    LEFT JOIN log p ON p.id = l.trace_parent_id
    """,
    _Log,
)


def settle(ws: Workspace, trace_id: str) -> None:
    """Update the Logs of a trace to what all of its known spans say."""
    try:
        with ws.writing():
            _settle(ws, trace_id)
    except Interrupted:  # all spans will be recorded again
        raise
    except Exception:  # a fault of ours must not end the client's uploads
        logger.exception("Left the trace %s as it was", trace_id)


def _settle(ws: Workspace, trace_id: str) -> None:
    nodes = nodes_of(ws, trace_id)
    tree = TraceTree(nodes)
    flows = {path: (_flow_log(ws, trace_id, path), outcome) for path, outcome in tree.flows().items()}
    rows = _rows(ws, [node.log for node in nodes if node.log])
    for node, parent in tree.parents():
        above = flows[parent.path][0] if isinstance(parent, FlowPath) else parent.uid if parent else None
        row = rows.get(str(node.log))
        if row is not None and above is not None and above != row.above:
            _hang(ws, row, above)
    for uid, outcome in flows.values():
        if uid is not None:
            _fill_in(ws, uid, outcome)
    for row in rows.values():
        if row.status == INCOMPLETE:  # a workflow or an agent, which has ended
            updates.update(ws, FLOW, None, row.uid, {"log_status": COMPLETE})


def _rows(ws: Workspace, uids: list[str]) -> dict[str, _Log]:
    return {row.uid: row for row in ws.db.all(LOGS, organisation=ws.organisation, uids=uids)}


def _flow_log(ws: Workspace, trace_id: str, path: str) -> str | None:
    """Return the id of the Flow Log that a trace has at a path; it is created when it is first needed."""
    uid = derived_id("log", bytes.fromhex(trace_id), path.encode())
    if _rows(ws, [uid]):
        return uid
    assert FLOW.log is not None
    try:
        fields = instance_of(FLOW.log.request).load({"path": path, "log_status": INCOMPLETE})
        file, version = logs.locate(ws, FLOW, fields, {}, empty=FLOW.log.empty)
    except ValidationError as error:
        warn_once(f"a flow could not be logged: {error.messages}", path)
    except DomainError as error:
        warn_once(f"a flow could not be logged: {error.detail['description']}", path)
    else:
        logs.store(ws, FLOW, file, version, fields, uid, traces.NO_TRACE)
        return uid
    return None


def _hang(ws: Workspace, row: _Log, above: str) -> None:
    """Let a Log hang below another; where that is in no trace, both stay alone."""
    try:
        position = traces.position_below(ws, above, late=True)
    except NotFound:
        warn_once("a log stays outside of its trace: its parent log is unknown", above)
    except Invalid:
        pass
    else:
        if all(log.id != row.id for log in position.above):
            traces.move(ws, row.id, position)


def _fill_in(ws: Workspace, uid: str, outcome: FlowOutcome) -> None:
    """Update the Log of a Flow to what its spans say of it, if it does not show that already."""
    assert FLOW.log is not None
    body = {"path": "-", "log_status": COMPLETE if outcome.complete else None, **outcome.fields}
    try:
        loaded = instance_of(FLOW.log.request).load(body)
    except ValidationError as error:
        warn_once(f"the outcome of a flow could not be logged: {error.messages}", uid)
        return
    row = get_log(ws, uid)
    stored = orjson.loads(row.document) | {"output": row.output, "error": row.error, "log_status": row.status}
    stored |= {name: orjson.loads(getattr(row, name) or b"null") for name in ("inputs", "metadata")}
    wanted = {name: loaded.get(name) for name in FLOW_FIELDS} | ({"log_status": COMPLETE} if outcome.complete else {})
    changes = {name: value for name, value in wanted.items() if stored.get(name) != value}
    if changes:
        updates.update(ws, FLOW, None, uid, changes)
    traces.widen(ws, [row], outcome.start, outcome.end)
