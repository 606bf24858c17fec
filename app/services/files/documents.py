"""The wire form of Versions, for every answer that shows one.

A Version never changes, so its document is rendered once (`Version.document`). What its File adds (path, name,
environments) changes rarely: both are joined into bytes that are kept by the File's etag. Counters and dates are live,
and spliced in front; so are the Files that a Version links to and the Evaluators that monitor its File. Those are shown
bare: without links and Evaluators of their own. The number of queries does not depend on the number of Versions.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import orjson

from ...json_types import JsonObject, Rendered
from ...kinds import KINDS
from ...kinds.base import FileKind, Linked, ShowLink
from ...store.statement import sql
from ..workspace import Workspace
from . import links

MOST_KEPT = 20_000
COMMITTED = "committed"  # the status of every Version: older clients know others


class Live(NamedTuple):
    """What is read anew of a Version and its File for each answer."""

    id: int
    version_logs_count: int
    datapoints_count: int
    file: int
    kind: str
    etag: int
    updated_at: str
    last_used_at: str
    monitors_count: int
    total_logs_count: int


LIVE = sql(
    """
    SELECT v.id, v.logs_count AS version_logs_count, v.datapoints_count, f.id AS file, f.kind, f.etag, f.updated_at,
           f.last_used_at, f.monitors_count, f.logs_count AS total_logs_count
    FROM version v JOIN file f ON f.id = v.file_id WHERE v.id IN (SELECT value FROM integers(:keys))
    """,
    Live,
)


class Detail(NamedTuple):
    """What stays as it is while the etag of the File does."""

    id: int
    uid: str
    version_name: str | None
    version_description: str | None
    content: str
    document: str
    created_at: str
    file_uid: str
    path: str
    name: str
    description: str | None
    readme: str | None
    tags: str
    directory_uid: str
    user_uid: str
    email_address: str
    full_name: str | None


DETAILS = sql(
    """
    SELECT v.id, v.uid, v.name AS version_name, v.description AS version_description, v.content, v.document,
           v.created_at, f.uid AS file_uid, f.path, f.name, f.description, f.readme, f.tags, d.uid AS directory_uid,
           u.uid AS user_uid, u.email_address, u.full_name
    FROM version v JOIN file f ON f.id = v.file_id JOIN directory d ON d.id = f.directory_id
    JOIN account u ON u.id = v.created_by_id WHERE v.id IN (SELECT value FROM integers(:keys))
    """,
    Detail,
)


class Deployed(NamedTuple):
    """An environment that a Version is deployed to."""

    version_id: int
    uid: str
    name: str
    tag: str
    created_at: str


ENVIRONMENTS = sql(
    """
    SELECT d.version_id, e.uid, e.name, e.tag, e.created_at FROM deployment d JOIN environment e
    ON e.id = d.environment_id WHERE d.version_id IN (SELECT value FROM integers(:keys)) ORDER BY e.id
    """,
    Deployed,
)


class MonitoringEvaluator(NamedTuple):
    """An Evaluator that monitors a File: a Version of it, or the one in an environment, else the shown one."""

    file_id: int
    state: str
    monitored_at: str
    updated_at: str
    version_id: int | None
    uid: str | None
    name: str | None
    tag: str | None
    created_at: str | None


MONITORS = sql(
    """
    SELECT m.file_id, m.state, m.created_at AS monitored_at, m.updated_at,
           coalesce(m.evaluator_version_id, d.version_id, f.shown_version) AS version_id,
           e.uid, e.name, e.tag, e.created_at
    FROM monitor m LEFT JOIN environment e ON e.id = m.environment_id LEFT JOIN file f ON f.id = m.evaluator_id
    LEFT JOIN deployment d ON d.file_id = m.evaluator_id AND d.environment_id = m.environment_id
    WHERE m.file_id IN (SELECT value FROM integers(:files)) ORDER BY m.id
    """,
    MonitoringEvaluator,
)


class Fixed(NamedTuple):
    """What is kept of a Version: bytes, and the items of its content that may link to other Files."""

    part: bytes
    items: links.Items


class EnvironmentColumns(Protocol):
    """A row with the columns of an environment."""

    @property
    def uid(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def tag(self) -> str | None: ...
    @property
    def created_at(self) -> str | None: ...


class UserColumns(Protocol):
    """A row with the columns of a user."""

    @property
    def user_uid(self) -> str: ...
    @property
    def email_address(self) -> str: ...
    @property
    def full_name(self) -> str | None: ...


def environment_document(row: EnvironmentColumns) -> JsonObject:
    """Render a deployment environment."""
    return {"id": row.uid, "created_at": row.created_at, "name": row.name, "tag": row.tag}


def user_document(row: UserColumns) -> JsonObject:
    """Render the user behind `created_by`."""
    return {"id": row.user_uid, "email_address": row.email_address, "full_name": row.full_name}


def version(ws: Workspace, key: int, extra: JsonObject | None = None) -> Rendered:
    """Render one Version."""
    return versions(ws, [key], extra={key: extra or {}})[key]


def versions(
    ws: Workspace, keys: Iterable[int], *, extra: Mapping[int, JsonObject] | None = None
) -> dict[int, Rendered]:
    """Render Versions, by integer key; `extra` gives live fields to some of them (datapoints, raw content)."""
    rows, fixed = _load(ws, keys)
    linking = {row.id: items for row in rows if (items := fixed[row.id].items)}
    linked = _linked(ws, linking) if linking else {}
    files = [row.file for row in rows if row.monitors_count]
    monitoring = _monitoring(ws, files) if files else {}
    shown = {}
    for row in rows:
        live = {"evaluators": monitoring[row.file]} if row.file in monitoring else {}
        if extra and row.id in extra:
            live |= extra[row.id]
        shown[row.id] = _splice(row, fixed[row.id], linked.get(row.id), live)
    return shown


def _bare(ws: Workspace, keys: Iterable[int]) -> dict[int, Rendered]:
    """Render Versions without the Files that they link to or are watched by."""
    rows, fixed = _load(ws, keys)
    return {row.id: _splice(row, fixed[row.id], None, {}) for row in rows}


def _load(ws: Workspace, keys: Iterable[int]) -> tuple[list[Live], dict[int, Fixed]]:
    """Return the live columns of Versions, and what is kept of each by its key."""
    wanted = list(dict.fromkeys(keys))
    rows = ws.db.all(LIVE, keys=wanted) if wanted else []
    known = ws.db.documents
    fixed = {row.id: known[row.id, row.etag] for row in rows if (row.id, row.etag) in known}
    missing = {row.id: row for row in rows if row.id not in fixed}
    if missing:
        if len(known) > MOST_KEPT:
            known.clear()
        environments: dict[int, list[JsonObject]] = {}
        for deployed in ws.db.all(ENVIRONMENTS, keys=list(missing)):
            environments.setdefault(deployed.version_id, []).append(environment_document(deployed))
        for detail in ws.db.all(DETAILS, keys=list(missing)):
            row = missing[detail.id]
            part = _render_fixed(KINDS[row.kind], detail, environments.get(detail.id, []))
            fixed[detail.id] = known[detail.id, row.etag] = part
    return rows, fixed


def _render_fixed(kind: FileKind, row: Detail, environments: list[JsonObject]) -> Fixed:
    user = user_document(row)
    part = {
        "path": row.path,
        "id": row.file_uid,
        "directory_id": row.directory_uid,
        "name": row.name,
        "description": row.description,
        "readme": row.readme,
        "tags": Rendered(row.tags),
        "version_id": row.uid,
        "version_name": row.version_name,
        "version_description": row.version_description,
        "type": kind.type,
        "environments": environments,
        "created_at": row.created_at,
        "created_by": user,
        "status": COMMITTED,
        "commit_message": row.version_description,
        "committed_by": user,
        "committed_at": row.created_at,
    }
    items = kind.links(orjson.loads(row.content)) if kind.links else []
    return Fixed(orjson.dumps(part)[:-1] + b"," + row.document.encode()[1:], items)


def _splice(row: Live, fixed: Fixed, linked: list[Linked | None] | None, extra: JsonObject) -> Rendered:
    """Return the wire form of a Version: its live fields in front of what is kept of it."""
    kind = KINDS[row.kind]
    live: JsonObject = {"updated_at": row.updated_at, "last_used_at": row.last_used_at}
    for name in kind.counts:
        live[name] = getattr(row, name)
    if kind.monitorable:
        live["evaluators"] = []
    for name in kind.on_request:
        live[name] = None
    if kind.show_link:
        live[kind.link_field] = _show_links(kind.show_link, fixed.items, linked) if fixed.items else []
    if extra:
        live |= extra
    return Rendered(orjson.dumps(live)[:-1] + b"," + fixed.part[1:])


def _show_links(show: ShowLink, items: links.Items, linked: list[Linked | None] | None) -> list[JsonObject]:
    pairs = zip(items, linked or [None] * len(items), strict=True)
    return [shown for item, file in pairs if (shown := show(item, file)) is not None]


def _linked(ws: Workspace, linking: dict[int, links.Items]) -> dict[int, list[Linked | None]]:
    """Return, for each Version with links, what each of its items leads to (None: nothing, or no link)."""
    found = links.find(ws, [item for items in linking.values() for item in items])
    shown = _bare(ws, found.values())
    targets = {target.version_id: target for target in links.versions(ws, list(shown))}

    def follow(item: JsonObject) -> Linked | None:
        reference = links.reference_of(item)
        key = found.get(reference) if reference else None
        if key is None:
            return None
        target = targets[key]
        return Linked(target.uid, target.version_uid, target.name, target.content, shown[key])

    return {key: [follow(item) for item in items] for key, items in linking.items()}


def _monitoring(ws: Workspace, files: list[int]) -> dict[int, list[JsonObject]]:
    """Return the monitoring Evaluators of Files, rendered."""
    rows = ws.db.all(MONITORS, files=files)
    evaluators = _bare(ws, [row.version_id for row in rows if row.version_id])
    found: dict[int, list[JsonObject]] = {}
    for row in rows:
        found.setdefault(row.file_id, []).append(_monitor_document(row, evaluators.get(row.version_id or 0)))
    return found


def _monitor_document(row: MonitoringEvaluator, evaluator: Rendered | None) -> JsonObject:
    if row.uid is None:
        reference: JsonObject = {"version": evaluator, "type": "version"}
    else:
        reference = {"file": evaluator, "environment": environment_document(row), "type": "environment"}
    return {
        "version_reference": reference,
        "version": evaluator,
        "state": row.state,
        "created_at": row.monitored_at,
        "updated_at": row.updated_at,
    }
