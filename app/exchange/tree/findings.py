"""What an import found missing or in the way: queries on the staged rows (`tree.…`) after the merge."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...services.evaluations import evaluations
from ...services.workspace import Workspace
from ...store.statement import kept, sql


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
    "files left out because they have no version or another file has their path": _absent("file"),
    "versions left out because their file is missing or another version has their name": _absent("version"),
    "logs left out because their version is missing": _absent("log"),
    "evaluations left out because their file is missing or another one has their name": _absent("evaluation"),
    "datapoints that logs name but the tree does not hold": _dangling("log", "datapoint_uid", "datapoint"),
    "logs that others judge but the tree does not hold": _dangling("log", "parent_uid", "log"),
    "logs that traces go through but the tree does not hold": _dangling("log", "trace_parent_uid", "log"),
    "logs of runs that the tree does not hold": _dangling("run_log", "log_uid", "log"),
    "runs with logs that the tree does not hold": _dangling("run_log", "run_uid", "run"),
    "runs with fewer logs than the stats in the tree count": """
        SELECT r.uid FROM tree.run_stats t JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
        WHERE r.logs_count > 0 GROUP BY r.id HAVING max(t.logs) > r.logs_count ORDER BY 1
    """,
    "deployed versions that the tree does not hold": _dangling("deployment", "version_uid", "version"),
    "environments that keep the id they have here": _absent("environment"),
    "directories that keep the id they have here": _absent("directory"),
    "default environments of the tree that are not the default here": """
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


@dataclass
class Found:
    """An Evaluation of the tree: where its page is, and which of its Runs have the stats of the tree but no Logs."""

    id: str
    name: str | None
    path: str | None
    url: str | None
    runs: int
    runs_without_logs: int


EVALUATIONS = sql("""
    SELECT e.uid, e.name, f.uid AS file_uid, f.path,
        (SELECT count(*) FROM evaluation_run x WHERE x.evaluation_id = e.id) AS runs,
        (SELECT count(*) FROM evaluation_run x JOIN run r ON r.id = x.run_id
         WHERE x.evaluation_id = e.id AND r.stored_stats IS NOT NULL AND r.logs_count = 0) AS runs_without_logs
    FROM tree.evaluation t JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.uid
    LEFT JOIN file f ON f.id = e.file_id WHERE f.deleted_at IS NULL ORDER BY f.path, e.id
""")


def evaluations_of(ws: Workspace) -> Iterator[Found]:
    """Tell of each Evaluation of the tree that is here now."""
    for row in ws.db.all(EVALUATIONS, organisation=ws.organisation):
        yield Found(row.uid, row.name, row.path, evaluations.url(ws, row), row.runs, row.runs_without_logs)


def findings(ws: Workspace) -> Iterator[str]:
    """Tell what of the tree is not in the database, or not whole: references that lead nowhere, taken paths."""
    for text, query in FINDINGS.items():
        uids = ws.db.column(_finding(query), organisation=ws.organisation)
        if uids:
            named = ", ".join(uids[:3]) + (", …" if len(uids) > 3 else "")
            yield f"{text}: {len(uids):,} ({named})"


@kept
def _finding(query: str) -> Any:
    return sql(query)
