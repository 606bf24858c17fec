"""The wire form of Versions, for every answer that shows one: with the Files that they link to or are watched by.

Those show neither links nor Evaluators of their own (`bare_documents`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ...json_types import JsonObject, Rendered
from ...store.models import Deployment, Environment, File, Monitor
from ...store.statement import Row, integers, kept
from ..workspace import Workspace
from . import bare_documents, links
from .bare_documents import environment_document, load, splice


def versions(
    ws: Workspace, keys: Iterable[int], *, extra: Mapping[int, Mapping[str, Any]] | None = None
) -> dict[int, Rendered]:
    """Render Versions, by integer key; `extra` gives live fields to some of them (datapoints, raw content)."""
    rows, fixed = load(ws, keys)
    shown = links.resolve(ws, {row.id: fixed[row.id][1] for row in rows if fixed[row.id][1]})
    watching = _watching(ws, [row.file for row in rows if row.monitors_count])
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


def version(ws: Workspace, key: int, extra: Mapping[str, Any] | None = None) -> Rendered:
    """Render one Version."""
    return versions(ws, [key], extra={key: extra or {}})[key]


@kept
def monitors() -> Any:
    """Select the monitoring Evaluators of Files, each with the Versions it may stand for."""
    on = (Deployment.file == Monitor.evaluator) & (Deployment.environment == Monitor.environment)
    return (
        Monitor.select(
            Monitor.file,
            Monitor.evaluator_version,
            Monitor.state,
            Monitor.created_at.alias("watched_at"),
            Monitor.updated_at,
            Environment.uid,
            Environment.name,
            Environment.tag,
            Environment.created_at,
            Deployment.version.alias("deployed"),
            File.shown_version,
        )
        .left_outer_join(Environment)
        .switch(Monitor)
        .left_outer_join(File, on=(File.id == Monitor.evaluator))
        .switch(Monitor)
        .left_outer_join(Deployment, on=on)
        .where(Monitor.file.in_(integers("files")))
        .order_by(Monitor.id)
    )


def _watching(ws: Workspace, files: list[int]) -> dict[int, list[JsonObject]]:
    """Return the monitoring Evaluators of Files, rendered; the Evaluators inside show no monitors of their own."""
    if not files:
        return {}
    rows = ws.db.all(monitors(), files=files)
    evaluators = bare_documents.versions(ws, [key for row in rows if (key := _version_of(row))])
    found: dict[int, list[JsonObject]] = {}
    for row in rows:
        found.setdefault(row.file_id, []).append(_document(row, evaluators.get(_version_of(row))))
    return found


def _version_of(row: Row) -> Any:
    return row.evaluator_version_id or row.deployed or row.shown_version


def _document(row: Row, evaluator: Any) -> JsonObject:
    if row.evaluator_version_id:
        reference = {"version": evaluator, "type": "version"}
    else:
        environment = environment_document(row)
        reference = {"file": evaluator, "environment": environment, "type": "environment"}
    return {
        "version_reference": reference,
        "version": evaluator,
        "state": row.state,
        "created_at": row.watched_at,
        "updated_at": row.updated_at,
    }
