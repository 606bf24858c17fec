"""Changes of Logs: what becomes known after they were made, such as their end or the Run that they belong to."""

from typing import NamedTuple

import orjson

from ...errors import NotFound
from ...json_types import JsonObject, Rendered
from ...kinds.base import COMPLETE, FileKind
from ...store.models import Log
from ...store.statement import sql
from ..evaluations import assignments, run_logs
from ..workspace import Workspace
from . import traces
from .documents import LogDocuments, get_log
from .logs import COLUMNS, JSON_COLUMNS, as_text, find_datapoint, stored


class _File(NamedTuple):
    id: int
    monitors_count: int


FILE = sql("SELECT id, monitors_count FROM file WHERE id = :key", _File)


def update(ws: Workspace, kind: FileKind, file_id: str | None, uid: str, body: JsonObject) -> Rendered:
    """Change the given fields of a Log; a complete one cannot become incomplete again."""
    log = kind.log
    assert log is not None
    row = get_log(ws, uid, loc=("path", "log_id"))
    if row.kind != kind.type or file_id not in (None, row.file_uid):
        raise NotFound.of("Log", uid, loc=("path", "log_id"))
    if log.traces:
        traces.check_status(row.status, body.get("log_status"))
    document = orjson.loads(row.document)
    fields = stored({**body, "save": document["save"]})
    changes = {name: fields[name] for name in COLUMNS if name in fields}
    changes |= {name: as_text(changes[name]) for name in JSON_COLUMNS if name in changes}
    if "log_status" in body:
        changes["status"] = body["log_status"]
    document.update({name: fields[name] for name in log.fields if name in fields})
    ws.db.update(Log, row.id, **changes, document=orjson.dumps(document).decode())
    traces.widen(ws, traces.above(ws, uid), body.get("start_time"), body.get("end_time"))
    status = changes.get("status", row.status)
    assignments.of_new_log(ws, row.id, ws.db.one(FILE, key=row.file_id), traces.shown_status(log, status))
    if status == COMPLETE != row.status:
        assignments.of_completed_log(ws, row.id)
    return LogDocuments(ws, [row.id], children=log.traces)[row.id]


def join(ws: Workspace, uid: str, body: JsonObject) -> None:
    """Link an existing Log to the Run that a body names, with the datapoint that it names: see `run_logs.join`."""
    row = get_log(ws, uid, loc=("path", "log_id"))
    datapoint = find_datapoint(ws, body)
    if datapoint is not None:
        ws.db.update(Log, row.id, datapoint=datapoint)
    elif "run_id" in body:
        datapoint = row.datapoint_id
    run_logs.join(ws, row.id, row.file_id, row.version_id, datapoint, body.get("run_id"))
