"""The creation of Logs: every reference in them is checked before anything is stored."""

from typing import Any, NamedTuple, Protocol

import orjson

from ...errors import Conflict, Invalid, NotFound
from ...json_types import Json, JsonObject
from ...kinds.base import Content, FileKind, LogKind
from ...store.models import Log
from ...store.statement import Statement, sql
from ..evaluations import assignments, batches, run_logs
from ..files.commits import commit
from ..files.files import FileRow, address
from ..files.files import create as create_file
from ..files.versions import resolve
from ..text.texts import load as load_text
from ..workspace import Workspace
from . import judgments, traces

NOT_SAVED = ("inputs", "output", "messages", "output_message", "provider_request", "provider_response", "stdout")
JSON_COLUMNS = ("inputs", "metadata")
COLUMNS = ("created_at", "start_time", "end_time", "output", "error", *JSON_COLUMNS)


class LoggedFile(assignments.Watched, Protocol):
    """What of a File is needed to log a run of it."""

    @property
    def uid(self) -> str: ...


class _Version(NamedTuple):
    uid: str
    content: str  # JSON


EXISTS = sql("SELECT id FROM log WHERE organisation_id = :organisation AND uid = :uid")

DATAPOINT = sql("SELECT id FROM datapoint WHERE organisation_id = :organisation AND uid = :uid")

COUNT_IN_VERSION = sql(
    "UPDATE version SET logs_count = logs_count + 1 WHERE id = :key RETURNING uid, content", _Version
)

COUNT_IN_FILE = sql("UPDATE file SET logs_count = logs_count + 1, last_used_at = :now WHERE id = :key")


def create(ws: Workspace, kind: FileKind, body: JsonObject, query: JsonObject) -> JsonObject:
    """Log a run of a File and return the ids of the Log.

    `version_id` or `environment` of the query picks the version; else content in the body finds or creates one (and
    the File at an unknown path); else it is the shown one [D]. At an unknown path without content a Flow or a Tool is
    made with an empty version [O]; for other kinds that is NotFound, as are an unknown datapoint, trace parent, judged
    Log or Run. A `log_id` that is taken: Conflict.
    """
    assert kind.log is not None
    file, version = locate(ws, kind, body, query, empty=kind.log.empty)
    return store(ws, kind, file, version, body)


def store(
    ws: Workspace,
    kind: FileKind,
    file: LoggedFile,
    version: int,
    body: JsonObject,
    uid: str | None = None,
    position: traces.TracePosition | None = None,
) -> JsonObject:
    """Log a run of this Version and return the ids of the Log.

    `uid` is the id of the Log, if it was given out already; `position` is its position in a trace, if it is known.
    """
    log = kind.log
    assert log is not None
    uid = new_id(ws, uid or body.get("log_id"))
    datapoint = find_datapoint(ws, body)
    position = position or traces.position_below(ws, body.get("trace_parent_id"))
    parent = _find(ws, EXISTS, "Log", body, "parent_id") if log.judges else None
    counted = ws.db.one(COUNT_IN_VERSION, key=version)
    if log.judges:
        _check_judgment(orjson.loads(counted.content)["spec"], body)
    now = ws.now()
    status = body.get("log_status")
    fields = stored(body)
    key = ws.db.insert(
        Log,
        organisation=ws.organisation,
        uid=uid,
        file=file.id,
        version=version,
        created_at=fields.get("created_at") or now,
        start_time=fields.get("start_time"),
        end_time=fields.get("end_time"),
        status=status,
        inputs=as_text(fields.get("inputs")),
        output=fields.get("output"),
        error=fields.get("error"),
        metadata=as_text(fields.get("metadata")),
        document=orjson.dumps({name: fields.get(name) for name in log.fields}).decode(),
        datapoint=datapoint,
        parent=parent,
        trace_parent=position.parent,
        trace=position.root,
    )
    ws.db.run(COUNT_IN_FILE, key=file.id, now=now)
    traces.widen(ws, position.above, body.get("start_time"), body.get("end_time"))
    if parent is not None:
        judgments.record(
            ws,
            log=parent,
            evaluator_version=version,
            evaluator_log=key,
            judgment=body.get("judgment"),
            error=body.get("error"),
        )
    for run_id in batches.runs_of(ws, file.id, version, body) or (body.get("run_id"),):
        run_logs.join(ws, key, file.id, version, datapoint, run_id)
    shown = traces.shown_status(log, status)
    assignments.of_new_log(ws, key, file, shown)
    return _answer(log, uid, file.uid, counted.uid, shown, body)


def check(ws: Workspace, body: JsonObject) -> None:
    """Raise what storing a Log would raise for its datapoint and its position in a trace: before the work is done."""
    find_datapoint(ws, body)
    traces.position_below(ws, body.get("trace_parent_id"))


def _answer(
    log: LogKind, uid: str, file_uid: str, version_uid: str, status: str | None, body: JsonObject
) -> JsonObject:
    answer: JsonObject = {"id": uid, "version_id": version_uid}
    if log.file_key:
        answer[log.file_key] = file_uid
    if log.judges:
        answer["parent_id"] = body["parent_id"]
    if log.traces:
        answer |= {"log_status": status, "trace_status": status}
    if log.session:
        answer["session_id"] = None
    return answer


def locate(
    ws: Workspace, kind: FileKind, body: JsonObject, query: JsonObject, *, empty: Content | None = None
) -> tuple[FileRow, int]:
    """Return the File and the key of the Version that a log or a call is of; see `create` for the rules.

    `empty` is the content of the Version where there is neither a File nor content.
    """
    log = kind.log
    assert log is not None
    file = address(ws, kind, body)
    picked = query.get("version_id") or query.get("environment")
    if file is not None and picked:
        return file, resolve(ws, file, query)
    content = _content(kind, log, body)
    if file is None:
        content = content or empty
        if content is None:
            path = body["path"]
            raise NotFound(
                f"{kind.title} not found.",
                f"Could not find {kind.type} with path '{path}'. To create it, provide `{log.content_key}`.",
                loc=("body", "path"),
            )
        file = create_file(ws, kind, body["path"])
    if content is None:
        return file, resolve(ws, file, query)
    key = commit(ws, kind, file, content, {}).id
    return file, resolve(ws, file, query) if picked else key


def _content(kind: FileKind, log: LogKind, body: JsonObject) -> Content | None:
    """Return the version content of a log body: an object, or the text of a `.prompt` or `.agent` file [C]."""
    content = body.get(log.content_key)
    if content is None:
        return None
    if isinstance(content, str):
        content = load_text(kind, content)
    elif log.content_key in kind.content_fields:
        content = {log.content_key: content}
    return {name: content.get(name) for name in kind.content_fields}


def new_id(ws: Workspace, uid: str | None) -> str:
    """Return the id of a new Log: the caller's own if there is one; taken already: Conflict [A]."""
    if uid is None:
        return ws.ids.new("log")
    if ws.db.value(EXISTS, organisation=ws.organisation, uid=uid) is not None:
        raise Conflict("Log id is taken.", f"A log with ID '{uid}' exists already.", loc=("body", "log_id"))
    return uid


def find_datapoint(ws: Workspace, body: JsonObject) -> int | None:
    """Return the datapoint that a Log names, if it names one. Unknown: NotFound."""
    return _find(ws, DATAPOINT, "Datapoint", body, "source_datapoint_id")


def _find(ws: Workspace, statement: Statement[Any], what: str, body: JsonObject, field: str) -> int | None:
    uid = body.get(field)
    if uid is None:
        return None
    key: int | None = ws.db.value(statement, organisation=ws.organisation, uid=uid)
    if key is None:
        raise NotFound.of(what, uid, loc=("body", field))
    return key


def _check_judgment(spec: JsonObject, body: JsonObject) -> None:
    if "judgment" not in body and body.get("error") is None:
        raise Invalid("Provide a judgment or an error.", loc=("body", "judgment"))
    judgments.check(spec, body.get("judgment"))


def stored(body: JsonObject) -> JsonObject:
    """Return what is stored of a body: `save: false` keeps texts and payloads out [D/A]."""
    if body.get("save") is False:
        body = {name: value for name, value in body.items() if name not in NOT_SAVED}
    return body


def as_text(value: Json) -> str | None:
    """Return a value as the JSON of a column that may be null."""
    return None if value is None else orjson.dumps(value).decode()
