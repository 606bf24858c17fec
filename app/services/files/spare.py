"""Spare Files: those that a workspace was created with and that nobody has used or changed since.

Every new organisation has Example Evaluators. A workspace with nothing else still counts as new, and they make way for
what fills it: a seed, or an import, whose tree has Example Evaluators of its own.

A File is marked by the sign of its etag: any change of a File gives it a new etag, which is positive.
"""

from collections.abc import Container
from typing import NamedTuple

from ...store.statement import sql
from ..workspace import Workspace

SPARE = """f.etag < 0 AND f.logs_count = 0
    AND NOT EXISTS (
        SELECT 1 FROM version v JOIN evaluation_evaluator e ON e.evaluator_version_id = v.id WHERE v.file_id = f.id)
    AND NOT EXISTS (
        SELECT 1 FROM version v JOIN assignment a ON a.evaluator_version_id = v.id WHERE v.file_id = f.id)
    AND NOT EXISTS (
        SELECT 1 FROM monitor m LEFT JOIN version v ON v.id = m.evaluator_version_id
        WHERE m.evaluator_id = f.id OR v.file_id = f.id)"""


class SpareFile(NamedTuple):
    """A File that may be deleted for good."""

    id: int
    path: str
    directory_id: int


MARK = sql("UPDATE file SET etag = -etag WHERE organisation_id = :organisation AND etag > 0")

USED = sql(f"SELECT 1 FROM file f WHERE f.organisation_id = :organisation AND NOT ({SPARE}) LIMIT 1")

SPARE_FILES = sql(
    f"SELECT f.id, f.path, f.directory_id FROM file f WHERE f.organisation_id = :organisation AND {SPARE}", SpareFile
)


DELETE = (
    sql("DELETE FROM deployment WHERE file_id = :key"),
    sql("DELETE FROM version WHERE file_id = :key"),
    sql("DELETE FROM file WHERE id = :key"),
)

DELETE_EMPTY = sql("""
    DELETE FROM directory WHERE id = :key AND parent_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM file f WHERE f.directory_id = directory.id)
    AND NOT EXISTS (SELECT 1 FROM directory d WHERE d.parent_id = directory.id)
    RETURNING parent_id
""")
"""Delete a directory that holds nothing, and tell which one it is in."""


def mark(ws: Workspace) -> None:
    """Mark all Files that are there as those that the workspace was created with."""
    ws.db.run(MARK, organisation=ws.organisation)


def is_unused(ws: Workspace) -> bool:
    """Tell whether the organisation has never had a File that is not spare."""
    return ws.db.value(USED, organisation=ws.organisation) is None


def clear(ws: Workspace, among: Container[str] | None = None) -> None:
    """Delete the spare Files, or those of them at these paths, and the directories that this leaves empty."""
    for file in ws.db.all(SPARE_FILES, organisation=ws.organisation):
        if among is None or file.path in among:
            for statement in DELETE:
                ws.db.run(statement, key=file.id)
            above: int | None = file.directory_id
            while above is not None:
                above = ws.db.value(DELETE_EMPTY, key=above)
