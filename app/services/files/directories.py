"""The tree of directories: made on demand by the paths of Files, renamed and moved with all below them."""

from typing import Any

import orjson

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import new_etag
from ...json_types import JsonObject
from ...store.models import Directory, File
from ...store.statement import Row, kept, sql
from ...store.statement import arg as given
from ..workspace import Workspace
from . import documents
from .paths import check_name, check_path, join_path, split_path

ROOT = "root"


@kept
def _directories(which: str) -> Any:
    where = {
        "uid": lambda: Directory.uid == given("uid"),
        "path": lambda: Directory.path == given("path"),
        "key": lambda: Directory.id == given("key"),
        "children": lambda: Directory.parent == given("key"),
        "all": lambda: Directory.id.is_null(False),
    }[which]
    parent = Directory.alias()
    return (
        Directory.select(Directory, parent.uid.alias("parent_uid"))
        .left_outer_join(parent, on=(Directory.parent == parent.id))
        .where(Directory.organisation == given("organisation"), where())
        .order_by(Directory.path)
    )


ANCESTORS = sql("""
    WITH RECURSIVE above (id, parent_id, depth) AS (
        SELECT id, parent_id, 0 FROM directory WHERE id = :key
        UNION ALL SELECT d.id, d.parent_id, depth + 1 FROM directory d JOIN above a ON d.id = a.parent_id
    )
    SELECT d.*, p.uid AS parent_uid FROM above JOIN directory d ON d.id = above.id
    LEFT JOIN directory p ON p.id = d.parent_id WHERE depth > 0 ORDER BY depth DESC
""")


@kept
def _files_in() -> Any:
    return (
        File.select(File.shown_version)
        .where(File.directory == given("key"), File.deleted_at.is_null())
        .order_by(File.path)
    )


MOVE_DIRECTORIES = sql("""
    UPDATE directory SET path = :new_path || substr(path, :from), updated_at = :now
    WHERE organisation_id = :organisation AND substr(path, 1, :length) = :prefix
""")

MOVE_FILES = sql("""
    UPDATE file SET path = :new_path || substr(path, :from), updated_at = :now, etag = :etag
    WHERE organisation_id = :organisation AND deleted_at IS NULL AND substr(path, 1, :length) = :prefix
""")


def get(ws: Workspace, uid: str, *, loc: Location = ("path", "id")) -> Row:
    """Return the directory with this id; `root` names the topmost one [C]. Raises NotFound."""
    if uid == ROOT:
        return root(ws)
    row = ws.db.first(_directories("uid"), organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Directory", uid, loc=loc)
    return row


def root(ws: Workspace) -> Row:
    """Return the root, which every organisation has."""
    return ws.db.first(_directories("path"), organisation=ws.organisation, path="")


def at_path(ws: Workspace, path: str) -> Row | None:
    """Return the directory at a path, or None."""
    return ws.db.first(_directories("path"), organisation=ws.organisation, path=path)


def ensure(ws: Workspace, path: str) -> Row:
    """Return the directory at a path, made with its missing parents."""
    missing = []
    while (row := at_path(ws, path)) is None:
        above, name = split_path(path)
        missing.append((name, path))
        path = above
    for name, below in reversed(missing):
        row = _insert(ws, row, name, below)
    return row


def list_all(ws: Workspace) -> list[JsonObject]:
    """List every directory, the root first."""
    return [_document(row) for row in ws.db.all(_directories("all"), organisation=ws.organisation)]


def describe(ws: Workspace, uid: str) -> JsonObject:
    """Return a directory with its subdirectories, its Files at their shown Version, and its parents from the root."""
    row = get(ws, uid)
    versions = ws.db.column(_files_in(), key=row.id)
    files = documents.versions(ws, versions)
    children = ws.db.all(_directories("children"), organisation=ws.organisation, key=row.id)
    return _document(row) | {
        "subdirectories": [_document(child) for child in children],
        "files": [files[version] for version in versions],
        "parents": [_document(parent) for parent in ws.db.all(ANCESTORS, key=row.id)],
    }


def create(ws: Workspace, body: JsonObject) -> JsonObject:
    """Create a directory by `path`, or by `name` below `parent_id` (the root when absent). Taken: Conflict [A]."""
    path = _target(ws, body, None)
    if at_path(ws, path):
        raise _taken(path)
    return _document(ensure(ws, path))


def update(ws: Workspace, uid: str, body: JsonObject) -> JsonObject:
    """Rename or move a directory with all below it; the target must be free and not within itself."""
    row = get(ws, uid)
    if row.path == "":
        raise Invalid("The root directory cannot be changed.", loc=("path", "id"))
    path = _target(ws, body, row)
    if path != row.path:
        _move(ws, row, path)
    return _document(get(ws, row.uid))


def delete(ws: Workspace, uid: str) -> None:
    """Delete an empty directory; one that holds anything, or the root: Conflict [D/A]."""
    row = get(ws, uid)
    if row.path == "":
        raise Conflict("The root directory cannot be deleted.", loc=("path", "id"))
    if ws.db.all(_directories("children"), organisation=ws.organisation, key=row.id) or ws.db.column(
        _files_in(), key=row.id
    ):
        raise Conflict(
            "Directory is not empty.", f"Directory `{row.path}` holds files or directories.", loc=("path", "id")
        )
    home = root(ws)
    ws.db.run(_rehome_deleted(), key=row.id, home=home.id)
    ws.db.run(_delete(), key=row.id)


@kept
def _rehome_deleted() -> Any:
    return File.update({File.directory: given("home")}).where(File.directory == given("key"))


@kept
def _delete() -> Any:
    return Directory.delete().where(Directory.id == given("key"))


def _target(ws: Workspace, body: JsonObject, row: Row | None) -> str:
    """Return the path that a body gives to a directory: the one there is (`row`), or a new one."""
    if "path" in body:
        return check_path(body["path"])
    above, name = split_path(row.path) if row else ("", None)
    if "name" in body:
        name = check_name(body["name"])
    if name is None:
        raise Invalid("Provide either path or name.", loc=("body",))
    if "parent_id" in body:
        above = get(ws, body["parent_id"], loc=("body", "parent_id")).path
    return join_path(above, name)


def _move(ws: Workspace, row: Row, path: str) -> None:
    prefix = row.path + "/"
    if path.startswith(prefix):
        raise Invalid("Invalid path.", f"Directory `{row.path}` cannot be moved into itself.", loc=("body", "path"))
    if at_path(ws, path):
        raise _taken(path)
    above, name = split_path(path)
    values = {
        "organisation": ws.organisation,
        "new_path": path,
        "from": len(row.path) + 1,
        "length": len(prefix),
        "prefix": prefix,
        "now": ws.now(),
    }
    parent = ensure(ws, above)
    ws.db.run(MOVE_DIRECTORIES, **values)
    ws.db.run(MOVE_FILES, **values, etag=new_etag())
    ws.db.update(Directory, row.id, parent=parent.id, name=name, path=path, updated_at=values["now"])


def _taken(path: str) -> Conflict:
    return Conflict("Path is taken.", f"Something exists at `{path}` already.", loc=("body", "path"))


def _insert(ws: Workspace, parent: Row, name: str, path: str) -> Row:
    now = ws.now()
    key = ws.db.insert(
        Directory,
        organisation=ws.organisation,
        uid=ws.ids.new("dir"),
        parent=parent.id,
        name=name,
        path=path,
        created_at=now,
        updated_at=now,
    )
    return ws.db.first(_directories("key"), organisation=ws.organisation, key=key)


def _document(row: Row) -> JsonObject:
    return {
        "id": row.uid,
        "parent_id": row.parent_uid,
        "name": row.name,
        "description": row.description,
        "path": row.path,
        "readme": row.readme,
        "tags": orjson.Fragment(row.tags),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
