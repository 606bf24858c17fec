"""Links from the content of one Version to other Files: the linked tools of prompts and agents.

A link names a File and perhaps a Version or an environment of it; without these it follows the shown Version.
"""

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from ...errors import Invalid, NotFound
from ...json_types import JsonObject
from ...kinds.base import Content, FileKind
from ...store.statement import sql
from ..workspace import Workspace

Items = list[JsonObject]  # of the content of a Version; those with a `link` name another File
Reference = tuple[str, str | None, str | None]  # file, version, environment ids


SHOWN = sql("""
    SELECT uid, shown_version FROM file
    WHERE organisation_id = :organisation AND uid IN (SELECT value FROM texts(:uids)) AND deleted_at IS NULL
""")

DEPLOYED = sql("""
    SELECT f.uid, e.uid, d.version_id FROM deployment d
    JOIN file f ON f.id = d.file_id JOIN environment e ON e.id = d.environment_id
    WHERE f.organisation_id = :organisation AND f.uid IN (SELECT value FROM texts(:uids))
""")

CHOSEN = sql("""
    SELECT f.uid, v.uid, v.id FROM version v JOIN file f ON f.id = v.file_id
    WHERE v.organisation_id = :organisation AND v.uid IN (SELECT value FROM texts(:uids))
""")


class Target(NamedTuple):
    """A Version that a link leads to, with what its File needs to be run; `id` and `uid` are the File's."""

    version_id: int
    version_uid: str
    text: str
    id: int
    uid: str
    kind: str
    name: str
    description: str | None
    monitors_count: int

    @property
    def content(self) -> Content:
        """The content of the Version, read from its text."""
        content: Content = orjson.loads(self.text)
        return content


TARGETS = sql(
    """
    SELECT v.id AS version_id, v.uid AS version_uid, v.content AS text, f.id, f.uid, f.kind, f.name, f.description,
           f.monitors_count
    FROM integers(:keys) j JOIN version v ON v.id = j.value JOIN file f ON f.id = v.file_id
    """,
    Target,
)


def reference_of(item: JsonObject) -> Reference | None:
    """Return what the link of an item refers to; None for an item without a link."""
    link = item.get("link")
    return (link["file_id"], link.get("version_id"), link.get("environment_id")) if link else None


def check(ws: Workspace, kind: FileKind, items: Items) -> None:
    """Raise NotFound for the first link that leads nowhere, Invalid for one to a File that cannot be linked."""
    loc = ("body", "tools")
    for item, row in zip(items, targets(ws, items), strict=True):
        reference = reference_of(item)
        if reference and not row:
            raise NotFound.of("Linked file", reference[1] or reference[0], loc=loc)
        if row and row.kind not in kind.link_kinds:
            raise Invalid(
                "Wrong type of file.",
                f"`{row.name}` is of type {row.kind}, which this {kind.type} cannot link to.",
                loc=loc,
            )


def targets(ws: Workspace, items: Items) -> list[Target | None]:
    """Return the Version behind each item with its File (None: nothing, or no link)."""
    found = find(ws, items)
    rows = {row.version_id: row for row in versions(ws, list(found.values()))}
    references = map(reference_of, items)
    return [rows[found[reference]] if reference in found else None for reference in references]


def versions(ws: Workspace, keys: list[int]) -> list[Target]:
    """Return Versions by key, with what their Files need to be run."""
    return ws.db.all(TARGETS, keys=keys) if keys else []


def find(ws: Workspace, items: Iterable[JsonObject]) -> dict[Reference, int]:
    """Return the integer key of the Version behind each reference that leads somewhere."""
    references = _references(items)
    if not references:
        return {}
    own = {"organisation": ws.organisation}
    files = [file for file, _, _ in references]
    chosen = [version for _, version, _ in references if version]
    by_version = _pairs(ws.db.tuples(CHOSEN, uids=chosen, **own)) if chosen else {}
    in_environments = any(environment for _, _, environment in references)
    by_environment = _pairs(ws.db.tuples(DEPLOYED, uids=files, **own)) if in_environments else {}
    shown = dict(ws.db.tuples(SHOWN, uids=files, **own))
    found: dict[Reference, int | None] = {}
    for file, version, environment in references:
        if version:
            key = by_version.get((file, version))
        elif environment:
            key = by_environment.get((file, environment))
        else:
            key = shown.get(file)
        found[file, version, environment] = key
    return {reference: key for reference, key in found.items() if key is not None}


def _references(items: Iterable[JsonObject]) -> list[Reference]:
    return [reference for item in items if (reference := reference_of(item))]


def _pairs(rows: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    return {(file, other): key for file, other, key in rows}
