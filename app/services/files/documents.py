"""The wire form of Versions, for every answer that shows one: with the Files that they link to or are watched by.

Those show neither links nor Evaluators of their own (`bare_documents`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..workspace import Workspace
from . import links, monitors
from .bare_documents import Document, load, splice


def versions(
    ws: Workspace, keys: Iterable[int], *, extra: Mapping[int, Mapping[str, Any]] | None = None
) -> dict[int, Document]:
    """Render Versions, by integer key; `extra` gives live fields to some of them (datapoints, raw content)."""
    rows, fixed = load(ws, keys)
    shown = links.resolve(ws, {row.id: fixed[row.id][1] for row in rows if fixed[row.id][1]})
    watching = monitors.shown(ws, [row.file for row in rows if row.monitors_count])
    extra = extra or {}
    return {
        row.id: splice(
            row,
            fixed[row.id],
            shown.get(row.id, []),
            ({"evaluators": watching[row.file]} if row.file in watching else {}) | dict(extra.get(row.id, {})),
        )
        for row in rows
    }


def version(ws: Workspace, key: int, extra: Mapping[str, Any] | None = None) -> Document:
    """Render one Version."""
    return versions(ws, [key], extra={key: extra or {}})[key]
