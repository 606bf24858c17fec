"""The tree of directories: created on demand by the paths of Files, renamed and moved with everything in them.

Paths are names joined by `/`, with no empty one among them [A]. Names contain no NUL character: to the database a
text ends there, so paths that differ only after it would be one.
"""

from typing import NamedTuple

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import new_etag
from ...json_types import JsonObject, Rendered
from ...store.models import Directory
from ...store.statement import sql
from ..workspace import Workspace
from . import documents

ROOT = "root"


class DirectoryRow(NamedTuple):
    """A directory, with the id of the one that it is in."""

    id: int
    uid: str
    parent_uid: str | None
    name: str
    description: str | None
    path: str
    readme: str | None
    tags: str
    created_at: str
    updated_at: str


COLUMNS = (
    "d.id, d.uid, p.uid AS parent_uid, d.name, d.description, d.path, d.readme, d.tags, d.created_at, d.updated_at"
)
DIRECTORIES = f"""
    SELECT {COLUMNS} FROM directory d LEFT JOIN directory p ON p.id = d.parent_id
    WHERE d.organisation_id = :organisation
"""
BY_UID = sql(DIRECTORIES + "AND d.uid = :uid", DirectoryRow)
BY_PATH = sql(DIRECTORIES + "AND d.path = :path", DirectoryRow)
CHILDREN = sql(DIRECTORIES + "AND d.parent_id = :key ORDER BY d.path", DirectoryRow)
ALL = sql(DIRECTORIES + "ORDER BY d.path", DirectoryRow)

ANCESTORS = sql(
    f"""
    WITH RECURSIVE above (id, parent_id, depth) AS (
        SELECT id, parent_id, 0 FROM directory WHERE id = :key
        UNION ALL SELECT d.id, d.parent_id, depth + 1 FROM directory d JOIN above a ON d.id = a.parent_id
    )
    SELECT {COLUMNS} FROM above JOIN directory d ON d.id = above.id
    LEFT JOIN directory p ON p.id = d.parent_id WHERE depth > 0 ORDER BY depth DESC
    """,
    DirectoryRow,
)

FILES = sql("SELECT shown_version FROM file WHERE directory_id = :key AND deleted_at IS NULL ORDER BY path")

MOVE_DIRECTORIES = sql("""
    UPDATE directory SET path = :new_path || substr(path, :from), updated_at = :now
    WHERE organisation_id = :organisation AND substr(path, 1, :length) = :prefix
""")

MOVE_FILES = sql("""
    UPDATE file SET path = :new_path || substr(path, :from), updated_at = :now, etag = :etag
    WHERE organisation_id = :organisation AND deleted_at IS NULL AND substr(path, 1, :length) = :prefix
""")

REHOME_DELETED_FILES = sql("UPDATE file SET directory_id = :home WHERE directory_id = :key")

DELETE = sql("DELETE FROM directory WHERE id = :key")


def check_path(path: str, *, loc: Location = ("body", "path")) -> str:
    """Return the path, or refuse one that starts or ends with `/`, or contains an empty segment or a NUL."""
    if "\0" in path or not all(segment.strip() for segment in path.split("/")):
        raise Invalid(
            "Invalid path.",
            f"Path `{path}` must be names separated by single slashes, with no slash at either end and no NUL.",
            loc=loc,
        )
    return path


def check_name(name: str, *, loc: Location = ("body", "name")) -> str:
    """Return the name, or refuse one that is empty or contains a `/` or a NUL."""
    if not name.strip() or "/" in name or "\0" in name:
        raise Invalid(
            "Invalid name.", f"Name `{name}` must not be empty or contain a slash or a NUL character.", loc=loc
        )
    return name


def split_path(path: str) -> tuple[str, str]:
    """Return the directory part and the name of a path."""
    directory, _, name = path.rpartition("/")
    return directory, name


def join_path(directory: str, name: str) -> str:
    """Return the path of a name in a directory; the root's path is empty."""
    return f"{directory}/{name}" if directory else name


def get(ws: Workspace, uid: str, *, loc: Location = ("path", "id")) -> DirectoryRow:
    """Return the directory with this id; `root` names the topmost one [C]. Raises NotFound."""
    row = root(ws) if uid == ROOT else ws.db.first(BY_UID, organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Directory", uid, loc=loc)
    return row


def root(ws: Workspace) -> DirectoryRow:
    """Return the root, which every organisation has."""
    return ws.db.one(BY_PATH, organisation=ws.organisation, path="")


def at_path(ws: Workspace, path: str) -> DirectoryRow | None:
    """Return the directory at a path, or None."""
    return ws.db.first(BY_PATH, organisation=ws.organisation, path=path)


def ensure(ws: Workspace, path: str) -> DirectoryRow:
    """Return the directory at a path; it is created with the parents that it lacks."""
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
    return [_document(row) for row in ws.db.all(ALL, organisation=ws.organisation)]


def describe(ws: Workspace, uid: str) -> JsonObject:
    """Return a directory with its subdirectories, its Files at their shown Version, and its parents from the root."""
    row = get(ws, uid)
    versions = ws.db.column(FILES, key=row.id)
    files = documents.versions(ws, versions)
    return _document(row) | {
        "subdirectories": [_document(child) for child in _children(ws, row)],
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
    """Rename or move a directory with everything in it; the target must be free, and not inside of it."""
    row = get(ws, uid)
    if row.path == "":
        raise Invalid("The root directory cannot be changed.", loc=("path", "id"))
    path = _target(ws, body, row)
    if path != row.path:
        _move(ws, row, path)
    return _document(get(ws, row.uid))


def delete(ws: Workspace, uid: str) -> None:
    """Delete an empty directory; one with anything in it, or the root: Conflict [D/A]."""
    row = get(ws, uid)
    if row.path == "":
        raise Conflict("The root directory cannot be deleted.", loc=("path", "id"))
    if _children(ws, row) or ws.db.column(FILES, key=row.id):
        raise Conflict(
            "Directory is not empty.", f"Directory `{row.path}` contains files or directories.", loc=("path", "id")
        )
    ws.db.run(REHOME_DELETED_FILES, key=row.id, home=root(ws).id)
    ws.db.run(DELETE, key=row.id)


def _children(ws: Workspace, row: DirectoryRow) -> list[DirectoryRow]:
    return ws.db.all(CHILDREN, organisation=ws.organisation, key=row.id)


def _target(ws: Workspace, body: JsonObject, row: DirectoryRow | None) -> str:
    """Return the path that a body gives to a directory: an existing one (`row`), or a new one."""
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


def _move(ws: Workspace, row: DirectoryRow, path: str) -> None:
    prefix = row.path + "/"
    if path.startswith(prefix):
        raise Invalid("Invalid path.", f"Directory `{row.path}` cannot be moved into itself.", loc=("body", "path"))
    if at_path(ws, path):
        raise _taken(path)
    above, name = split_path(path)
    values: JsonObject = {
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
    return Conflict("Path is taken.", f"A directory already exists at `{path}`.", loc=("body", "path"))


def _insert(ws: Workspace, parent: DirectoryRow, name: str, path: str) -> DirectoryRow:
    now = ws.now()
    ws.db.insert(
        Directory,
        organisation=ws.organisation,
        uid=ws.ids.new("dir"),
        parent=parent.id,
        name=name,
        path=path,
        created_at=now,
        updated_at=now,
    )
    return ws.db.one(BY_PATH, organisation=ws.organisation, path=path)


def _document(row: DirectoryRow) -> JsonObject:
    return {
        "id": row.uid,
        "parent_id": row.parent_uid,
        "name": row.name,
        "description": row.description,
        "path": row.path,
        "readme": row.readme,
        "tags": Rendered(row.tags),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
