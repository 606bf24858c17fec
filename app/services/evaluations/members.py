"""Runs as they stand in an Evaluation: found, all of them or one alone, and rendered."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import NotFound
from ...store.statement import Row, sql
from ..files import documents
from ..files.bare_documents import user_document
from ..workspace import Workspace
from . import statuses


class Member(NamedTuple):
    """A Run as it stands in an Evaluation; the columns of MEMBERS in their order."""

    id: int
    uid: str
    file_id: int | None
    dataset_version_id: int | None
    version_id: int | None
    orchestrated: bool
    decided: str | None
    created_at: str
    logs_count: int
    next_position: int
    etag: int
    stored_stats: str | None
    batch: str | None
    added_at: str
    control: bool
    dataset_count: int | None
    version_uid: str | None
    user_uid: str
    email_address: str
    full_name: str | None


NEWEST_FIRST = "ORDER BY er.added_at DESC, er.id DESC"
MEMBERS = """
    SELECT r.id, r.uid, r.file_id, r.dataset_version_id, r.version_id, r.orchestrated, r.decided, r.created_at,
           r.logs_count, r.next_position, r.etag, r.stored_stats, r.batch, er.added_at, er.control,
           d.datapoints_count AS dataset_count, v.uid AS version_uid, u.uid AS user_uid, u.email_address, u.full_name
    FROM evaluation_run er JOIN run r ON r.id = er.run_id JOIN account u ON u.id = r.created_by_id
    LEFT JOIN version d ON d.id = r.dataset_version_id LEFT JOIN version v ON v.id = r.version_id
    WHERE er.evaluation_id = :evaluation
"""
ALL = sql(MEMBERS + NEWEST_FIRST, Member)
ONE = sql(MEMBERS + "AND r.organisation_id = :organisation AND r.uid = :uid", Member)
OF_VERSION = sql(f"{MEMBERS} AND er.run_id IN (SELECT id FROM run WHERE version_id = :version) {NEWEST_FIRST}", Member)


def of_evaluation(ws: Workspace, evaluation: Row) -> list[Member]:
    """Return all Runs of an Evaluation, the newest first."""
    return ws.db.all(ALL, evaluation=evaluation.id)


def of_version(ws: Workspace, evaluation: Row, version: int) -> list[Member]:
    """Return the Runs that evaluate this Version, the newest first."""
    return ws.db.all(OF_VERSION, evaluation=evaluation.id, version=version)


def find(ws: Workspace, evaluation: Row, run_id: str) -> Member | None:
    """Return one Run, if it stands in the Evaluation; the others are not read, however many there are."""
    return ws.db.first(ONE, organisation=ws.organisation, evaluation=evaluation.id, uid=run_id)


def get(ws: Workspace, evaluation: Row, run_id: str) -> Member:
    """Return one Run of an Evaluation. One that is not in it: NotFound."""
    row = find(ws, evaluation, run_id)
    if row is None:
        raise NotFound.of("Run", run_id, loc=("path", "run_id"))
    return row


def named(ws: Workspace, evaluation: Row, wanted: list[str] | None) -> list[Member]:
    """Return the Runs with these ids, or all, the oldest first. One that is not in the Evaluation: NotFound."""
    rows = of_evaluation(ws, evaluation)[::-1]
    for run_id in wanted or []:
        if all(row.uid != run_id for row in rows):
            raise NotFound.of("Run", run_id, loc=("query", "run_id"))
    return [row for row in rows if not wanted or row.uid in wanted]


def render(ws: Workspace, evaluation: Row, rows: list[Member]) -> list[dict[str, Any]]:
    """Return the documents of Runs as they stand in an Evaluation."""
    status = statuses.of_runs(ws, evaluation, rows)
    keys = [key for row in rows for key in (row.dataset_version_id, row.version_id) if key]
    versions: Mapping[Any, Any] = documents.versions(ws, keys)
    return [
        {
            "id": row.uid,
            "dataset": versions.get(row.dataset_version_id),
            "version": versions.get(row.version_id),
            "orchestrated": bool(row.orchestrated),
            "added_at": row.added_at,
            "created_at": row.created_at,
            "created_by": user_document(row),
            "status": status[row.id],
            "control": bool(row.control),
        }
        for row in rows
    ]
