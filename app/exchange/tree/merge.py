"""Merges the staged rows into the database: all of them in one transaction, or none.

The statements work on sets and only add what is missing, so a second import changes nothing. Environments and
directories, which are known by name, take over the ids of the tree as long as the organisation has never had a File,
and keep their own from then on. No Log is assigned to an Evaluator: the judgments in the tree are all there will be.

This module has Files, Versions and what contains them; `merge_logs` has what refers to them.
"""

from collections.abc import Callable
from typing import NamedTuple

import orjson

from ...kinds.dataset import DATASET
from ...services.files import commits, directories, spare
from ...services.workspace import Workspace
from ...store.statement import Statement, sql
from . import merge_logs
from .merge_logs import Step

COUNTED = ("files", "versions", "deployments", "datapoints", "logs", "evaluations", "runs", "links", "stored stats")
"""The steps whose new rows a summary counts."""

LIVE_PATHS = sql("SELECT path FROM staged_file WHERE listed > 0 AND deleted_at IS NULL")

LAST_DIRECTORY = sql("SELECT coalesce(max(id), 0) FROM directory")


def merge(ws: Workspace, step: Callable[[], None]) -> dict[str, int]:
    """Add the staged rows and return how many of each kind are new; `step` is called after each statement."""
    new: dict[str, int] = {}
    spare.clear(ws, among=set(ws.db.column(LIVE_PATHS)))  # the tree has Example Evaluators of its own
    values = {
        "organisation": ws.organisation,
        "user": ws.user,
        "now": ws.now(),
        "unused": spare.is_unused(ws),
        "last_directory": ws.db.value(LAST_DIRECTORY),
        "last_run": ws.db.value(merge_logs.LAST_RUN),
    }
    for name, work in (STEPS | merge_logs.STEPS).items():
        count = ws.db.run(work, **values) if isinstance(work, Statement) else work(ws)
        if name in COUNTED:
            new[name] = count
        step()
    merge_logs.decide_runs(ws, after=values["last_run"])
    return new


ENVIRONMENT = """coalesce(
            (SELECT id FROM environment WHERE organisation_id = :organisation AND uid = t.environment_uid),
            (SELECT x.id FROM environment x JOIN staged_environment s ON s.name = x.name
             WHERE x.organisation_id = :organisation AND s.uid = t.environment_uid))"""
"""The environment that a staged row means by `environment_uid`: the one with this id, else the one with its name."""

PATHS = sql("""
    SELECT path FROM staged_directory
    UNION SELECT directory FROM staged_file WHERE listed > 0 AND deleted_at IS NULL ORDER BY 1
""")


def _make_directories(ws: Workspace) -> int:
    """Make the directories of the tree that are missing; a later step gives them their ids."""
    paths = ws.db.column(PATHS)
    for path in paths:
        directories.ensure(ws, path)
    return len(paths)


class Dataset(NamedTuple):
    """A Dataset Version of the tree; `datapoints` is a JSON list of ids."""

    id: int
    uid: str
    file_uid: str
    content: str
    datapoints: str


DATASETS = sql(
    """
    SELECT v.id, v.uid, f.uid AS file_uid, v.content,
           (SELECT list_of(uid) FROM (
               SELECT d.uid FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
               WHERE m.version_id = v.id ORDER BY m.position) AS listed) AS datapoints
    FROM staged_version t JOIN version v ON v.organisation_id = :organisation AND v.uid = t.uid
    JOIN file f ON f.id = v.file_id WHERE f.kind = :kind
    """,
    Dataset,
)

SET_DERIVED = sql("UPDATE version SET derived_uid = :derived WHERE id = :key")


def _derive_datasets(ws: Workspace) -> int:
    """Store the id that the datapoints of a Dataset Version derive: an upsert of the same ones finds it by that."""
    found = ws.db.all(DATASETS, organisation=ws.organisation, kind=DATASET.type)
    for row in found:
        whole = orjson.loads(row.content) | {"datapoints": orjson.loads(row.datapoints)}
        derived = commits.derived_uid(DATASET, row.file_uid, whole)
        if derived != row.uid:
            ws.db.run(SET_DERIVED, key=row.id, derived=derived)
    return len(found)


STEPS: dict[str, Step] = {
    "users": sql("""
        INSERT INTO account (organisation_id, uid, email_address, full_name)
        SELECT :organisation, uid, email_address, full_name FROM staged_account ORDER BY uid
        ON CONFLICT DO NOTHING
    """),
    "known environments": sql("""
        UPDATE environment SET uid = t.uid, tag = t.tag,
            created_at = coalesce(t.created_at, environment.created_at)
        FROM staged_environment t
        WHERE :unused AND environment.organisation_id = :organisation AND environment.name = t.name
        AND NOT EXISTS (SELECT 1 FROM environment e WHERE e.organisation_id = :organisation AND e.uid = t.uid)
    """),
    "environments": sql("""
        INSERT INTO environment (organisation_id, uid, name, tag, created_at)
        SELECT :organisation, uid, name, CASE WHEN :unused THEN tag ELSE 'other' END, coalesce(created_at, :now)
        FROM staged_environment
        ORDER BY place IS NULL, place, created_at, uid
        ON CONFLICT DO NOTHING
    """),
    "default environment": sql("""
        UPDATE environment SET tag = 'other'
        WHERE :unused AND organisation_id = :organisation AND tag = 'default'
        AND uid <> (SELECT uid FROM staged_environment WHERE tag = 'default' ORDER BY place, uid LIMIT 1)
    """),
    "directories": _make_directories,
    "known directories": sql("""
        UPDATE directory SET uid = t.uid, description = coalesce(t.description, directory.description),
            readme = coalesce(t.readme, directory.readme),
            tags = CASE WHEN t.listed > 0 THEN t.tags ELSE directory.tags END,
            created_at = coalesce(t.created_at, directory.created_at),
            updated_at = coalesce(t.updated_at, directory.updated_at)
        FROM staged_directory t
        WHERE (:unused OR directory.id > :last_directory)
        AND directory.organisation_id = :organisation AND directory.path = t.path
        AND NOT EXISTS (SELECT 1 FROM directory d WHERE d.organisation_id = :organisation AND d.uid = t.uid)
        AND t.path = (SELECT s.path FROM staged_directory s WHERE s.uid = t.uid ORDER BY s.listed DESC, s.path LIMIT 1)
    """),
    "files": sql("""
        INSERT INTO file (organisation_id, uid, kind, directory_id, name, path, description, readme, tags,
            created_at, updated_at, created_by_id, last_used_at, deleted_at, etag)
        SELECT :organisation, t.uid, t.kind, coalesce(
                CASE WHEN t.listed > 0 AND t.deleted_at IS NULL
                    THEN (SELECT id FROM directory WHERE organisation_id = :organisation AND path = t.directory)
                    ELSE coalesce(
                        (SELECT id FROM directory WHERE organisation_id = :organisation AND uid = t.directory_uid),
                        (SELECT d.id FROM directory d JOIN staged_directory s ON s.path = d.path
                         WHERE d.organisation_id = :organisation AND s.uid = t.directory_uid)) END,
                (SELECT id FROM directory WHERE organisation_id = :organisation AND path = '')),
            t.name, t.path, t.description, t.readme, t.tags, oldest.created_at, t.updated_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = oldest.created_by), :user),
            t.last_used_at, CASE WHEN t.listed > 0 THEN t.deleted_at ELSE coalesce(t.deleted_at, t.updated_at) END,
            new_etag()
        FROM staged_file t
        JOIN (SELECT file_uid, created_at, created_by, row_number() OVER (
                PARTITION BY file_uid ORDER BY created_at, place IS NULL, place, uid) AS number FROM staged_version
            ) AS oldest ON oldest.file_uid = t.uid AND oldest.number = 1
        LEFT JOIN staged_file_order o ON o.uid = t.uid ORDER BY o.place IS NULL, o.place, oldest.created_at, t.uid
        ON CONFLICT DO NOTHING
    """),
    "versions": sql("""
        INSERT INTO version (organisation_id, file_id, uid, derived_uid, name, description, content, document,
            created_at, updated_at, created_by_id, deleted_at, datapoints_count)
        SELECT :organisation, f.id, t.uid, t.derived_uid, t.name, t.description, t.content, t.document, t.created_at,
            t.updated_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = t.created_by), :user),
            CASE WHEN t.listed = 0 AND f.deleted_at IS NULL THEN t.updated_at ELSE t.deleted_at END, t.datapoints_count
        FROM staged_version t JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        ORDER BY f.id, t.place IS NULL, t.place, t.created_at, t.uid
        ON CONFLICT DO NOTHING
    """),
    "datapoints": sql("""
        INSERT INTO datapoint (organisation_id, uid, derived_uid, document)
        SELECT :organisation, uid, derived_uid, document FROM staged_datapoint ORDER BY uid
        ON CONFLICT DO NOTHING
    """),
    "members": sql("""
        INSERT INTO dataset_member (version_id, position, datapoint_id)
        SELECT v.id, t.position, d.id FROM staged_member t
        JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        JOIN datapoint d ON d.organisation_id = :organisation AND d.uid = t.datapoint_uid ORDER BY v.id, t.position
        ON CONFLICT DO NOTHING
    """),
    "sizes of datasets": sql("""
        UPDATE version SET datapoints_count = (SELECT count(*) FROM dataset_member m WHERE m.version_id = version.id)
        WHERE organisation_id = :organisation AND uid IN (SELECT version_uid FROM staged_member)
    """),
    "derived ids": _derive_datasets,
    "deployments": sql(f"""
        INSERT INTO deployment (file_id, environment_id, version_id, created_at)
        SELECT f.id, e.id, v.id, v.created_at FROM staged_deployment t
        JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        JOIN environment e ON e.id = {ENVIRONMENT}
        JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid AND v.file_id = f.id
        ORDER BY f.id, e.id
        ON CONFLICT DO NOTHING
    """),
    "newest versions": sql("""
        UPDATE file SET newest_version = (
            SELECT id FROM version v WHERE v.file_id = file.id
            ORDER BY v.deleted_at IS NOT NULL, created_at DESC, id DESC LIMIT 1)
        WHERE organisation_id = :organisation
    """),
    "files without versions": sql("""
        DELETE FROM file WHERE organisation_id = :organisation AND newest_version IS NULL
    """),
    "shown versions": sql("""
        UPDATE file SET shown_version = coalesce(
            (SELECT d.version_id FROM deployment d JOIN environment e ON e.id = d.environment_id AND e.tag = 'default'
             WHERE d.file_id = file.id), newest_version)
        WHERE organisation_id = :organisation
    """),
    "monitors": sql(f"""
        INSERT INTO monitor (file_id, evaluator_version_id, evaluator_id, environment_id, state, created_at, updated_at)
        SELECT f.id, v.id, e.id, p.id, t.state, t.created_at, t.updated_at
        FROM staged_monitor t JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        LEFT JOIN version v ON v.organisation_id = :organisation AND v.uid = t.evaluator_version_uid
        LEFT JOIN file e ON e.organisation_id = :organisation AND e.uid = t.evaluator_uid
        LEFT JOIN environment p ON p.id = {ENVIRONMENT}
        WHERE (v.id IS NOT NULL OR (e.id IS NOT NULL AND p.id IS NOT NULL)) AND NOT EXISTS (
            SELECT 1 FROM monitor m WHERE m.file_id = f.id AND m.evaluator_version_id IS NOT DISTINCT FROM v.id
            AND m.evaluator_id IS NOT DISTINCT FROM e.id
            AND m.environment_id IS NOT DISTINCT FROM p.id)
        ORDER BY f.id, t.place
    """),
    "counts of monitors": sql("""
        UPDATE file SET monitors_count = (SELECT count(*) FROM monitor m WHERE m.file_id = file.id)
        WHERE organisation_id = :organisation
    """),
    "variables": sql("""
        INSERT INTO environment_variable (file_id, name, value)
        SELECT f.id, t.name, t.value FROM staged_variable t
        JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid ORDER BY f.id, t.place
        ON CONFLICT DO NOTHING
    """),
}
