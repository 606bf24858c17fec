"""Monitoring: which Evaluators watch a File, one Version each or whatever an environment runs [D]."""

from typing import Any

from ...errors import Invalid, NotFound
from ...json_types import JsonObject
from ...kinds import JUDGES
from ...kinds.base import FileKind
from ...store.models import File, Monitor
from ...store.statement import Row, kept, sql
from ...store.statement import arg as given
from ..workspace import Workspace
from . import documents
from .documents import monitors
from .environments import get_environment
from .files import get_file, touch
from .versions import version_in

FIND = sql("""
    SELECT id, state FROM monitor WHERE file_id = :file AND evaluator_version_id IS NOT DISTINCT FROM :version
    AND evaluator_id IS NOT DISTINCT FROM :evaluator AND environment_id IS NOT DISTINCT FROM :environment
""")


@kept
def _evaluator_in() -> Any:
    return File.select(File.id, File.kind).where(
        File.organisation == given("organisation"), File.uid == given("uid"), File.deleted_at.is_null()
    )


def update(ws: Workspace, kind: FileKind, uid: str, body: JsonObject) -> Any:
    """Activate and deactivate monitoring Evaluators of a File; return the File.

    An inactive one stays listed. Deactivating one that never watched the File: NotFound [A].
    """
    file = get_file(ws, kind, uid)
    for item in body.get("activate", []):
        _activate(ws, file, _target(ws, item, "activate"))
    for item in body.get("deactivate", []):
        _deactivate(ws, file, _target(ws, item, "deactivate"), item)
    touch(ws, file, monitors_count=len(ws.db.all(monitors(), files=[file.id])))
    return documents.version(ws, file.shown_version)


def _activate(ws: Workspace, file: Row, target: JsonObject) -> None:
    now = ws.now()
    found = ws.db.first(FIND, file=file.id, **target)
    if found is None:
        ws.db.insert(Monitor, file=file.id, state="active", created_at=now, updated_at=now, **_columns(target))
    elif found.state != "active":
        ws.db.update(Monitor, found.id, state="active", updated_at=now)


def _deactivate(ws: Workspace, file: Row, target: JsonObject, item: JsonObject) -> None:
    found = ws.db.first(FIND, file=file.id, **target)
    if found is None:
        raise NotFound.of("Monitoring evaluator", next(iter(item.values())), loc=("body", "deactivate"))
    if found.state == "active":
        ws.db.update(Monitor, found.id, state="inactive", updated_at=ws.now())


def _columns(target: JsonObject) -> JsonObject:
    return {
        "evaluator_version": target["version"],
        "evaluator": target["evaluator"],
        "environment": target["environment"],
    }


def _target(ws: Workspace, item: JsonObject, field: str) -> JsonObject:
    """Return the keys that a reference names: a Version, or an Evaluator and an environment."""
    if "evaluator_version_id" in item:
        uid = item["evaluator_version_id"]
        row = _evaluator(ws.db.first(version_in(), organisation=ws.organisation, uid=uid, key=None), uid, field)
        return {"version": row.id, "evaluator": None, "environment": None}
    uid = item["evaluator_id"]
    row = _evaluator(ws.db.first(_evaluator_in(), organisation=ws.organisation, uid=uid), uid, field)
    environment = get_environment(ws, item["environment_id"], loc=("body", field))
    return {"version": None, "evaluator": row.id, "environment": environment.id}


def _evaluator(row: Row | None, uid: str, field: str) -> Row:
    """Return the row of an Evaluator; none: NotFound, another kind: Invalid."""
    if row is None:
        raise NotFound.of("Evaluator", uid, loc=("body", field))
    if row.kind not in JUDGES:
        raise Invalid("Not an evaluator.", f"'{uid}' belongs to a {row.kind}.", loc=("body", field))
    return row
