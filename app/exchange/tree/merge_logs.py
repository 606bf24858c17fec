"""How Logs and their verdicts are merged: `tree.…` are the staged rows, the others the database."""

from contextlib import closing

import orjson

from ...services.logs import judgments
from ...services.workspace import Workspace
from ...store.statement import sql
from .merge_files import Step

COUNTING = sql("""
    SELECT l.parent_id, l.version_id, max(l.id), l.document, l.error
    FROM tree.log t CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = t.uid
    WHERE t.parent_uid IS NOT NULL AND l.parent_id IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM verdict v WHERE v.log_id = l.parent_id AND v.evaluator_version_id = l.version_id)
    GROUP BY l.parent_id, l.version_id
""")
"""Select the latest Evaluator Log of each Version on each staged Log that has no verdict of it."""


def _restore_verdicts(ws: Workspace) -> None:
    with closing(ws.db.each(COUNTING, organisation=ws.organisation)) as rows:
        judgments.restore(ws, ((*keys, orjson.loads(text)["judgment"], error) for *keys, text, error in rows))


STEPS: dict[str, Step] = {
    "logs": """
        INSERT INTO log (organisation_id, uid, file_id, version_id, created_at, start_time, end_time, status, inputs,
            output, error, metadata, document, datapoint_id)
        SELECT :organisation, t.uid, v.file_id, v.id, t.created_at, t.start_time, t.end_time, t.status, t.inputs,
            t.output, t.error, t.metadata, t.document,
            (SELECT d.id FROM datapoint d WHERE d.organisation_id = :organisation AND d.uid = t.datapoint_uid)
        FROM tree.log t LEFT JOIN tree.log_order o ON o.uid = t.uid
        CROSS JOIN version v ON v.organisation_id = :organisation AND v.uid = t.version_uid
        WHERE NOT EXISTS (SELECT 1 FROM log l WHERE l.organisation_id = :organisation AND l.uid = t.uid)
        ORDER BY o.place IS NULL, o.place, t.created_at, t.rank IS NULL, t.rank, t.id DESC
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
    "verdicts": _restore_verdicts,
}
