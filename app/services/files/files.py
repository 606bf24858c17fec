"""Files of all kinds: found by id or path, created with their directories, moved, listed, deleted."""

from typing import NamedTuple

import orjson
from peewee import JOIN, fn

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import new_etag
from ...json_types import Json, JsonObject, Rendered
from ...kinds import KINDS
from ...kinds.base import FileKind
from ...store.models import Deployment, File, User, Version
from ...store.statement import Expression, arg, contains, kept, sql, texts
from ..paging import Page, page_of
from ..workspace import Workspace
from . import directories, documents
from .directories import check_name, check_path, join_path, split_path
from .environments import environment_named


class FileRow(NamedTuple):
    """A File that is not deleted."""

    id: int
    uid: str
    kind: str
    name: str
    path: str
    description: str | None
    readme: str | None
    tags: str
    shown_version: int | None
    newest_version: int | None
    monitors_count: int


FILES = """
    SELECT id, uid, kind, name, path, description, readme, tags, shown_version, newest_version, monitors_count
    FROM file WHERE organisation_id = :organisation AND deleted_at IS NULL
"""
BY_UID = sql(FILES + "AND uid = :uid", FileRow)
BY_PATH = sql(FILES + "AND path = :path", FileRow)


def find_file(ws: Workspace, uid: str) -> FileRow | None:
    """Return the File with this id, of whatever kind, or None."""
    return ws.db.first(BY_UID, organisation=ws.organisation, uid=uid)


def get_file(ws: Workspace, kind: FileKind, uid: str, *, loc: Location = ("path", "id")) -> FileRow:
    """Return the File of this kind with this id; any other: NotFound."""
    row = find_file(ws, uid)
    if row is None or row.kind != kind.type:
        raise NotFound.of(kind.title, uid, loc=loc)
    return row


def get_any_file(ws: Workspace, uid: str, *, loc: Location) -> FileRow:
    """Return the File with this id, of whatever kind, or raise NotFound."""
    row = find_file(ws, uid)
    if row is None:
        raise NotFound.of("File", uid, loc=loc)
    return row


def file_at(ws: Workspace, path: str) -> FileRow | None:
    """Return the File at a path, or None."""
    return ws.db.first(BY_PATH, organisation=ws.organisation, path=path)


def get_file_at(ws: Workspace, path: str, *, loc: Location = ("body", "path")) -> FileRow:
    """Return the File at a path, of whatever kind, or raise NotFound."""
    row = file_at(ws, path)
    if row is None:
        raise NotFound("File not found.", f"Could not find file with path '{path}'.", loc=loc)
    return row


def address(ws: Workspace, kind: FileKind, body: JsonObject) -> FileRow | None:
    """Return the File that a body names by `id` or `path`; None when nothing is at the path yet.

    Neither given, or naming different Files: Invalid. A File of another kind at the path: Conflict [A].
    """
    uid, path = body.get("id"), body.get("path")
    if uid is None and path is None:
        raise Invalid("Provide either id or path.", f"Identify the {kind.type} by `id` or by `path`.", loc=("body",))
    if path is not None:
        check_path(path)
    if uid is not None:
        row = get_file(ws, kind, uid, loc=("body", "id"))
        if path is not None and path != row.path:
            raise Invalid(
                "The id and the path do not match.", f"{kind.title} '{uid}' is at `{row.path}`.", loc=("body", "path")
            )
        return row
    return _of_kind(kind, path, file_at(ws, path)) if path is not None else None


def _of_kind(kind: FileKind, path: str, row: FileRow | None) -> FileRow | None:
    if row is not None and row.kind != kind.type:
        raise _taken(path, row)
    return row


def create(ws: Workspace, kind: FileKind, path: str) -> FileRow:
    """Create a File without Versions at a free path, and the directories that it lacks."""
    above, name = split_path(path)
    now = ws.now()
    ws.db.insert(
        File,
        organisation=ws.organisation,
        uid=ws.ids.new(kind.id_prefix),
        kind=kind.type,
        directory=directories.ensure(ws, above).id,
        name=name,
        path=path,
        created_at=now,
        updated_at=now,
        created_by=ws.user,
        last_used_at=now,
        etag=new_etag(),
    )
    return ws.db.one(BY_PATH, organisation=ws.organisation, path=path)


def shown_version(file: FileRow, *, loc: Location = ("path", "id")) -> int:
    """Return the key of the Version that is shown of a File; one without Versions: NotFound."""
    if file.shown_version is None:
        raise NotFound("Version not found.", f"`{file.path}` has no version.", loc=loc)
    return file.shown_version


def touch(ws: Workspace, file: FileRow, **changes: Json) -> None:
    """Change columns of a File and give it a new etag, so that documents kept of it are not used again."""
    ws.db.update(File, file.id, **changes, updated_at=ws.now(), etag=new_etag())


def set_metadata(ws: Workspace, file: FileRow, body: JsonObject) -> None:
    """Set the description, tags and readme that a body gives."""
    changes: JsonObject = {name: body[name] for name in ("description", "readme") if name in body}
    if "tags" in body:
        changes["tags"] = orjson.dumps(body["tags"]).decode()
    if any(getattr(file, name) != value for name, value in changes.items()):
        touch(ws, file, **changes)


def move(ws: Workspace, kind: FileKind, uid: str, body: JsonObject) -> Rendered:
    """Move or rename a File: by `path`, or by `name` and `directory_id`. Target taken: Conflict [D]."""
    file = get_file(ws, kind, uid)
    if "path" in body:
        path = check_path(body["path"])
    else:
        above = split_path(file.path)[0]
        if "directory_id" in body:
            above = directories.get(ws, body["directory_id"], loc=("body", "directory_id")).path
        name = check_name(body["name"]) if "name" in body else file.name
        path = join_path(above, name)
    if path != file.path:
        other = file_at(ws, path)
        if other is not None:
            raise _taken(path, other)
        above, name = split_path(path)
        touch(ws, file, path=path, name=name, directory=directories.ensure(ws, above).id)
    return documents.version(ws, shown_version(file))


def delete(ws: Workspace, kind: FileKind, uid: str) -> None:
    """Delete a File softly: it leaves every list and frees its path; what refers to it still shows it [A]."""
    file = get_file(ws, kind, uid)
    touch(ws, file, deleted_at=ws.now())


def _taken(path: str, row: FileRow) -> Conflict:
    return Conflict(
        "Path is taken.", f"`{path}` is already the path of another {KINDS[row.kind].title}.", loc=("body", "path")
    )


class Listed(NamedTuple):
    """A Version in a list of Files."""

    id: int


SORTS = {
    "created_at": Version.created_at,
    "updated_at": File.updated_at,
    "name": File.name,
}


def _filtered(query: Expression, *, environment: bool, directory: bool, name: bool, user: bool) -> Expression:
    if environment:
        on = (Deployment.file == File.id) & (Deployment.environment == arg("environment"))
        query = query.join(Deployment, on=on).join(Version, on=(Version.id == Deployment.version))
    else:
        query = query.join(Version, on=(Version.id == File.shown_version))
    query = query.where(
        File.organisation == arg("organisation"), File.deleted_at.is_null(), File.kind.in_(texts("kinds"))
    )
    if directory:
        query = query.where(fn.substr(File.path, 1, fn.length(arg("prefix"))) == arg("prefix"))
    if name:
        query = query.where(contains(File.name, "name"))
    if user:
        query = query.join(User, JOIN.INNER, on=(User.id == File.created_by))
        query = query.where(contains(User.email_address, "user") | contains(User.full_name, "user"))
    return query


@kept(Listed)
def _page(sort: str, order: str, **filters: bool) -> Expression:
    column = SORTS[sort]
    ordering = [column.asc(), File.id.asc()] if order == "asc" else [column.desc(), File.id.desc()]
    query = _filtered(File.select(Version.id), **filters)
    return query.order_by(*ordering).limit(arg("limit")).offset(arg("offset"))


@kept
def _total(**filters: bool) -> Expression:
    return _filtered(File.select(fn.count(File.id)), **filters)


def list_files(ws: Workspace, kinds: list[FileKind], query: JsonObject) -> Page[Listed]:
    """List Files, each at its shown Version or at the one of `environment`; `path` limits to one directory.

    Rows carry the Version's key; `query` is AnyFileListQuery or FileListQuery as loaded.
    Unknown directory or environment: NotFound, with the texts that clients look for [C].
    `template` asks for template Files: no route makes one, so there are none [A].
    """
    wanted = [] if query.get("template") else kinds
    values: JsonObject = {"organisation": ws.organisation, "kinds": [kind.type for kind in wanted]}
    filters = dict.fromkeys(("environment", "directory", "name", "user"), False)
    if query.get("path"):
        path = query["path"]
        if directories.at_path(ws, path) is None:
            raise NotFound("Directory not found.", f"Directory `{path}` does not exist", loc=("query", "path"))
        filters["directory"], values["prefix"] = True, path + "/"
    if query.get("environment"):
        filters["environment"], values["environment"] = True, environment_named(ws, query["environment"]).id
    if query.get("name"):
        filters["name"], values["name"] = True, query["name"].casefold()
    if query.get("user_filter"):
        filters["user"], values["user"] = True, query["user_filter"].casefold()
    sort, order = query.get("sort_by") or "created_at", query.get("order") or "desc"
    return page_of(ws, query, _page(sort, order, **filters), _total(**filters), values)
