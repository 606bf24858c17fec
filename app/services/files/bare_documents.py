"""The wire form of Versions by themselves: what stands inside of another one, and what `documents` adds to.

A Version never changes, so its document is rendered once (`Version.document`). What its File adds (path, name,
environments) changes rarely: both are joined into bytes that are kept by the File's etag. Counters and dates
are live, and spliced in front. The number of queries does not depend on the number of Versions.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ...json_types import JsonObject, Rendered
from ...kinds import KINDS
from ...kinds.base import FileKind
from ...store.models import Deployment, Directory, Environment, File, User, Version
from ...store.statement import Row, integers, kept
from ..workspace import Workspace

Fixed = tuple[bytes, list[JsonObject]]  # the kept bytes, and the content's references to other Files
MOST_KEPT = 20_000
COMMITTED = "committed"  # the status of every Version: older clients know others


@kept
def _live() -> Any:
    return (
        Version.select(
            Version.id,
            Version.uid,
            Version.logs_count,
            Version.datapoints_count,
            File.id.alias("file"),
            File.kind,
            File.etag,
            File.updated_at,
            File.last_used_at,
            File.monitors_count,
            File.logs_count.alias("total_logs_count"),
        )
        .join(File)
        .where(Version.id.in_(integers("keys")))
    )


@kept
def _details() -> Any:
    return (
        Version.select(
            Version.id,
            Version.uid,
            Version.name.alias("version_name"),
            Version.description.alias("version_description"),
            Version.content,
            Version.document,
            Version.created_at,
            File.uid.alias("file_uid"),
            File.path,
            File.name,
            File.description,
            File.readme,
            File.tags,
            Directory.uid.alias("directory_uid"),
            User.uid.alias("user_uid"),
            User.email_address,
            User.full_name,
        )
        .join(File)
        .join(Directory)
        .switch(Version)
        .join(User)
        .where(Version.id.in_(integers("keys")))
    )


@kept
def _environments() -> Any:
    return (
        Deployment.select(
            Deployment.version, Environment.uid, Environment.name, Environment.tag, Environment.created_at
        )
        .join(Environment)
        .where(Deployment.version.in_(integers("keys")))
        .order_by(Environment.id)
    )


def environment_document(row: Row) -> JsonObject:
    """Render a deployment environment."""
    return {"id": row.uid, "created_at": row.created_at, "name": row.name, "tag": row.tag}


def user_document(row: Row) -> JsonObject:
    """Render the user behind `created_by`."""
    return {"id": row.user_uid, "email_address": row.email_address, "full_name": row.full_name}


def versions(ws: Workspace, keys: Iterable[int]) -> dict[int, Rendered]:
    """Render Versions without the Files that they link to or are watched by."""
    rows, fixed = load(ws, keys)
    return {row.id: splice(row, fixed[row.id], [], {}) for row in rows}


def load(ws: Workspace, keys: Iterable[int]) -> tuple[list[Row], dict[int, Fixed]]:
    """Return the live columns of Versions, and what is kept of each by its key."""
    wanted = list(dict.fromkeys(keys))
    rows = ws.db.all(_live(), keys=wanted) if wanted else []
    return rows, _fixed_parts(ws, rows)


def splice(row: Row, fixed: Fixed, linked: list[Any], extra: Mapping[str, Any]) -> Rendered:
    """Return the wire form of a Version: its live fields in front of what is kept of it."""
    kind = KINDS[row.kind]
    live: JsonObject = {"updated_at": row.updated_at, "last_used_at": row.last_used_at}
    counted = {
        "version_logs_count": row.logs_count,
        "total_logs_count": row.total_logs_count,
        "datapoints_count": row.datapoints_count,
    }
    for name in kind.counts:
        live[name] = counted[name]
    if kind.monitorable:
        live["evaluators"] = []
    for name in kind.on_request:
        live[name] = None
    part, references = fixed
    if kind.show_links:
        live |= kind.show_links(references, linked or [None] * len(references))
    live.update(extra)
    return orjson.Fragment(orjson.dumps(live)[:-1] + b"," + part[1:])


def _fixed_parts(ws: Workspace, rows: list[Row]) -> dict[int, Fixed]:
    known = ws.db.documents
    parts = {row.id: known[row.id, row.etag] for row in rows if (row.id, row.etag) in known}
    missing = {row.id: row for row in rows if row.id not in parts}
    if missing:
        if len(known) > MOST_KEPT:
            known.clear()
        environments: dict[int, list[JsonObject]] = {}
        for deployed in ws.db.all(_environments(), keys=list(missing)):
            environments.setdefault(deployed.version_id, []).append(environment_document(deployed))
        for detail in ws.db.all(_details(), keys=list(missing)):
            row = missing[detail.id]
            part = _render_fixed(KINDS[row.kind], detail, environments.get(detail.id, []))
            parts[detail.id] = known[detail.id, row.etag] = part
    return parts


def _render_fixed(kind: FileKind, row: Row, environments: list[JsonObject]) -> Fixed:
    user = user_document(row)
    part = {
        "path": row.path,
        "id": row.file_uid,
        "directory_id": row.directory_uid,
        "name": row.name,
        "description": row.description,
        "readme": row.readme,
        "tags": orjson.Fragment(row.tags),
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
    references = kind.links(orjson.loads(row.content)) if kind.links else []
    return orjson.dumps(part)[:-1] + b"," + row.document.encode()[1:], references
