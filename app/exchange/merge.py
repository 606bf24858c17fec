"""Brings what is staged into the database: all of it in one transaction, or nothing.

The statements work on sets, and only add what is not there; so a second import changes nothing. What is known by a
name, environments and directories, takes over the ids of the tree while the organisation has never had a File, and
keeps its own from then on. No Log becomes an assignment: what the tree says of
judgments is all there is.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson

from ..db import Row, kept
from ..kinds import DATASET
from ..services import directories, files, judgments, statuses, versions
from ..services.workspace import Workspace
from ..sql import raw
from .merge_sql import COUNTED, FINDINGS, STEPS

Step = Callable[[], None]


@contextmanager
def attached(ws: Workspace, path: Path) -> Iterator[None]:
    """Make the staging file readable as the schema `tree`."""
    ws.db.connection.execute("ATTACH DATABASE ? AS tree", [str(path)])
    try:
        yield
    finally:
        ws.db.connection.execute("DETACH DATABASE tree")


def merge(ws: Workspace, step: Step) -> dict[str, int]:
    """Add what is staged and return how many rows of each kind are new; `step` is called after each statement."""
    new: dict[str, int] = {}
    values = {
        "organisation": ws.organisation,
        "user": ws.user,
        "now": ws.now(),
        "unused": files.is_unused(ws),
        "last_directory": ws.db.value(_last_directory()),
    }
    runs_before = ws.db.value(_last_run())
    for name in STEPS:
        if name in SPECIAL:
            SPECIAL[name](ws)
        else:
            count = ws.db.run(_step(name), **values)
            if name in COUNTED:
                new[name] = count
        step()
    _decide_runs(ws, after=runs_before)
    return new


def findings(ws: Workspace) -> Iterator[str]:
    """Tell what of the tree is not in the database, or not whole: references that lead nowhere, taken paths."""
    for text, query in FINDINGS.items():
        uids = ws.db.column(_finding(query), organisation=ws.organisation)
        if uids:
            named = ", ".join(uids[:3]) + (", …" if len(uids) > 3 else "")
            yield f"{text}: {len(uids):,} ({named})"


@kept
def _step(name: str) -> Any:
    return raw(STEPS[name])


@kept
def _finding(query: str) -> Any:
    return raw(query)


@kept
def _paths() -> Any:
    return raw("""
        SELECT path FROM tree.directory
        UNION SELECT directory FROM tree.file WHERE listed > 0 AND deleted_at IS NULL ORDER BY 1
    """)


def _make_directories(ws: Workspace) -> None:
    for path in ws.db.column(_paths()):
        directories.ensure(ws, path)


@kept
def _datasets() -> Any:
    return raw("""
        SELECT v.id, v.uid, f.uid AS file_uid, v.content,
               (SELECT json_group_array(uid) FROM (
                   SELECT d.uid FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
                   WHERE m.version_id = v.id ORDER BY m.position)) AS datapoints
        FROM tree.version t JOIN version v ON v.organisation_id = :organisation AND v.uid = t.uid
        JOIN file f ON f.id = v.file_id WHERE f.kind = :kind
    """)


@kept
def _set_derived() -> Any:
    return raw("UPDATE version SET derived_uid = :derived WHERE id = :key")


def _derive_datasets(ws: Workspace) -> None:
    """Give Dataset Versions the id that their datapoints derive: the same datapoints are found by it."""
    rows = ws.db.tuples(_datasets(), organisation=ws.organisation, kind=DATASET.type)
    for key, uid, file, content, datapoints in rows:
        whole = orjson.loads(content) | {"datapoints": orjson.loads(datapoints)}
        derived = versions.derived_uid(DATASET, file, whole)
        if derived != uid:
            ws.db.run(_set_derived(), key=key, derived=derived)


@kept
def _counting() -> Any:
    """Select the latest Evaluator Log of each Version on each staged Log that has no verdict of it."""
    return raw("""
        SELECT l.parent_id, l.version_id, max(l.id), l.document, l.error
        FROM tree.log t CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.uid
        WHERE t.parent_uid IS NOT NULL AND l.parent_id IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM verdict v WHERE v.log_id = l.parent_id AND v.evaluator_version_id = l.version_id)
        GROUP BY l.parent_id, l.version_id
    """)


def _restore_verdicts(ws: Workspace) -> None:
    statement = _counting()
    with closing(ws.db.connection.execute(statement.sql, statement.bind({"organisation": ws.organisation}))) as rows:
        judgments.restore(ws, ((*keys, orjson.loads(text)["judgment"], error) for *keys, text, error in rows))


@kept
def _evaluations() -> Any:
    return raw("""
        SELECT DISTINCT e.id, e.etag FROM tree.evaluation_run t
        JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
    """)


@kept
def _runs() -> Any:
    return raw("""
        SELECT r.id, r.etag, r.decided, r.logs_count, r.orchestrated, t.status AS told,
               (SELECT datapoints_count FROM version d WHERE d.id = r.dataset_version_id) AS dataset_count
        FROM evaluation e JOIN tree.evaluation_run t ON t.evaluation_uid = e.uid
        JOIN run r ON r.organisation_id = e.organisation_id AND r.uid = t.run_uid
        WHERE e.id = :evaluation AND r.decided IS NULL AND r.id > :last
    """)


@kept
def _decide() -> Any:
    return raw("UPDATE run SET decided = :status WHERE id = :key")


def _decide_runs(ws: Workspace, *, after: int) -> None:
    """Set the status of new Runs where their Logs and verdicts would give another one: that of the tree is kept.

    So is that of an orchestrated Run which has not ended: the server must not go on with what another one began.
    """
    kept_as_told: dict[int, str] = {}
    for evaluation in ws.db.all(_evaluations(), organisation=ws.organisation):
        rows = ws.db.all(_runs(), evaluation=evaluation.id, last=after)
        derived = statuses.of_runs(ws, evaluation, rows)
        kept_as_told |= {row.id: row.told for row in rows if derived[row.id] != row.told or _goes_on(row)}
    for key, status in kept_as_told.items():
        ws.db.run(_decide(), key=key, status=status)


def _goes_on(run: Row) -> bool:
    return bool(run.orchestrated) and run.told in (statuses.PENDING, statuses.RUNNING)


@kept
def _last_run() -> Any:
    return raw("SELECT coalesce(max(id), 0) FROM run")


@kept
def _last_directory() -> Any:
    return raw("SELECT coalesce(max(id), 0) FROM directory")


SPECIAL: dict[str, Callable[[Workspace], None]] = {
    "directories": _make_directories,
    "derived ids": _derive_datasets,
    "verdicts": _restore_verdicts,
}
