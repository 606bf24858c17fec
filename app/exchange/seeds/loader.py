"""A folder of files becomes a workspace: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...bundled import seed_folder
from ...schemas.base import strict
from ...services import directories, environments
from ...services.files import is_unused
from ...services.workspace import NO_JOBS, Workspace
from . import files, shapes
from .evaluations import Evaluations
from .logs import Context, Logs
from .names import Names
from .places import Place, SeedError
from .reader import Folder

Items = list[tuple[Any, Place]]


class NotEmpty(SeedError):
    """The workspace has Files already, or had some: a seed would mix with them."""


def seed(ws: Workspace, path: Path) -> None:
    """Fill an empty workspace from a folder, or from a seed that comes along, in one transaction.

    A workspace with Files: NotEmpty. Anything wrong with the folder: SeedError. Nothing is stored then. No job is
    started: what Evaluators found stands in the seed.
    """
    with ws.writing(), _strictly():
        if not is_unused(ws):
            raise NotEmpty("The workspace is not empty.")
        _store(replace(ws, jobs=NO_JOBS), Folder(seed_folder(path)))


@contextmanager
def _strictly() -> Iterator[None]:
    """Refuse unknown keys: in a seed they are misspelt ones."""
    token = strict.set(True)
    try:
        yield
    finally:
        strict.reset(token)


def _store(ws: Workspace, folder: Folder) -> None:
    """Store all documents, kind by kind: so an item may refer to whatever is of a kind above."""
    found = _sort(folder)
    for value, place in found["environments"]:
        environment = place.load(shapes.Environment, {"name": value} if isinstance(value, str) else value)
        with place.blamed():
            environments.define(ws, environment["name"], environment["tag"])
    for value, place in found["directories"]:
        with place.blamed():
            directories.create(ws, {"path": value})
    names = Names(ws)
    items = sorted((files.split(value, place) for value, place in found["files"]), key=files.order)
    files.check_paths(items)
    for item in items:
        files.store(ws, folder, names, item)
    for item in items:
        files.watch(ws, names, item)
    logs = Logs(ws, names)
    for own, _, place in items:
        for value, loc in folder.rows(own["logs"], place.at("logs")):
            logs.store(value, loc, Context(own["path"]))
    Evaluations(ws, folder, names, logs).store(found["evaluations"])
    folder.check_all_named()


def _sort(folder: Folder) -> dict[str, Items]:
    """Return what stands in the documents, by section, in lexical order."""
    found: dict[str, Items] = {"environments": [], "directories": [], "files": [], "evaluations": []}
    for value, place in folder.documents():
        if "type" in value:
            found["files"].append((value, place))
            continue
        for section, items in place.load(shapes.Document, value).items():
            found[section] += [(item, place.at(section, position)) for position, item in enumerate(items)]
    return found
