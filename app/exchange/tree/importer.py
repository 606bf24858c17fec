"""Imports the official export tree: read into a staging file, in steps that outlast a crash, then merged at once.

A crash while the tree is read leaves the database as it was, and the next import goes on where this one ended; a crash
in the merge rolls back. So the database is old or new, never a mixture, and a server may run on it all the while.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ...services.workspace import Workspace
from . import layout
from .findings import Found, evaluations_of, findings
from .merge import attached, merge
from .reading import Advance, TreeReader
from .staging import Busy, Staging, alone

__all__ = ["Busy", "NoTree", "Report", "check_tree", "import_tree"]


class NoTree(Exception):
    """The folder holds no export."""


@dataclass
class Report:
    """What an import did: how much of each kind is new, and what could not be used."""

    new: dict[str, int]
    problems: list[dict[str, str | int]] = field(default_factory=list)  # with path and line
    findings: list[str] = field(default_factory=list)
    evaluations: list[Found] = field(default_factory=list)


def check_tree(folder: Path) -> None:
    """Raise NoTree for a folder that holds no export."""
    if not (folder / layout.FILES).is_dir():
        raise NoTree(f"There is no folder `{layout.FILES}` in {folder}.")


def import_tree(
    ws: Workspace, folder: Path, *, advance: Advance = lambda size: None, step: Callable[[], None] = lambda: None
) -> Report:
    """Import the tree in `folder` into an organisation.

    `advance` is told how many bytes are done, `step` is called after each transaction of the staging file and each
    statement of the merge. No `files` folder: NoTree; another import at work on the same database: Busy.
    """
    check_tree(folder)
    if ws.db.in_memory:
        with TemporaryDirectory() as scratch:
            return _import(ws, folder, Path(scratch) / "import", advance, step)
    if not ws.db.dialect.in_file:
        raise NoTree("An export can only be imported into a database of SQLite yet.")
    database = Path(ws.db.path)
    return _import(ws, folder, database.with_name(f"{database.name}.import"), advance, step)


def _import(ws: Workspace, folder: Path, path: Path, advance: Advance, step: Callable[[], None]) -> Report:
    with alone(path):
        with closing(Staging(path, f"{folder.resolve()} {ws.organisation}", step)) as staging:
            staging.begin()
            reader = TreeReader(staging, folder, advance)
            if reader.changed():
                staging.restart()
            reader.read()
            rows = staging.connection.execute("SELECT path, line, text FROM problem ORDER BY rowid")
            problems = [dict(zip(("path", "line", "text"), row, strict=True)) for row in rows]
        with attached(ws, path), ws.writing():
            new = merge(ws, step)
            found = list(findings(ws))
            evaluations = list(evaluations_of(ws))
        step()
        staging.remove()
    return Report(new, problems, found, evaluations)
