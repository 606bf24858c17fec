"""Imports the official export tree: collects it in a staging file, then merges all of it in one transaction.

A crash while the tree is read leaves the database as it was, and the next import continues where this one ended; a
crash during the merge rolls it back. So the database is old or new, never a mixture, and a server may use it all the
while. Beside a database that is not a file there is no place for the staging file to stay: an import that was
interrupted starts from the beginning.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ...services.evaluations import evaluations
from ...services.workspace import Workspace
from ...store.copying import Advance
from ...store.staging import Problem, Staging, alone
from ...store.statement import Statement, sql
from . import layout, rows
from .merge import merge
from .reading import TreeReader

FORMAT = "4"  # of the staged rows: an import continues only what has the same


class NoTree(Exception):
    """The folder does not contain an export."""


@dataclass
class ImportedEvaluation:
    """An Evaluation of the tree: the address of its page, and how many Runs have stats from the tree but no Logs."""

    id: str
    name: str | None
    path: str | None
    url: str | None
    runs: int
    runs_without_logs: int


@dataclass
class Report:
    """The result of an import: how many records of each kind are new, and what could not be used."""

    new: dict[str, int]
    problems: list[Problem] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    evaluations: list[ImportedEvaluation] = field(default_factory=list)


def check_tree(folder: Path) -> None:
    """Raise NoTree for a folder that does not contain an export."""
    if not (folder / layout.FILES).is_dir():
        raise NoTree(f"There is no folder `{layout.FILES}` in {folder}.")


def import_tree(
    ws: Workspace, folder: Path, *, advance: Advance = lambda size: None, step: Callable[[], None] = lambda: None
) -> Report:
    """Import the tree in `folder` into an organisation.

    `advance` is called with the number of bytes that were read, `step` after each transaction of the staging file and
    each statement of the merge. Raises NoTree without a folder `files`, Busy while another import uses the same file.
    """
    check_tree(folder)
    with _place_to_stage(ws) as path, alone(path):
        origin = f"{FORMAT} {folder.resolve()} {ws.organisation}"
        with closing(Staging(path, rows.MERGED | rows.NOTED, origin, step)) as staging:
            staging.begin()
            reader = TreeReader(staging, folder, advance)
            if reader.changed():
                staging.restart()
            reader.read()
            problems = staging.problems()
        with ws.db.merging(ws.writing(), path, rows.MERGED):
            report = Report(merge(ws, step), problems, list(_findings(ws)), list(_evaluations(ws)))
        step()
        staging.remove()
    return report


@contextmanager
def _place_to_stage(ws: Workspace) -> Iterator[Path]:
    """Yield the path of the staging file: beside the database file, where the next import finds it, or temporary."""
    if ws.db.dialect.in_file:
        database = Path(ws.db.path)
        yield database.with_name(f"{database.name}.import")
    else:
        with TemporaryDirectory() as scratch:
            yield Path(scratch) / "import"


def _absent(table: str) -> Statement[Any]:
    return sql(f"""
        SELECT t.uid FROM staged_{table} t WHERE NOT EXISTS (
            SELECT 1 FROM {table} x WHERE x.organisation_id = :organisation AND x.uid = t.uid) ORDER BY 1
    """)


def _dangling(table: str, column: str, target: str) -> Statement[Any]:
    return sql(f"""
        SELECT DISTINCT t.{column} FROM staged_{table} t WHERE t.{column} IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM {target} x WHERE x.organisation_id = :organisation AND x.uid = t.{column}) ORDER BY 1
    """)


FINDINGS: dict[str, Statement[Any]] = {
    "files left out because they have no version or another file has their path": _absent("file"),
    "versions left out because their file is missing or another version has their name": _absent("version"),
    "logs left out because their version is missing": _absent("log"),
    "evaluations left out because their file is missing or another one has their name": _absent("evaluation"),
    "datapoints that logs name but the tree does not hold": _dangling("log", "datapoint_uid", "datapoint"),
    "logs that others judge but the tree does not hold": _dangling("log", "parent_uid", "log"),
    "logs that traces go through but the tree does not hold": _dangling("log", "trace_parent_uid", "log"),
    "logs of runs that the tree does not hold": _dangling("run_log", "log_uid", "log"),
    "runs with logs that the tree does not hold": _dangling("run_log", "run_uid", "run"),
    "runs with fewer logs than the stats in the tree count": sql("""
        SELECT r.uid FROM staged_run_stats t JOIN run r ON r.organisation_id = :organisation AND r.uid = t.run_uid
        WHERE r.logs_count > 0 GROUP BY r.id HAVING max(t.logs) > r.logs_count ORDER BY 1
    """),
    "deployed versions that the tree does not hold": _dangling("deployment", "version_uid", "version"),
    "environments that keep the id they have here": _absent("environment"),
    "directories that keep the id they have here": _absent("directory"),
    "default environments of the tree that are not the default here": sql("""
        SELECT t.uid FROM staged_environment t WHERE t.tag = 'default' AND EXISTS (
            SELECT 1 FROM environment x
            WHERE x.organisation_id = :organisation AND x.tag <> 'default' AND (x.uid = t.uid OR x.name = t.name AND
                NOT EXISTS (SELECT 1 FROM environment y WHERE y.organisation_id = :organisation AND y.uid = t.uid)))
        ORDER BY 1
    """),
    "files and versions that the tree only mentions, kept as deleted": sql("""
        SELECT uid FROM staged_file WHERE listed = 0 UNION ALL
        SELECT v.uid FROM staged_version v JOIN staged_file f ON f.uid = v.file_uid AND f.listed > 0 WHERE v.listed = 0
        ORDER BY 1
    """),
}
"""What a report may say, and the ids that it applies to."""


class StoredEvaluation(NamedTuple):
    """An Evaluation of the tree, as it is stored."""

    uid: str
    name: str | None
    file_uid: str | None
    path: str | None
    runs: int
    runs_without_logs: int


EVALUATIONS = sql(
    """
    SELECT e.uid, e.name, f.uid AS file_uid, f.path,
        (SELECT count(*) FROM evaluation_run x WHERE x.evaluation_id = e.id) AS runs,
        (SELECT count(*) FROM evaluation_run x JOIN run r ON r.id = x.run_id
         WHERE x.evaluation_id = e.id AND r.stored_stats IS NOT NULL AND r.logs_count = 0) AS runs_without_logs
    FROM staged_evaluation t JOIN evaluation e ON e.organisation_id = :organisation AND e.uid = t.uid
    LEFT JOIN file f ON f.id = e.file_id WHERE f.deleted_at IS NULL ORDER BY f.path IS NOT NULL, f.path, e.id
    """,
    StoredEvaluation,
)


def _evaluations(ws: Workspace) -> Iterator[ImportedEvaluation]:
    """Yield the Evaluations of the tree that are stored."""
    for row in ws.db.all(EVALUATIONS, organisation=ws.organisation):
        yield ImportedEvaluation(
            row.uid, row.name, row.path, evaluations.url(ws, row.uid, row.file_uid), row.runs, row.runs_without_logs
        )


def _findings(ws: Workspace) -> Iterator[str]:
    """Yield what of the tree is missing or incomplete in the database: dangling references, paths that were taken."""
    for text, query in FINDINGS.items():
        uids = ws.db.column(query, organisation=ws.organisation)
        if uids:
            named = ", ".join(uids[:3]) + (", …" if len(uids) > 3 else "")
            yield f"{text}: {len(uids):,} ({named})"
