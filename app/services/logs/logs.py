"""Logs: made, changed and deleted; every reference in them is checked before anything is stored."""

from typing import Any

import orjson

from ...errors import Conflict, Invalid, NotFound
from ...kinds import KINDS, TRACES
from ...kinds.base import COMPLETE, Content, FileKind, LogKind
from ...store.models import Datapoint, File, Log, Version
from ...store.statement import Row, kept, sql
from ...store.statement import arg as given
from ..evaluations import assignments, batches, run_logs
from ..files.files import address
from ..files.files import create as create_file
from ..files.versions import commit, resolve
from ..text.texts import load as load_text
from ..workspace import Workspace
from . import judgments, traces
from .documents import LogDocuments

NOT_SAVED = ("inputs", "output", "messages", "output_message", "provider_request", "provider_response", "stdout")
JSON_COLUMNS = ("inputs", "metadata")
COLUMNS = ("created_at", "start_time", "end_time", "output", "error", *JSON_COLUMNS)


@kept
def _log() -> Any:
    return (
        Log.select(Log, File.kind, File.uid.alias("file_uid"))
        .join(File)
        .where(Log.organisation == given("organisation"), Log.uid == given("uid"))
    )


@kept
def _file() -> Any:
    return File.select(File.id, File.monitors_count).where(File.id == given("key"))


@kept
def _exists() -> Any:
    return Log.select(Log.id).where(Log.organisation == given("organisation"), Log.uid == given("uid"))


@kept
def _datapoint() -> Any:
    return Datapoint.select(Datapoint.id).where(
        Datapoint.organisation == given("organisation"), Datapoint.uid == given("uid")
    )


@kept
def _version() -> Any:
    return Version.select(Version.uid, Version.content).where(Version.id == given("key"))


COUNT_IN_VERSION = sql("UPDATE version SET logs_count = logs_count + 1 WHERE id = :key")

COUNT_IN_FILE = sql("UPDATE file SET logs_count = logs_count + 1, last_used_at = :now WHERE id = :key")


def create(ws: Workspace, kind: FileKind, body: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    """Log a run of a File and return the ids of the Log.

    `version_id` or `environment` of the query picks the version; else content in the body finds or creates one (and
    the File at an unknown path); else it is the shown one [D]. At an unknown path without content a Flow or a Tool is
    made with an empty version [O]; for other kinds that is NotFound, like an unknown datapoint, trace parent, judged
    Log or Run. A `log_id` that is taken is Conflict.
    """
    assert kind.log is not None
    file, version = locate(ws, kind, body, query, empty=kind.log.empty)
    return store(ws, kind, file, version, body)


def store(
    ws: Workspace,
    kind: FileKind,
    file: Row,
    version: int,
    body: dict[str, Any],
    uid: str | None = None,
    place: traces.Place | None = None,
) -> dict[str, Any]:
    """Log a run of this Version and return the ids of the Log.

    `uid` is one that was promised already; `place` is where it hangs, for a caller that has looked itself.
    """
    log = kind.log
    assert log is not None
    uid = new_id(ws, uid or body.get("log_id"))
    datapoint = _find(ws, _datapoint(), "Datapoint", body, "source_datapoint_id")
    place = place or traces.place(ws, body.get("trace_parent_id"), TRACES)
    parent = _find(ws, _exists(), "Log", body, "parent_id") if log.judges else None
    content = ws.db.one(_version(), key=version)
    if log.judges:
        _check_judgment(orjson.loads(content.content)["spec"], body)
    now = ws.now()
    status = body.get("log_status")
    fields = _stored(body)
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
        inputs=_json(fields.get("inputs")),
        output=fields.get("output"),
        error=fields.get("error"),
        metadata=_json(fields.get("metadata")),
        document=orjson.dumps({name: fields.get(name) for name in log.fields}).decode(),
        datapoint=datapoint,
        parent=parent,
        trace_parent=place.parent,
        trace=place.root,
    )
    ws.db.run(COUNT_IN_VERSION, key=version)
    ws.db.run(COUNT_IN_FILE, key=file.id, now=now)
    traces.widen(ws, place.above, body.get("start_time"), body.get("end_time"))
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
        run_logs.join(ws, key, file, version, datapoint, run_id)
    shown = traces.shown_status(log, status)
    assignments.of_new_log(ws, key, file, shown)
    return _answer(log, uid, file.uid, content.uid, shown, body)


def check(ws: Workspace, body: dict[str, Any]) -> None:
    """Raise what storing a Log would raise for its datapoint and its place in a trace: before the work is done."""
    _find(ws, _datapoint(), "Datapoint", body, "source_datapoint_id")
    traces.place(ws, body.get("trace_parent_id"), TRACES)


def _answer(
    log: LogKind, uid: str, file_uid: str, version_uid: str, status: str | None, body: dict[str, Any]
) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": uid, "version_id": version_uid}
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
    ws: Workspace, kind: FileKind, body: dict[str, Any], query: dict[str, Any], *, empty: Content | None = None
) -> tuple[Row, int]:
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
    key = commit(ws, kind, file, content, {})
    return file, resolve(ws, file, query) if picked else key


def _content(kind: FileKind, log: LogKind, body: dict[str, Any]) -> Content | None:
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
    if ws.db.value(_exists(), organisation=ws.organisation, uid=uid) is not None:
        raise Conflict("Log id is taken.", f"A log with ID '{uid}' exists already.", loc=("body", "log_id"))
    return uid


def _find(ws: Workspace, statement: Any, what: str, body: dict[str, Any], field: str) -> int | None:
    uid = body.get(field)
    if uid is None:
        return None
    key = ws.db.value(statement, organisation=ws.organisation, uid=uid)
    if key is None:
        raise NotFound.of(what, uid, loc=("body", field))
    return key


def _check_judgment(spec: dict[str, Any], body: dict[str, Any]) -> None:
    if "judgment" not in body and body.get("error") is None:
        raise Invalid("Provide a judgment or an error.", loc=("body", "judgment"))
    judgments.check(spec, body.get("judgment"))


def _stored(body: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored of a body: `save: false` keeps texts and payloads out [D/A]."""
    if body.get("save") is False:
        body = {name: value for name, value in body.items() if name not in NOT_SAVED}
    return body


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def get_log(ws: Workspace, uid: str, *, loc: tuple[str, str] = ("path", "id")) -> Row:
    """Return a Log by id, of whatever kind, or raise NotFound."""
    row = ws.db.first(_log(), organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Log", uid, loc=loc)
    return row


def get(ws: Workspace, uid: str) -> orjson.Fragment:
    """Return a Log with all that is below it in its trace [C]."""
    row = get_log(ws, uid)
    log = KINDS[row.kind].log
    assert log is not None
    return LogDocuments(ws, [row.id], children=log.traces, parents=log.judges)[row.id]


def update(ws: Workspace, kind: FileKind, file_id: str | None, uid: str, body: dict[str, Any]) -> orjson.Fragment:
    """Change the given fields of a Log; a complete one cannot become incomplete again."""
    log = kind.log
    assert log is not None
    row = get_log(ws, uid, loc=("path", "log_id"))
    if row.kind != kind.type or file_id not in (None, row.file_uid):
        raise NotFound.of("Log", uid, loc=("path", "log_id"))
    if log.traces:
        traces.check_status(row.status, body.get("log_status"))
    document = orjson.loads(row.document)
    fields = _stored({**body, "save": document["save"]})
    changes: dict[str, Any] = {name: fields[name] for name in COLUMNS if name in fields}
    changes |= {name: _json(changes[name]) for name in JSON_COLUMNS if name in changes}
    if "log_status" in body:
        changes["status"] = body["log_status"]
    document.update({name: fields[name] for name in log.fields if name in fields})
    ws.db.update(Log, row.id, **changes, document=orjson.dumps(document).decode())
    traces.widen(ws, traces.above(ws, uid), body.get("start_time"), body.get("end_time"))
    status = changes.get("status", row.status)
    assignments.of_new_log(ws, row.id, ws.db.one(_file(), key=row.file_id), traces.shown_status(log, status))
    if status == COMPLETE != row.status:
        assignments.of_completed_log(ws, row.id)
    return LogDocuments(ws, [row.id], children=log.traces)[row.id]


def join(ws: Workspace, uid: str, body: dict[str, Any]) -> None:
    """Let a Log that exists join the Run that a body names, with the datapoint that it names: see `run_logs.join`."""
    row = get_log(ws, uid, loc=("path", "log_id"))
    datapoint = _find(ws, _datapoint(), "Datapoint", body, "source_datapoint_id")
    if datapoint is not None:
        ws.db.update(Log, row.id, datapoint=datapoint)
    elif "run_id" in body:
        datapoint = row.datapoint_id
    run_logs.join(ws, row.id, ws.db.one(_file(), key=row.file_id), row.version_id, datapoint, body.get("run_id"))
