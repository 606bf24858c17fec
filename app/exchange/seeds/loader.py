"""A folder of files becomes a workspace: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ...bundled import DEFAULT, seed_folder
from ...schemas.values import strict
from ...services.files import directories, environments, spare
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


@dataclass(frozen=True)
class Seed:
    """A folder that is read: what stands in its documents, by section, in lexical order."""

    folder: Folder
    found: dict[str, Items]


def seed(ws: Workspace, path: Path) -> None:
    """Fill an empty workspace from a folder, in one transaction.

    A workspace with Files that it was not made with: NotEmpty. Anything wrong with the folder: SeedError. Nothing is
    stored then. No job is started: what Evaluators found stands in the seed.
    """
    with ws.writing(), _strictly():
        if not spare.is_unused(ws):
            raise NotEmpty("The workspace is not empty.")
        spare.clear(ws)
        if path == seed_folder(DEFAULT):
            _furnish(ws, Names(ws))
        else:
            _store(replace(ws, jobs=NO_JOBS), _read(path), Names(ws))


def furnish(ws: Workspace) -> None:
    """Give a new workspace what every organisation begins with, the seed `default`, which is read once."""
    with ws.writing(), _strictly():
        _furnish(ws, Names(ws))


def _furnish(ws: Workspace, names: Names) -> None:
    _store(ws, _default(), names)
    spare.mark(ws)


@cache
def _default() -> Seed:
    return _read(seed_folder(DEFAULT))


@contextmanager
def _strictly() -> Iterator[None]:
    """Refuse unknown keys: in a seed they are misspelt ones."""
    token = strict.set(True)
    try:
        yield
    finally:
        strict.reset(token)


def _store(ws: Workspace, seed: Seed, names: Names) -> None:
    """Store all documents, kind by kind: so an item may refer to whatever is of a kind above."""
    folder, found = seed.folder, seed.found
    if any(value for value, _ in found["examples"]):
        _furnish(ws, names)
    for value, place in found["environments"]:
        environment = place.load(shapes.Environment, {"name": value} if isinstance(value, str) else value)
        with place.blamed():
            environments.define(ws, environment["name"], environment["tag"])
    for value, place in found["directories"]:
        with place.blamed():
            directories.create(ws, {"path": value})
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


def _read(path: Path) -> Seed:
    folder = Folder(path)
    found: dict[str, Items] = {name: [] for name in ("examples", "environments", "directories", "files", "evaluations")}
    for value, place in folder.documents():
        if "type" in value:
            found["files"].append((value, place))
            continue
        document = place.load(shapes.Document, value)
        found["examples"].append((document.pop("examples", False), place))
        for section, items in document.items():
            found[section] += [(item, place.at(section, position)) for position, item in enumerate(items)]
    return Seed(folder, found)
