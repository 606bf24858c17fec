"""Links from the content of one Version to other Files: the linked tools of prompts and agents.

A link names a File and perhaps a Version or an environment of it; without these it follows the shown Version.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ...errors import Invalid, NotFound
from ...json_types import JsonObject
from ...kinds.base import FileKind, Linked
from ...store.models import Deployment, Environment, File, Version
from ...store.statement import Row, integers, kept, sql, texts
from ...store.statement import arg as given
from ..workspace import Workspace
from . import bare_documents

Items = list[JsonObject]
Reference = tuple[str, str | None, str | None]  # file, version, environment ids


@kept
def _files() -> Any:
    return File.select(File.uid, File.shown_version).where(
        File.organisation == given("organisation"), File.uid.in_(texts("uids")), File.deleted_at.is_null()
    )


@kept
def _deployed() -> Any:
    return (
        Deployment.select(File.uid.alias("file"), Environment.uid.alias("environment"), Deployment.version)
        .join(File)
        .switch(Deployment)
        .join(Environment)
        .where(File.organisation == given("organisation"), File.uid.in_(texts("uids")))
    )


@kept
def _chosen() -> Any:
    return (
        Version.select(Version.uid, Version.id, File.uid.alias("file"))
        .join(File)
        .where(Version.organisation == given("organisation"), Version.uid.in_(texts("uids")))
    )


@kept
def _contents() -> Any:
    return (
        Version.select(Version.id, Version.uid, Version.content, File.uid.alias("file"), File.name, File.kind)
        .join(File)
        .where(Version.id.in_(integers("keys")))
    )


TARGETS = sql("""
    SELECT v.id AS version_id, v.uid AS version_uid, v.content, f.id, f.uid, f.kind, f.name, f.description,
           f.monitors_count
    FROM integers(:keys) j JOIN version v ON v.id = j.value JOIN file f ON f.id = v.file_id
""")
"""Select Versions with what their Files need who run them."""


def _references(items: Iterable[JsonObject]) -> list[Reference]:
    links = [item["link"] for item in items if item.get("link")]
    return [(link["file_id"], link.get("version_id"), link.get("environment_id")) for link in links]


def check(ws: Workspace, kind: FileKind, items: Items) -> None:
    """Raise NotFound for the first link that leads nowhere, Invalid for one to a File that cannot be linked."""
    loc = ("body", "tools")
    references = _references(items)
    found = _find(ws, references)
    rows = {row.id: row for row in ws.db.all(_contents(), keys=list(found.values()))} if found else {}
    for reference in references:
        if reference not in found:
            raise NotFound.of("Linked file", reference[1] or reference[0], loc=loc)
        row = rows[found[reference]]
        if row.kind not in kind.link_kinds:
            raise Invalid(
                "Wrong type of file.",
                f"`{row.name}` is of type {row.kind}, which this {kind.type} cannot link.",
                loc=loc,
            )


def resolve(ws: Workspace, linking: Mapping[int, Items]) -> dict[int, list[Linked | None]]:
    """Return, for each Version with links, what each of its items leads to (None: nothing, or no link)."""
    if not linking:
        return {}
    found = _find(ws, [reference for items in linking.values() for reference in _references(items)])
    shown = bare_documents.versions(ws, found.values())
    rows = {row.id: row for row in ws.db.all(_contents(), keys=list(shown))} if shown else {}

    def linked(item: JsonObject) -> Linked | None:
        reference = _references([item])
        key = found.get(reference[0]) if reference else None
        if key is None:
            return None
        row = rows[key]
        return Linked(row.file, row.uid, row.name, orjson.loads(row.content), shown[key])

    return {version: [linked(item) for item in items] for version, items in linking.items()}


def targets(ws: Workspace, items: Items) -> list[Row | None]:
    """Return the Version behind each item, its content loaded, with its File (None: nothing, or no link)."""
    found = _find(ws, _references(items))
    rows = {row.version_id: row for row in versions(ws, list(found.values()))}
    references = [_references([item]) for item in items]
    return [rows.get(found.get(reference[0])) if reference else None for reference in references]


def versions(ws: Workspace, keys: list[int]) -> list[Row]:
    """Return Versions by key, their content loaded, with what their Files need who run them."""
    rows = ws.db.all(TARGETS, keys=keys) if keys else []
    return [row._replace(content=orjson.loads(row.content)) for row in rows]


def _find(ws: Workspace, references: list[Reference]) -> dict[Reference, int]:
    """Return the integer key of the Version behind each reference that leads somewhere."""
    if not references:
        return {}
    files = [file for file, _, _ in references]
    chosen = [version for _, version, _ in references if version]
    environments = [environment for _, _, environment in references if environment]
    shown = {row.uid: row.shown_version for row in ws.db.all(_files(), organisation=ws.organisation, uids=files)}
    versions = {
        (row.file, row.uid): row.id
        for row in (ws.db.all(_chosen(), organisation=ws.organisation, uids=chosen) if chosen else [])
    }
    deployed = {
        (row.file, row.environment): row.version_id
        for row in (ws.db.all(_deployed(), organisation=ws.organisation, uids=files) if environments else [])
    }
    found: dict[Reference, int | None] = {}
    for file, version, environment in references:
        if version:
            key = versions.get((file, version))
        elif environment:
            key = deployed.get((file, environment))
        else:
            key = shown.get(file)
        found[file, version, environment] = key
    return {reference: key for reference, key in found.items() if key is not None}
