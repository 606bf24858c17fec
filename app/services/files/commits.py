"""Versions made and changed: decided by their content, found again by it, named, softly deleted."""

import orjson

from ...errors import Conflict
from ...ids import derived_id
from ...json_types import Json, JsonObject, Rendered
from ...kinds.base import Content, FileKind
from ...store.models import Deployment, Version
from ...store.statement import sql
from ..workspace import Workspace
from . import documents, links
from .environments import default_environment
from .files import FileRow, address, create, get_file, set_metadata, touch
from .versions import COLUMNS, IN_ENVIRONMENT, NEWEST, VersionRow, get_version

OF_CONTENT = sql(
    f"""
    SELECT {COLUMNS} FROM version WHERE organisation_id = :organisation AND (uid = :uid OR derived_uid = :uid)
    ORDER BY deleted_at IS NOT NULL, id LIMIT 1
    """,
    VersionRow,
)
"""The Version with the id that a content derives, or that came with another id; a living one first."""

NAMED = sql("SELECT id FROM version WHERE file_id = :file AND name = :name AND deleted_at IS NULL")

COUNT = sql("SELECT count(*) FROM version WHERE file_id = :file AND deleted_at IS NULL")

IS_DEPLOYED = sql("SELECT 1 FROM deployment WHERE file_id = :file AND version_id = :version")


def canonical(content: Json) -> bytes:
    """Return the one JSON text of equal contents."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def derived_uid(kind: FileKind, file_uid: str, content: Content) -> str:
    """Return the id that content derives in a File: the Version with it has this one, unless it was imported."""
    return derived_id(kind.version_prefix, file_uid.encode(), canonical(content))


def upsert(ws: Workspace, kind: FileKind, body: JsonObject) -> VersionRow:
    """Create the File or a Version of it, or find the Version with this content; return that Version."""
    content = {name: body.get(name) for name in kind.content_fields}
    file = address(ws, kind, body) or create(ws, kind, body["path"])
    version = commit(ws, kind, file, content, body)
    set_metadata(ws, file, body)
    return version


def commit(ws: Workspace, kind: FileKind, file: FileRow, content: Content, names: JsonObject) -> VersionRow:
    """Return the Version with this content, made when there is none.

    All of `content` decides the Version; what is stored of it is the kind's `content_fields`.
    `names` may hold version_name and version_description: they also rename an existing Version [A]; a name that
    another Version of the File has: Conflict [D]. The first Version goes to the default environment [C].
    """
    uid = derived_uid(kind, file.uid, content)
    name, description = names.get("version_name"), names.get("version_description")
    row = ws.db.first(OF_CONTENT, organisation=ws.organisation, uid=uid)
    if row is not None and row.deleted_at is None:
        return rename(ws, file, row, name, description)
    if kind.links:
        links.check(ws, kind, kind.links(content))
    _check_free_name(ws, file, name)
    now = ws.now()
    if row is not None:
        row = row._replace(name=name, description=description, deleted_at=None)
        ws.db.update(Version, row.id, name=name, description=description, updated_at=now, deleted_at=None)
    else:
        key = ws.db.insert(
            Version,
            organisation=ws.organisation,
            file=file.id,
            uid=uid,
            name=name,
            description=description,
            content=orjson.dumps({name: content[name] for name in kind.content_fields}).decode(),
            document=orjson.dumps(kind.describe(content)).decode(),
            created_at=now,
            updated_at=now,
            created_by=ws.user,
        )
        row = VersionRow(key, uid, file.id, name, description, deleted_at=None)
    if file.newest_version is None:
        environment = default_environment(ws)
        ws.db.insert(Deployment, file=file.id, environment=environment.id, version=row.id, created_at=now)
    refresh_shown(ws, file)
    return row


def _check_free_name(ws: Workspace, file: FileRow, name: str | None, version: int | None = None) -> None:
    """Raise Conflict when another Version of the File has this name."""
    if name is None:
        return
    other = ws.db.value(NAMED, file=file.id, name=name)
    if other is not None and other != version:
        raise Conflict(
            "Version name is taken.",
            f"Another version of `{file.path}` is already named `{name}`.",
            loc=("body", "version_name"),
        )


def rename(ws: Workspace, file: FileRow, version: VersionRow, name: str | None, description: str | None) -> VersionRow:
    """Set the name and description of a Version where they are given and new, and return it."""
    renamed = version._replace(
        name=version.name if name is None else name,
        description=version.description if description is None else description,
    )
    if renamed != version:
        if renamed.name != version.name:
            _check_free_name(ws, file, renamed.name, version.id)
        ws.db.update(Version, version.id, name=renamed.name, description=renamed.description, updated_at=ws.now())
        touch(ws, file)
    return renamed


def refresh_shown(ws: Workspace, file: FileRow) -> None:
    """Keep a File's `newest_version` and `shown_version` true after its Versions or deployments changed; touch it."""
    newest = ws.db.value(NEWEST, file=file.id)
    default = ws.db.value(IN_ENVIRONMENT, file=file.id, environment=default_environment(ws).id)
    touch(ws, file, newest_version=newest, shown_version=default or newest)


def update(ws: Workspace, kind: FileKind, uid: str, version_id: str, body: JsonObject) -> Rendered:
    """Change the name and description of a Version."""
    file = get_file(ws, kind, uid)
    version = get_version(ws, file, version_id)
    rename(ws, file, version, body.get("name"), body.get("description"))
    return documents.version(ws, version.id)


def delete(ws: Workspace, kind: FileKind, uid: str, version_id: str) -> None:
    """Delete a Version softly; a deployed one, or the last of its File: Conflict [A]."""
    file = get_file(ws, kind, uid)
    version = get_version(ws, file, version_id)
    if ws.db.value(IS_DEPLOYED, file=file.id, version=version.id) is not None:
        raise Conflict(
            "Version is deployed.",
            f"Remove version '{version_id}' from its environments first.",
            loc=("path", "version_id"),
        )
    if ws.db.value(COUNT, file=file.id) == 1:
        raise Conflict(
            "The last version cannot be deleted.",
            f"'{version_id}' is the only version of `{file.path}`; delete the file instead.",
            loc=("path", "version_id"),
        )
    ws.db.update(Version, version.id, deleted_at=ws.now())
    refresh_shown(ws, file)
