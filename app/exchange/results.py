"""Results as files for other tools: CSV of each Evaluation, JSON lines of the Logs of each File.

    evaluations/<path of the File>/<name of the Evaluation>.csv        a row for each Log of its Runs
    evaluations/<path of the File>/<name of the Evaluation>.stats.csv  a row for each Run and Evaluator
    logs/<path of the File>.jsonl                                      a Log in each line, as the API answers it

Existing files of the same name are overwritten.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from ..services.evaluations import stats
from ..services.logs import evaluation_logs
from ..services.logs.documents import LogDocuments
from ..services.workspace import Workspace
from ..store.statement import sql
from .outputs import distinct, opened, safe_name, safe_path

PAGE = 200
ROWS, STATS, LINES = ".csv", ".stats.csv", ".jsonl"


class EvaluationRow(NamedTuple):
    """An Evaluation; its File's path is None while it has no File."""

    uid: str
    name: str | None
    path: str | None


class FileRow(NamedTuple):
    """A File that has Logs."""

    id: int
    uid: str
    path: str


class Position(NamedTuple):
    """A Log, and where it comes in the order of time."""

    id: int
    created_at: str


EVALUATIONS = sql(
    """
    SELECT e.uid, e.name, f.path FROM evaluation e LEFT JOIN file f ON f.id = e.file_id
    WHERE e.organisation_id = :organisation AND f.deleted_at IS NULL ORDER BY f.path, e.id
""",
    EvaluationRow,
)

FILES = sql(
    """
    SELECT id, uid, path FROM file WHERE organisation_id = :organisation AND deleted_at IS NULL AND logs_count > 0
    ORDER BY path, id
""",
    FileRow,
)

LOGS = sql(
    """
    SELECT id, created_at FROM log WHERE file_id = :file AND (created_at, id) > (:created_at, :id)
    ORDER BY created_at, id LIMIT :limit
""",
    Position,
)


@dataclass(frozen=True)
class Output:
    """A file to write: the names it may have, in order of preference, and its content."""

    choices: list[str]
    pieces: Iterable[bytes]


def export_results(ws: Workspace, folder: Path) -> dict[str, int]:
    """Write the results of an organisation, all from one state of the database; return how many of each there are."""
    with ws.reading():
        evaluations = ws.db.all(EVALUATIONS, organisation=ws.organisation)
        files = ws.db.all(FILES, organisation=ws.organisation)
        outputs = [output for row in evaluations for output in _tables(ws, row)]
        outputs += [_lines(ws, row) for row in files]
        paths = distinct([output.choices for output in outputs])
        for output, path in zip(outputs, paths, strict=True):
            with opened(folder, path) as file:
                file.writelines(output.pieces)
    return {"evaluations": len(evaluations), "files of logs": len(files)}


def _tables(ws: Workspace, evaluation: EvaluationRow) -> Iterator[Output]:
    home = f"evaluations/{safe_path(evaluation.path)}/" if evaluation.path else "evaluations/"
    name = evaluation.name or evaluation.uid

    def choices(ending: str) -> list[str]:
        return [home + safe_name(name, ending), home + safe_name(f"{name}~{evaluation.uid}", ending)]

    yield Output(choices(ROWS), map(str.encode, evaluation_logs.logs_as_csv(ws, evaluation.uid, {})))
    yield Output(choices(STATS), map(str.encode, stats.stats_as_csv(ws, evaluation.uid)))


def _lines(ws: Workspace, file: FileRow) -> Output:
    names = (file.path, f"{file.path}~{file.uid}")
    return Output([f"logs/{safe_path(name, LINES)}" for name in names], _pages(ws, file.id))


def _pages(ws: Workspace, file: int) -> Iterator[bytes]:
    last = Position(0, "")
    while rows := ws.db.all(LOGS, file=file, limit=PAGE, created_at=last.created_at, id=last.id):
        shown = LogDocuments(ws, [row.id for row in rows])
        yield b"".join(orjson.dumps(shown[row.id]) + b"\n" for row in rows)
        last = rows[-1]
