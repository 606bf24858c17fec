"""How Files, Versions and what they stand in are merged: `tree.…` are the staged rows, the others the database."""

from collections.abc import Callable

import orjson

from ...kinds import DATASET
from ...services.files import directories, versions
from ...services.workspace import Workspace
from ...store.statement import sql

Step = str | Callable[[Workspace], None]
"""A statement, or what no statement can do."""

ETAG = "random() & 4611686018427387903"  # as `ids.new_etag` makes it: 62 bits

ENVIRONMENT = """coalesce(
            (SELECT id FROM environment WHERE organisation_id = :organisation AND uid = t.environment_uid),
            (SELECT x.id FROM environment x JOIN tree.environment s ON s.name = x.name
             WHERE x.organisation_id = :organisation AND s.uid = t.environment_uid))"""
"""What a staged row calls `environment_uid`: the environment with this id, else the one with its name."""

PATHS = sql("""
    SELECT path FROM tree.directory
    UNION SELECT directory FROM tree.file WHERE listed > 0 AND deleted_at IS NULL ORDER BY 1
""")


def _make_directories(ws: Workspace) -> None:
    for path in ws.db.column(PATHS):
        directories.ensure(ws, path)


DATASETS = sql("""
    SELECT v.id, v.uid, f.uid AS file_uid, v.content,
           (SELECT json_group_array(uid) FROM (
               SELECT d.uid FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
               WHERE m.version_id = v.id ORDER BY m.position)) AS datapoints
    FROM tree.version t JOIN version v ON v.organisation_id = :organisation AND v.uid = t.uid
    JOIN file f ON f.id = v.file_id WHERE f.kind = :kind
""")

SET_DERIVED = sql("UPDATE version SET derived_uid = :derived WHERE id = :key")


def _derive_datasets(ws: Workspace) -> None:
    """Give Dataset Versions the id that their datapoints derive: the same datapoints are found by it."""
    rows = ws.db.tuples(DATASETS, organisation=ws.organisation, kind=DATASET.type)
    for key, uid, file, content, datapoints in rows:
        whole = orjson.loads(content) | {"datapoints": orjson.loads(datapoints)}
        derived = versions.derived_uid(DATASET, file, whole)
        if derived != uid:
            ws.db.run(SET_DERIVED, key=key, derived=derived)


STEPS: dict[str, Step] = {
    "users": """
        INSERT OR IGNORE INTO account (organisation_id, uid, email_address, full_name)
        SELECT :organisation, uid, email_address, full_name FROM tree.account ORDER BY rowid
    """,
    "known environments": """
        UPDATE OR IGNORE environment SET uid = t.uid, tag = t.tag,
            created_at = coalesce(t.created_at, environment.created_at)
        FROM tree.environment t
        WHERE :unused AND environment.organisation_id = :organisation AND environment.name = t.name
        AND NOT EXISTS (SELECT 1 FROM environment e WHERE e.organisation_id = :organisation AND e.uid = t.uid)
    """,
    "environments": """
        INSERT OR IGNORE INTO environment (organisation_id, uid, name, tag, created_at)
        SELECT :organisation, uid, name, iif(:unused, tag, 'other'), coalesce(created_at, :now) FROM tree.environment
        ORDER BY place IS NULL, place, created_at, uid
    """,
    "default environment": """
        UPDATE environment SET tag = 'other'
        WHERE :unused AND organisation_id = :organisation AND tag = 'default'
        AND uid <> (SELECT uid FROM tree.environment WHERE tag = 'default' ORDER BY place, uid LIMIT 1)
    """,
    "directories": _make_directories,
    "known directories": """
        UPDATE OR IGNORE directory SET uid = t.uid, description = coalesce(t.description, directory.description),
            readme = coalesce(t.readme, directory.readme), tags = iif(t.listed, t.tags, directory.tags),
            created_at = coalesce(t.created_at, directory.created_at),
            updated_at = coalesce(t.updated_at, directory.updated_at)
        FROM tree.directory t
        WHERE (:unused OR directory.id > :last_directory)
        AND directory.organisation_id = :organisation AND directory.path = t.path
        AND NOT EXISTS (SELECT 1 FROM directory d WHERE d.organisation_id = :organisation AND d.uid = t.uid)
    """,
    "files": f"""
        INSERT OR IGNORE INTO file (organisation_id, uid, kind, directory_id, name, path, description, readme, tags,
            created_at, updated_at, created_by_id, last_used_at, deleted_at, etag)
        SELECT :organisation, t.uid, t.kind, coalesce(
                CASE WHEN t.listed > 0 AND t.deleted_at IS NULL
                    THEN (SELECT id FROM directory WHERE organisation_id = :organisation AND path = t.directory)
                    ELSE coalesce(
                        (SELECT id FROM directory WHERE organisation_id = :organisation AND uid = t.directory_uid),
                        (SELECT d.id FROM directory d JOIN tree.directory s ON s.path = d.path
                         WHERE d.organisation_id = :organisation AND s.uid = t.directory_uid)) END,
                (SELECT id FROM directory WHERE organisation_id = :organisation AND path = '')),
            t.name, t.path, t.description, t.readme, t.tags, first.created_at, t.updated_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = first.created_by), :user),
            t.last_used_at, CASE WHEN t.listed > 0 THEN t.deleted_at ELSE coalesce(t.deleted_at, t.updated_at) END,
            {ETAG}
        FROM tree.file t
        JOIN (SELECT file_uid, min(created_at) AS created_at, created_by FROM tree.version GROUP BY file_uid) first
            ON first.file_uid = t.uid
        LEFT JOIN tree.file_order o ON o.uid = t.uid ORDER BY o.place IS NULL, o.place, first.created_at, t.uid
    """,
    "versions": """
        INSERT OR IGNORE INTO version (organisation_id, file_id, uid, derived_uid, name, description, content, document,
            created_at, updated_at, created_by_id, deleted_at, datapoints_count)
        SELECT :organisation, f.id, t.uid, t.derived_uid, t.name, t.description, t.content, t.document, t.created_at,
            t.updated_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = t.created_by), :user),
            CASE WHEN t.listed = 0 AND f.deleted_at IS NULL THEN t.updated_at ELSE t.deleted_at END, t.datapoints_count
        FROM tree.version t JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        ORDER BY f.id, t.place IS NULL, t.place, t.created_at, t.uid
    """,
    "datapoints": """
        INSERT OR IGNORE INTO datapoint (organisation_id, uid, derived_uid, document)
        SELECT :organisation, uid, derived_uid, document FROM tree.datapoint ORDER BY rowid
    """,
    "members": """
        INSERT OR IGNORE INTO dataset_member (version_id, position, datapoint_id)
        SELECT v.id, t.position, d.id FROM tree.member t
        JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        JOIN datapoint d ON d.organisation_id = :organisation AND d.uid = t.datapoint_uid
    """,
    "sizes of datasets": """
        UPDATE version SET datapoints_count = (SELECT count(*) FROM dataset_member m WHERE m.version_id = version.id)
        WHERE organisation_id = :organisation AND uid IN (SELECT version_uid FROM tree.member)
    """,
    "derived ids": _derive_datasets,
    "deployments": f"""
        INSERT OR IGNORE INTO deployment (file_id, environment_id, version_id, created_at)
        SELECT f.id, e.id, v.id, v.created_at FROM tree.deployment t
        JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        JOIN environment e ON e.id = {ENVIRONMENT}
        JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid AND v.file_id = f.id
    """,
    "newest versions": """
        UPDATE file SET newest_version = (
            SELECT id FROM version v WHERE v.file_id = file.id
            ORDER BY v.deleted_at IS NOT NULL, created_at DESC, id DESC LIMIT 1)
        WHERE organisation_id = :organisation
    """,
    "files without versions": """
        DELETE FROM file WHERE organisation_id = :organisation AND newest_version IS NULL
    """,
    "shown versions": """
        UPDATE file SET shown_version = coalesce(
            (SELECT d.version_id FROM deployment d JOIN environment e ON e.id = d.environment_id AND e.tag = 'default'
             WHERE d.file_id = file.id), newest_version)
        WHERE organisation_id = :organisation
    """,
    "monitors": f"""
        INSERT INTO monitor (file_id, evaluator_version_id, evaluator_id, environment_id, state, created_at, updated_at)
        SELECT f.id, v.id, e.id, p.id, t.state, t.created_at, t.updated_at
        FROM tree.monitor t JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        LEFT JOIN version v ON v.organisation_id = :organisation AND v.uid = t.evaluator_version_uid
        LEFT JOIN file e ON e.organisation_id = :organisation AND e.uid = t.evaluator_uid
        LEFT JOIN environment p ON p.id = {ENVIRONMENT}
        WHERE (v.id IS NOT NULL OR (e.id IS NOT NULL AND p.id IS NOT NULL)) AND NOT EXISTS (
            SELECT 1 FROM monitor m WHERE m.file_id = f.id AND m.evaluator_version_id IS v.id
            AND m.evaluator_id IS e.id AND m.environment_id IS p.id)
        ORDER BY f.id, t.place
    """,
    "counts of monitors": """
        UPDATE file SET monitors_count = (SELECT count(*) FROM monitor m WHERE m.file_id = file.id)
        WHERE organisation_id = :organisation
    """,
    "variables": """
        INSERT OR IGNORE INTO environment_variable (file_id, name, value)
        SELECT f.id, t.name, t.value FROM tree.variable t
        JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid ORDER BY f.id, t.place
    """,
}
