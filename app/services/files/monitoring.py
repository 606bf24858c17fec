"""Monitoring: the Evaluators that judge each new Log of a File [D], and what they found."""

from typing import NamedTuple

from ...errors import Invalid, NotFound
from ...json_types import JsonObject, Rendered
from ...kinds import JUDGES
from ...kinds.base import FileKind
from ...store.models import Monitor
from ...store.statement import sql
from ..workspace import Workspace
from . import documents, versions
from .environments import get_environment
from .files import FileRow, find_file, get_file, shown_version, touch


class MonitorKey(NamedTuple):
    """What identifies a monitoring Evaluator of a File: its Version, or the Evaluator and an environment."""

    evaluator_version: int | None = None
    evaluator: int | None = None
    environment: int | None = None


class MonitorRow(NamedTuple):
    """A monitoring Evaluator of a File, which may be inactive."""

    id: int
    state: str


FIND = sql(
    """
    SELECT id, state FROM monitor WHERE file_id = :file
    AND evaluator_version_id IS NOT DISTINCT FROM :evaluator_version
    AND evaluator_id IS NOT DISTINCT FROM :evaluator AND environment_id IS NOT DISTINCT FROM :environment
    """,
    MonitorRow,
)

COUNT = sql("SELECT count(*) FROM monitor WHERE file_id = :file")


class Aggregate(NamedTuple):
    """The mean of an Evaluator's judgments on the Logs of a Version."""

    version_id: int
    evaluator_version_id: str
    evaluator_id: str
    value: float
    created_at: str
    updated_at: str


AGGREGATES = sql(
    """
    SELECT l.version_id, ev.uid AS evaluator_version_id, ef.uid AS evaluator_id, avg(v.number) AS value,
           min(el.created_at) AS created_at, max(el.created_at) AS updated_at
    FROM integers(:versions) j
    CROSS JOIN log l ON l.version_id = j.value
    JOIN verdict v ON v.log_id = l.id AND v.number IS NOT NULL
    JOIN log el ON el.id = v.evaluator_log_id
    JOIN version ev ON ev.id = v.evaluator_version_id
    JOIN file ef ON ef.id = ev.file_id
    GROUP BY l.version_id, v.evaluator_version_id, ev.uid, ef.uid ORDER BY v.evaluator_version_id
    """,
    Aggregate,
)


def update(ws: Workspace, kind: FileKind, uid: str, body: JsonObject) -> Rendered:
    """Activate and deactivate monitoring Evaluators of a File; return the File.

    An inactive one stays listed. Deactivating one that never monitored the File: NotFound [A].
    """
    file = get_file(ws, kind, uid)
    for item in body.get("activate", []):
        _activate(ws, file, _target(ws, item, "activate"))
    for item in body.get("deactivate", []):
        _deactivate(ws, file, _target(ws, item, "deactivate"), item)
    touch(ws, file, monitors_count=ws.db.value(COUNT, file=file.id))
    return documents.version(ws, shown_version(file))


def aggregates_of(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
    """Return the live field `evaluator_aggregates` of Versions: the mean of each Evaluator's judgments on their Logs.

    Booleans count as 0 and 1; Evaluators of options and texts have no number and are left out [A].
    """
    found: dict[int, list[JsonObject]] = {key: [] for key in keys}
    for row in ws.db.all(AGGREGATES, versions=keys):
        found[row.version_id].append(
            {
                "value": row.value,
                "evaluator_id": row.evaluator_id,
                "evaluator_version_id": row.evaluator_version_id,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
        )
    return {key: {"evaluator_aggregates": aggregates} for key, aggregates in found.items()}


def _activate(ws: Workspace, file: FileRow, key: MonitorKey) -> None:
    now = ws.now()
    found = ws.db.first(FIND, file=file.id, **key._asdict())
    if found is None:
        ws.db.insert(Monitor, file=file.id, state="active", created_at=now, updated_at=now, **key._asdict())
    elif found.state != "active":
        ws.db.update(Monitor, found.id, state="active", updated_at=now)


def _deactivate(ws: Workspace, file: FileRow, key: MonitorKey, item: JsonObject) -> None:
    found = ws.db.first(FIND, file=file.id, **key._asdict())
    if found is None:
        raise NotFound.of("Monitoring evaluator", next(iter(item.values())), loc=("body", "deactivate"))
    if found.state == "active":
        ws.db.update(Monitor, found.id, state="inactive", updated_at=ws.now())


def _target(ws: Workspace, item: JsonObject, field: str) -> MonitorKey:
    """Return what an item of a request names; nothing there: NotFound, not an Evaluator: Invalid."""
    loc = ("body", field)
    by_version = "evaluator_version_id" in item
    uid = item["evaluator_version_id" if by_version else "evaluator_id"]
    row = versions.find(ws, uid) if by_version else find_file(ws, uid)
    if row is None:
        raise NotFound.of("Evaluator", uid, loc=loc)
    if row.kind not in JUDGES:
        raise Invalid("Not an evaluator.", f"'{uid}' is of type {row.kind}.", loc=loc)
    if by_version:
        return MonitorKey(evaluator_version=row.id)
    return MonitorKey(evaluator=row.id, environment=get_environment(ws, item["environment_id"], loc=loc).id)
