"""Versions: decided by their content, found again by it, named, listed and softly deleted."""

from collections.abc import Mapping
from typing import Any

import orjson
from peewee import fn

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import derived_id
from ...json_types import JsonObject
from ...kinds.base import Content, FileKind
from ...store.models import Deployment, File, Version
from ...store.statement import Row, kept
from ...store.statement import arg as given
from ..workspace import Workspace
from . import documents, links
from .bare_documents import COMMITTED
from .environments import default_environment, environment_named
from .files import address, create, get_file, set_metadata, touch


def canonical(content: Any) -> bytes:
    """Return the one JSON text of equal contents."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


@kept
def _version() -> Any:
    return Version.select().where(Version.organisation == given("organisation"), Version.uid == given("uid"))


@kept
def _of_content() -> Any:
    """Select the Version with the id that a content derives, or that came with another id; a living one first."""
    return (
        Version.select()
        .where(
            Version.organisation == given("organisation"),
            (Version.uid == given("uid")) | (Version.derived_uid == given("uid")),
        )
        .order_by(Version.deleted_at.is_null(False), Version.id)
        .limit(1)
    )


@kept
def _all_versions() -> Any:
    return (
        Version.select(Version.id)
        .where(Version.file == given("file"), Version.deleted_at.is_null())
        .order_by(Version.created_at.desc(), Version.id.desc())
    )


@kept
def _newest() -> Any:
    return _all_versions.__wrapped__().limit(1)  # type: ignore[attr-defined]


@kept
def _deployed(by: str) -> Any:
    where = {
        "environment": lambda: Deployment.environment == given("environment"),
        "version": lambda: Deployment.version == given("version"),
    }[by]
    return Deployment.select(Deployment.version).where(Deployment.file == given("file"), where())


@kept
def _named() -> Any:
    return Version.select(Version.id).where(
        Version.file == given("file"), Version.name == given("name"), Version.deleted_at.is_null()
    )


@kept
def _count() -> Any:
    return Version.select(fn.count(Version.id)).where(Version.file == given("file"), Version.deleted_at.is_null())


def get_version(ws: Workspace, file: Row, uid: str, *, loc: Location = ("path", "version_id")) -> Row:
    """Return the Version of this File with this id, or raise NotFound."""
    row = ws.db.first(_version(), organisation=ws.organisation, uid=uid)
    if row is None or row.file_id != file.id or row.deleted_at is not None:
        raise NotFound.of("Version", uid, loc=loc)
    return row


def resolve(ws: Workspace, file: Row, query: Mapping[str, Any], *, loc: Location = ("query",)) -> int:
    """Return the key of the Version that `version_id` or `environment` picks; neither: the shown one [A].

    Both given: Invalid [A]. Nothing there: NotFound.
    """
    version_id, environment = query.get("version_id"), query.get("environment")
    if version_id is not None and environment is not None:
        raise Invalid("Provide either version_id or environment.", loc=(*loc, "environment"))
    if version_id is not None:
        return get_version(ws, file, version_id, loc=(*loc, "version_id")).id
    if environment is None:
        return file.shown_version
    key = ws.db.value(
        _deployed("environment"),
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


@kept
def _content() -> Any:
    return Version.select(Version.content).where(Version.id == given("key"))


@kept
def _uid() -> Any:
    return Version.select(Version.uid).where(Version.id == given("key"))


def uid_of(ws: Workspace, key: int) -> str:
    """Return the id of a Version."""
    uid: str = ws.db.value(_uid(), key=key)
    return uid


def content_of(ws: Workspace, key: int) -> Content:
    """Return the stored content of a Version."""
    content: Content = orjson.loads(ws.db.value(_content(), key=key))
    return content


def upsert(ws: Workspace, kind: FileKind, body: JsonObject) -> Any:
    """Create the File or a Version of it, or find the Version with this content; return that Version."""
    content = {name: body.get(name) for name in kind.content_fields}
    file = address(ws, kind, body) or create(ws, kind, body["path"])
    key = commit(ws, kind, file, content, body)
    set_metadata(ws, file, body)
    return documents.version(ws, key)


def derived_uid(kind: FileKind, file_uid: str, content: Content) -> str:
    """Return the id that content derives in a File: the Version with it has this one, unless it was imported."""
    return derived_id(kind.version_prefix, file_uid.encode(), canonical(content))


def commit(ws: Workspace, kind: FileKind, file: Row, content: Content, names: JsonObject) -> int:
    """Return the key of the Version with this content, made when there is none.

    All of `content` decides the Version; what is stored of it is the kind's `content_fields`.
    `names` may hold version_name and version_description: they also rename an existing Version [A]; a name that
    another Version of the File has: Conflict [D]. The first Version goes to the default environment [C].
    """
    uid = derived_uid(kind, file.uid, content)
    row = ws.db.first(_of_content(), organisation=ws.organisation, uid=uid)
    if row is not None and row.deleted_at is None:
        rename(ws, file, row, names.get("version_name"), names.get("version_description"))
        return row.id
    if kind.links:
        links.check(ws, kind, kind.links(content))
    check_free_name(ws, file, names.get("version_name"), None)
    now = ws.now()
    values = {
        "name": names.get("version_name"),
        "description": names.get("version_description"),
        "updated_at": now,
        "deleted_at": None,
    }
    if row is not None:
        ws.db.update(Version, row.id, **values)
        key = row.id
    else:
        key = ws.db.insert(
            Version,
            organisation=ws.organisation,
            file=file.id,
            uid=uid,
            content=orjson.dumps({name: content[name] for name in kind.content_fields}).decode(),
            document=orjson.dumps(kind.describe(content)).decode(),
            created_at=now,
            created_by=ws.user,
            **values,
        )
    if file.newest_version is None:
        environment = default_environment(ws)
        ws.db.insert(Deployment, file=file.id, environment=environment.id, version=key, created_at=now)
    refresh_shown(ws, file)
    return key


def check_free_name(ws: Workspace, file: Row, name: str | None, version: int | None) -> None:
    """Raise Conflict when another Version of the File has this name."""
    if name is None:
        return
    other = ws.db.value(_named(), file=file.id, name=name)
    if other is not None and other != version:
        raise Conflict(
            "Version name is taken.",
            f"A version of `{file.path}` is named `{name}` already.",
            loc=("body", "version_name"),
        )


def rename(ws: Workspace, file: Row, version: Row, name: str | None, description: str | None) -> None:
    """Set the name and description of a Version where they are given and new."""
    given_values = (("name", name), ("description", description))
    changes = {key: value for key, value in given_values if value is not None and value != getattr(version, key)}
    if changes:
        check_free_name(ws, file, changes.get("name"), version.id)
        ws.db.update(Version, version.id, **changes, updated_at=ws.now())
        touch(ws, file)


def refresh_shown(ws: Workspace, file: Row) -> None:
    """Keep `newest_version` and `shown_version` of a File true after its Versions or deployments changed."""
    newest = ws.db.value(_newest(), file=file.id)
    default = ws.db.value(_deployed("environment"), file=file.id, environment=default_environment(ws).id)
    touch(ws, file, newest_version=newest, shown_version=default or newest)


def get(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> Any:
    """Return a File at the Version that the query picks."""
    file = get_file(ws, kind, uid)
    return documents.version(ws, resolve(ws, file, query))


def keys_of(ws: Workspace, file: Row, status: str | None = None) -> list[int]:
    """Return the keys of a File's Versions, newest first [A]; none is in another status than `committed`."""
    if status not in (None, COMMITTED):
        return []
    return ws.db.column(_all_versions(), file=file.id)


def update(ws: Workspace, kind: FileKind, uid: str, version_id: str, body: JsonObject) -> Any:
    """Change the name and description of a Version."""
    file = get_file(ws, kind, uid)
    version = get_version(ws, file, version_id)
    rename(ws, file, version, body.get("name"), body.get("description"))
    return documents.version(ws, version.id)


def delete(ws: Workspace, kind: FileKind, uid: str, version_id: str) -> None:
    """Delete a Version softly; a deployed one, or the last of its File: Conflict [A]."""
    file = get_file(ws, kind, uid)
    version = get_version(ws, file, version_id)
    if ws.db.value(_deployed("version"), file=file.id, version=version.id) is not None:
        raise Conflict("Version is deployed.", f"Version '{version_id}' is deployed.", loc=("path", "version_id"))
    if ws.db.value(_count(), file=file.id) == 1:
        raise Conflict(
            "The last version cannot be deleted.",
            f"'{version_id}' is the only version of `{file.path}`; delete the file instead.",
            loc=("path", "version_id"),
        )
    ws.db.update(Version, version.id, deleted_at=ws.now())
    refresh_shown(ws, file)


@kept
def version_in() -> Any:
    """Select a Version of any File of the organisation, by id or by key, with its File."""
    return (
        Version.select(
            Version.id,
            Version.uid,
            Version.datapoints_count,
            File.id.alias("file"),
            File.uid.alias("file_uid"),
            File.kind,
            File.path,
        )
        .join(File)
        .where(
            Version.organisation == given("organisation"),
            (Version.uid == given("uid")) | (Version.id == given("key")),
            Version.deleted_at.is_null(),
            File.deleted_at.is_null(),
        )
    )
