"""How Evaluations, Runs and links are merged: `tree.…` are the staged rows, the others the database."""

from ...services.evaluations.runs import PENDING, RUNNING, statuses
from ...services.workspace import Workspace
from ...store.statement import Row, sql
from .merge_files import ETAG, Step

STEPS: dict[str, Step] = {
    "evaluations": f"""
        INSERT OR IGNORE INTO evaluation (organisation_id, uid, file_id, dataset_version_id, name, created_at,
            updated_at, created_by_id, etag)
        SELECT :organisation, t.uid, f.id,
            (SELECT id FROM version WHERE organisation_id = :organisation AND uid = t.dataset_version_uid),
            t.name, t.created_at, t.updated_at,
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
    "batches": """
        UPDATE OR IGNORE run SET batch = t.batch FROM tree.run_batch t
        WHERE run.organisation_id = :organisation AND run.uid = t.run_uid AND run.batch IS NULL
    """,
    "stored stats": """
        UPDATE run SET stored_stats = t.document FROM (
            SELECT run_uid, json_object('num_logs', max(logs), 'evaluator_stats', json_group_array(json(document))
                FILTER (WHERE document IS NOT NULL)) AS document
            FROM tree.run_stats GROUP BY run_uid
        ) AS t
        WHERE run.organisation_id = :organisation AND run.uid = t.run_uid
        AND run.stored_stats IS NULL AND run.logs_count = 0
    """,
    "states of files": f"UPDATE file SET etag = {ETAG} WHERE organisation_id = :organisation",
    "states of runs": f"UPDATE run SET etag = {ETAG} WHERE organisation_id = :organisation",
}


EVALUATIONS = sql("""
    SELECT DISTINCT e.id, e.etag FROM tree.evaluation_run t
    JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.evaluation_uid
""")

RUNS = sql("""
    SELECT r.id, r.etag, r.decided, r.logs_count, r.orchestrated, t.status AS told,
           (SELECT datapoints_count FROM version d WHERE d.id = r.dataset_version_id) AS dataset_count
    FROM evaluation e JOIN tree.evaluation_run t ON t.evaluation_uid = e.uid
    JOIN run r ON r.organisation_id = e.organisation_id AND r.uid = t.run_uid
    WHERE e.id = :evaluation AND r.decided IS NULL AND r.id > :last
""")

DECIDE = sql("UPDATE run SET decided = :status WHERE id = :key")


def decide_runs(ws: Workspace, *, after: int) -> None:
    """Set the status of new Runs where their Logs and verdicts would give another one: that of the tree is kept.

    So is that of an orchestrated Run which has not ended: the server must not go on with what another one began.
    """
    kept_as_told: dict[int, str] = {}
    for evaluation in ws.db.all(EVALUATIONS, organisation=ws.organisation):
        rows = ws.db.all(RUNS, evaluation=evaluation.id, last=after)
        derived = statuses(ws, evaluation, rows)
        kept_as_told |= {row.id: row.told for row in rows if derived[row.id] != row.told or _goes_on(row)}
    for key, status in kept_as_told.items():
        ws.db.run(DECIDE, key=key, status=status)


def _goes_on(run: Row) -> bool:
    return bool(run.orchestrated) and run.told in (PENDING, RUNNING)
