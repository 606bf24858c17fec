"""The traces of others: their Flow Logs are made and told, and their Logs hang where all known spans say.

After each request all of a trace is looked at again, and only what changed is written.
"""

import orjson
from marshmallow import ValidationError

from ...errors import DomainError, Invalid, NotFound, Replaced
from ...ids import derived_id
from ...kinds import FLOW
from ...kinds.base import COMPLETE, INCOMPLETE
from ...schemas.fields import instance_of
from ...store.statement import Row, sql
from ..logs import logs, traces, updates
from ..logs.documents import get_log
from ..workspace import Workspace
from .notices import logger, say_once
from .spans import nodes_of
from .trees import Flow, Story, Tree

TOLD = ("inputs", "messages", "output", "output_message", "error", "metadata")

LOGS = sql("""
    SELECT l.id, l.uid, l.status, p.uid AS above FROM texts(:uids) wanted
    CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = wanted.value
    LEFT JOIN log p ON p.id = l.trace_parent_id
""")


def settle(ws: Workspace, trace_id: str) -> None:
    """Bring the Logs of a trace to what all of its known spans say."""
    try:
        with ws.writing():
            _settle(ws, trace_id)
    except Replaced:  # all spans are recorded again
        raise
    except Exception:  # a fault of ours must not end the client's uploads
        logger.exception("Left the trace %s as it was", trace_id)


def _settle(ws: Workspace, trace_id: str) -> None:
    nodes = nodes_of(ws, trace_id)
    tree = Tree(nodes)
    flows = {path: (_flow_log(ws, trace_id, path), story) for path, story in tree.flows().items()}
    rows = _rows(ws, [node.log for node in nodes if node.log])
    for node, home in tree.homes():
        above = flows[home.path][0] if isinstance(home, Flow) else home.log if home else None
        row = rows.get(str(node.log))
        if row is not None and above not in (None, row.above):
            _hang(ws, row, str(above))
    for uid, story in flows.values():
        if uid is not None:
            _tell(ws, uid, story)
    for row in rows.values():
        if row.status == INCOMPLETE:  # a workflow or an agent, which has ended
            updates.update(ws, FLOW, None, row.uid, {"log_status": COMPLETE})


def _rows(ws: Workspace, uids: list[str]) -> dict[str, Row]:
    return {row.uid: row for row in ws.db.all(LOGS, organisation=ws.organisation, uids=uids)}


def _flow_log(ws: Workspace, trace_id: str, path: str) -> str | None:
    """Return the id of the Flow Log that a trace has at a path; it is made when it is first needed."""
    uid = derived_id("log", bytes.fromhex(trace_id), path.encode())
    if _rows(ws, [uid]):
        return uid
    assert FLOW.log is not None
    try:
        fields = instance_of(FLOW.log.request).load({"path": path, "log_status": INCOMPLETE})
        file, version = logs.locate(ws, FLOW, fields, {}, empty=FLOW.log.empty)
    except ValidationError as error:
        say_once(f"a flow could not be logged: {error.messages}", path)
    except DomainError as error:
        say_once(f"a flow could not be logged: {error.detail['description']}", path)
    else:
        logs.store(ws, FLOW, file, version, fields, uid, traces.NO_TRACE)
        return uid
    return None


def _hang(ws: Workspace, row: Row, above: str) -> None:
    """Let a Log hang below another; where that is in no trace, both stay alone."""
    try:
        position = traces.position_below(ws, above, late=True)
    except NotFound:
        say_once("a log stays alone: the one that it should be below is unknown", above)
    except Invalid:
        pass
    else:
        if all(log.id != row.id for log in position.above):
            traces.move(ws, row.id, position)


def _tell(ws: Workspace, uid: str, story: Story) -> None:
    """Bring the Log of a Flow to what its spans tell of it; one that shows that already is left alone."""
    assert FLOW.log is not None
    body = {"path": "-", "log_status": COMPLETE if story.complete else None, **story.fields}
    try:
        told = instance_of(FLOW.log.request).load(body)
    except ValidationError as error:
        say_once(f"what a flow did could not be logged: {error.messages}", uid)
        return
    row = get_log(ws, uid)
    stored = orjson.loads(row.document) | {"output": row.output, "error": row.error, "log_status": row.status}
    stored |= {name: orjson.loads(getattr(row, name) or b"null") for name in ("inputs", "metadata")}
    wanted = {name: told.get(name) for name in TOLD} | ({"log_status": COMPLETE} if story.complete else {})
    changes = {name: value for name, value in wanted.items() if stored.get(name) != value}
    if changes:
        updates.update(ws, FLOW, None, uid, changes)
    traces.widen(ws, [row], story.start, story.end)
