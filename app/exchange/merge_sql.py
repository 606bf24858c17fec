"""The statements of a merge, in their order: `tree.…` are the staged rows, the others the database."""

ETAG = "random() & 4611686018427387903"  # as `ids.new_etag` makes it: 62 bits

ENVIRONMENT = """coalesce(
            (SELECT id FROM environment WHERE organisation_id = :organisation AND uid = t.environment_uid),
            (SELECT x.id FROM environment x JOIN tree.environment s ON s.name = x.name
             WHERE x.organisation_id = :organisation AND s.uid = t.environment_uid))"""
"""What a staged row calls `environment_uid`: the environment with this id, else the one with its name."""

STEPS = {
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
    "directories": "",
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
    "derived ids": "",
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
    "logs": """
        INSERT INTO log (organisation_id, uid, file_id, version_id, created_at, start_time, end_time, status, inputs,
            output, error, metadata, document, datapoint_id)
        SELECT :organisation, t.uid, v.file_id, v.id, t.created_at, t.start_time, t.end_time, t.status, t.inputs,
            t.output, t.error, t.metadata, t.document,
            (SELECT d.id FROM datapoint d WHERE d.organisation_id = :organisation AND d.uid = t.datapoint_uid)
        FROM tree.log t LEFT JOIN tree.log_order o ON o.uid = t.uid
        CROSS JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        WHERE NOT EXISTS (SELECT 1 FROM log l WHERE l.organisation_id = :organisation AND l.uid = t.uid)
        ORDER BY o.place IS NULL, o.place, t.created_at, t.id DESC
    """,
    "places of logs": """
        UPDATE log SET
            parent_id = (SELECT p.id FROM log p WHERE p.organisation_id = :organisation AND p.uid = t.parent_uid),
            trace_parent_id = (
                SELECT p.id FROM log p WHERE p.organisation_id = :organisation AND p.uid = t.trace_parent_uid)
        FROM tree.log t WHERE coalesce(t.parent_uid, t.trace_parent_uid) IS NOT NULL
        AND log.organisation_id = :organisation AND log.uid = t.uid
    """,
    "traces": """
        WITH RECURSIVE below (id, root) AS (
            SELECT l.id, coalesce(l.trace_id, l.id) FROM tree.log t
            CROSS JOIN log c ON c.organisation_id = :organisation AND c.uid = t.uid
            CROSS JOIN log l ON l.id = c.trace_parent_id AND l.trace_parent_id IS NULL
            WHERE t.trace_parent_uid IS NOT NULL
            UNION SELECT l.id, b.root FROM below b CROSS JOIN log l ON l.trace_parent_id = b.id
        )
        UPDATE log SET trace_id = below.root FROM below WHERE log.id = below.id AND below.id <> below.root
    """,
    "circles": """
        UPDATE log SET trace_parent_id = NULL WHERE trace_id IS NULL AND trace_parent_id IS NOT NULL
        AND organisation_id = :organisation AND uid IN (SELECT uid FROM tree.log WHERE trace_parent_uid IS NOT NULL)
    """,
    "counts of versions": """
        UPDATE version SET logs_count = (SELECT count(*) FROM log l WHERE l.version_id = version.id)
        WHERE organisation_id = :organisation AND uid IN (SELECT version_uid FROM tree.log)
    """,
    "counts of files": """
        UPDATE file SET logs_count = (SELECT count(*) FROM log l WHERE l.file_id = file.id)
        WHERE organisation_id = :organisation AND id IN (
            SELECT v.file_id FROM version v
            WHERE v.organisation_id = :organisation AND v.uid IN (SELECT version_uid FROM tree.log))
    """,
    "older verdicts": """
        DELETE FROM verdict WHERE (log_id, evaluator_version_id) IN (
            SELECT l.parent_id, l.version_id FROM tree.log t
            CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.uid
            JOIN verdict v ON v.log_id = l.parent_id AND v.evaluator_version_id = l.version_id
            WHERE t.parent_uid IS NOT NULL AND l.id > v.evaluator_log_id)
    """,
    "verdicts": "",
    "evaluations": f"""
        INSERT OR IGNORE INTO evaluation (organisation_id, uid, file_id, name, created_at, updated_at, created_by_id,
            etag)
        SELECT :organisation, t.uid, f.id, t.name, t.created_at, t.updated_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = t.created_by), :user),
            {ETAG}
        FROM tree.evaluation t LEFT JOIN file f ON f.organisation_id = :organisation AND f.uid = t.file_uid
        WHERE t.file_uid IS NULL OR f.id IS NOT NULL
        ORDER BY f.id, t.place IS NULL, t.place, t.created_at, t.uid
    """,
    "evaluators": """
        INSERT OR IGNORE INTO evaluation_evaluator (evaluation_id, evaluator_version_id, orchestrated, added_at)
        SELECT e.id, v.id, t.orchestrated, t.added_at FROM tree.evaluator t
        JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
        JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid ORDER BY e.id, t.place
    """,
    "runs": f"""
        INSERT OR IGNORE INTO run (organisation_id, uid, file_id, dataset_version_id, version_id, orchestrated, decided,
            created_at, created_by_id, etag)
        SELECT :organisation, t.uid, (
                SELECT e.file_id FROM tree.evaluation_run r
                JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = r.evaluation_uid
                WHERE r.run_uid = t.uid LIMIT 1), d.id, v.id,
            t.orchestrated, t.decided, t.created_at,
            coalesce((SELECT id FROM account WHERE organisation_id = :organisation AND uid = t.created_by), :user),
            {ETAG}
        FROM tree.run t
        LEFT JOIN version d ON d.organisation_id = :organisation AND d.uid = t.dataset_version_uid
        LEFT JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        ORDER BY t.created_at, t.uid
    """,
    "places of runs": """
        INSERT OR IGNORE INTO evaluation_run (evaluation_id, run_id, added_at, control)
        SELECT e.id, r.id, t.added_at, t.control FROM tree.evaluation_run t
        JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
        JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
        ORDER BY e.id, t.place IS NULL, t.place, t.added_at, t.run_uid
    """,
    "links": """
        INSERT INTO run_log (run_id, position, log_id, datapoint_id)
        SELECT r.id, r.next_position + row_number() OVER (PARTITION BY r.id ORDER BY t.id) - 1, l.id,
            coalesce((SELECT d.id FROM datapoint d WHERE d.organisation_id = :organisation AND d.uid = t.datapoint_uid),
                l.datapoint_id)
        FROM tree.run_log t
        CROSS JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
        CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.log_uid
        WHERE NOT EXISTS (SELECT 1 FROM run_log x WHERE x.log_id = l.id AND x.run_id = r.id)
    """,
    "counts of runs": """
        UPDATE run SET logs_count = (SELECT count(*) FROM run_log l WHERE l.run_id = run.id),
            next_position = (SELECT coalesce(max(position) + 1, 0) FROM run_log l WHERE l.run_id = run.id)
        WHERE organisation_id = :organisation AND uid IN (SELECT uid FROM tree.run)
    """,
    "states of files": f"UPDATE file SET etag = {ETAG} WHERE organisation_id = :organisation",
    "states of runs": f"UPDATE run SET etag = {ETAG} WHERE organisation_id = :organisation",
}
"""By name; those without a statement are done by `merge.SPECIAL`."""

COUNTED = ("files", "versions", "deployments", "datapoints", "logs", "evaluations", "runs", "links")
"""What a summary tells the number of."""


def _absent(table: str, columns: str = "t.uid") -> str:
    return f"""
        SELECT {columns} FROM tree.{table} t WHERE NOT EXISTS (
            SELECT 1 FROM {table} x WHERE x.organisation_id = :organisation AND x.uid = t.uid) ORDER BY 1
    """


def _dangling(table: str, column: str, target: str) -> str:
    return f"""
        SELECT DISTINCT t.{column} FROM tree.{table} t WHERE t.{column} IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {target} x WHERE x.organisation_id = :organisation AND x.uid = t.{column}) ORDER BY 1
    """


FINDINGS = {
    "files left out, for they have no version or another file has their path": _absent("file"),
    "versions left out, for their file is not there or another version has their name": _absent("version"),
    "logs left out, for their version is not there": _absent("log"),
    "evaluations left out, for their file is not there or another one has their name": _absent("evaluation"),
    "datapoints that logs name but the tree does not hold": _dangling("log", "datapoint_uid", "datapoint"),
    "logs that others judge but the tree does not hold": _dangling("log", "parent_uid", "log"),
    "logs that traces go through but the tree does not hold": _dangling("log", "trace_parent_uid", "log"),
    "logs of runs that the tree does not hold": _dangling("run_log", "log_uid", "log"),
    "runs with logs that the tree does not hold": _dangling("run_log", "run_uid", "run"),
    "deployed versions that the tree does not hold": _dangling("deployment", "version_uid", "version"),
    "environments that keep the id they have here": _absent("environment"),
    "directories that keep the id they have here": _absent("directory"),
    "default environments of the tree that are no default ones here": """
        SELECT t.uid FROM tree.environment t WHERE t.tag = 'default' AND EXISTS (
            SELECT 1 FROM environment x
            WHERE x.organisation_id = :organisation AND x.tag <> 'default' AND (x.uid = t.uid OR x.name = t.name AND
                NOT EXISTS (SELECT 1 FROM environment y WHERE y.organisation_id = :organisation AND y.uid = t.uid)))
        ORDER BY 1
    """,
    "files and versions that the tree only mentions, kept as deleted": """
        SELECT uid FROM tree.file WHERE listed = 0 UNION ALL
        SELECT v.uid FROM tree.version v JOIN tree.file f ON f.uid = v.file_uid AND f.listed > 0 WHERE v.listed = 0
        ORDER BY 1
    """,
}
"""What a report says, with the ids that it says it of."""
