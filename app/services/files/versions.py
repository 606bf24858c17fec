"""Versions found: by id, by environment, by what a request refers to, and listed. `commits` makes and changes them."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from ...errors import Invalid, Location, NotFound
from ...json_types import Json, JsonObject, Rendered
from ...kinds import KINDS
from ...kinds.base import Content, FileKind
from ...store.statement import sql
from ..workspace import Workspace
from . import documents
from .environments import environment_named
from .files import FileRow, get_any_file, get_file, get_file_at, shown_version


class VersionRow(NamedTuple):
    """A Version, without its content."""

    id: int
    uid: str
    file_id: int
    name: str | None
    description: str | None
    deleted_at: str | None


COLUMNS = "id, uid, file_id, name, description, deleted_at"
BY_UID = sql(f"SELECT {COLUMNS} FROM version WHERE organisation_id = :organisation AND uid = :uid", VersionRow)

OF_FILE = "SELECT id FROM version WHERE file_id = :file AND deleted_at IS NULL ORDER BY created_at DESC, id DESC"
ALL = sql(OF_FILE)
NEWEST = sql(f"{OF_FILE} LIMIT 1")

IN_ENVIRONMENT = sql("SELECT version_id FROM deployment WHERE file_id = :file AND environment_id = :environment")

UID = sql("SELECT uid FROM version WHERE id = :key")

CONTENT = sql("SELECT content FROM version WHERE id = :key")


class Referenced(NamedTuple):
    """A Version that a request refers to, with its File."""

    id: int
    uid: str
    file: int
    kind: str
    path: str


REFERENCED = """
    SELECT v.id, v.uid, f.id AS file, f.kind, f.path FROM version v JOIN file f ON f.id = v.file_id
    WHERE v.organisation_id = :organisation AND v.deleted_at IS NULL AND f.deleted_at IS NULL
"""
REFERENCED_BY_UID = sql(REFERENCED + "AND v.uid = :uid", Referenced)
REFERENCED_BY_KEY = sql(REFERENCED + "AND v.id = :key", Referenced)


def get_version(ws: Workspace, file: FileRow, uid: str, *, loc: Location = ("path", "version_id")) -> VersionRow:
    """Return the Version of this File with this id, or raise NotFound."""
    row = ws.db.first(BY_UID, organisation=ws.organisation, uid=uid)
    if row is None or row.file_id != file.id or row.deleted_at is not None:
        raise NotFound.of("Version", uid, loc=loc)
    return row


def resolve(ws: Workspace, file: FileRow, query: Mapping[str, Json], *, loc: Location = ("query",)) -> int:
    """Return the key of the Version that `version_id` or `environment` picks; neither: the shown one [A].

    Both given: Invalid [A]. Nothing there: NotFound.
    """
    version_id, environment = query.get("version_id"), query.get("environment")
    if version_id is not None and environment is not None:
        raise Invalid("Provide either version_id or environment.", loc=(*loc, "environment"))
    if version_id is not None:
        return get_version(ws, file, version_id, loc=(*loc, "version_id")).id
    if environment is None:
        return shown_version(file, loc=loc)
    key: int | None = ws.db.value(
        IN_ENVIRONMENT,
        file=file.id,
        environment=environment_named(ws, environment, loc=(*loc, "environment")).id,
    )
    if key is None:
        raise NotFound(
            "Deployment not found.",
            f"No version of `{file.path}` is deployed to environment `{environment}`.",
            loc=(*loc, "environment"),
        )
    return key


def find(ws: Workspace, uid: str) -> Referenced | None:
    """Return the Version with this id, of whatever File, or None."""
    return ws.db.first(REFERENCED_BY_UID, organisation=ws.organisation, uid=uid)


def referenced(ws: Workspace, reference: JsonObject, kinds: frozenset[str], loc: Location) -> Referenced:
    """Return the Version behind `{version_id}`, `{id, environment?}` or `{path, environment?}` [D], with its File.

    Nothing there: NotFound. A File of none of the kinds: Invalid.
    """
    uid = reference.get("version_id")
    if uid is not None:
        row = find(ws, uid)
    else:
        file = (
            get_any_file(ws, reference["id"], loc=loc)
            if reference.get("id") is not None
            else get_file_at(ws, reference["path"], loc=loc)
        )
        key = resolve(ws, file, {"environment": reference.get("environment")}, loc=loc) if file.shown_version else None
        row = ws.db.first(REFERENCED_BY_KEY, organisation=ws.organisation, key=key)
    if row is None:
        named = next(reference[name] for name in ("version_id", "id", "path") if reference.get(name) is not None)
        raise NotFound.of("Version", named, loc=loc)
    if row.kind not in kinds:
        wanted = " or ".join(kind for kind in KINDS if kind in kinds)
        raise Invalid("Wrong type of file.", f"`{row.path}` is of type {row.kind}, not {wanted}.", loc=loc)
    return row


def uid_of(ws: Workspace, key: int) -> str:
    """Return the id of a Version."""
    uid: str = ws.db.value(UID, key=key)
    return uid


def content_of(ws: Workspace, key: int) -> Content:
    """Return the stored content of a Version."""
    content: Content = orjson.loads(ws.db.value(CONTENT, key=key))
    return content


def get(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> Rendered:
    """Return a File at the Version that the query picks."""
    return documents.version(ws, resolve(ws, get_file(ws, kind, uid), query))


def keys_of(ws: Workspace, file: FileRow, status: str | None = None) -> list[int]:
    """Return the keys of a File's Versions, newest first [A]; none is in another status than `committed`."""
    if status not in (None, documents.COMMITTED):
        return []
    return ws.db.column(ALL, file=file.id)
