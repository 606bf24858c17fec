"""What monitoring Evaluators found on the Logs of Versions, as one number each."""

from ...json_types import JsonObject
from ...store.statement import sql
from ..workspace import Workspace

AGGREGATES = sql("""
    SELECT l.version_id, ev.uid AS evaluator_version_id, ef.uid AS evaluator_id, avg(v.number) AS value,
           min(el.created_at) AS created_at, max(el.created_at) AS updated_at
    FROM integers(:versions) j
    CROSS JOIN log l ON l.version_id = j.value
    JOIN verdict v ON v.log_id = l.id AND v.number IS NOT NULL
    JOIN log el ON el.id = v.evaluator_log_id
    JOIN version ev ON ev.id = v.evaluator_version_id
    JOIN file ef ON ef.id = ev.file_id
    GROUP BY l.version_id, v.evaluator_version_id, ev.uid, ef.uid ORDER BY v.evaluator_version_id
""")


def of_versions(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
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
