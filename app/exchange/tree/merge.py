"""Brings what is staged into the database: all of it in one transaction, or nothing.

The statements work on sets, and only add what is not there; so a second import changes nothing. What is known by a
name, environments and directories, takes over the ids of the tree while the organisation has never had a File, and
keeps its own from then on. No Log becomes an assignment: what the tree says of judgments is all there is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...services.files import spare
from ...services.workspace import Workspace
from ...store.statement import kept, sql
from . import merge_evaluations, merge_files, merge_logs

STEPS = merge_files.STEPS | merge_logs.STEPS | merge_evaluations.STEPS
COUNTED = ("files", "versions", "deployments", "datapoints", "logs", "evaluations", "runs", "links", "stored stats")
"""The steps that a summary tells the rows of."""


@contextmanager
def attached(ws: Workspace, path: Path) -> Iterator[None]:
    """Make the staging file readable as the schema `tree`."""
    ws.db.connection.execute("ATTACH DATABASE ? AS tree", [str(path)])
    try:
        yield
    finally:
        ws.db.connection.execute("DETACH DATABASE tree")


def merge(ws: Workspace, step: Callable[[], None]) -> dict[str, int]:
    """Add what is staged and return how many rows of each kind are new; `step` is called after each statement."""
    new: dict[str, int] = {}
    spare.clear(ws, among=set(ws.db.column(PATHS)))  # the tree has Example Evaluators of its own
    values = {
        "organisation": ws.organisation,
        "user": ws.user,
        "now": ws.now(),
        "unused": spare.is_unused(ws),
        "last_directory": ws.db.value(LAST_DIRECTORY),
    }
    runs_before = ws.db.value(LAST_RUN)
    for name, work in STEPS.items():
        if callable(work):
            work(ws)
        else:
            count = ws.db.run(_statement(work), **values)
            if name in COUNTED:
                new[name] = count
        step()
    merge_evaluations.decide_runs(ws, after=runs_before)
    return new


@kept
def _statement(text: str) -> Any:
    return sql(text)


PATHS = sql("SELECT path FROM tree.file WHERE listed > 0 AND deleted_at IS NULL")

LAST_RUN = sql("SELECT coalesce(max(id), 0) FROM run")

LAST_DIRECTORY = sql("SELECT coalesce(max(id), 0) FROM directory")
