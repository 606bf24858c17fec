"""Turns a folder of files into a workspace: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ...bundled import DEFAULT, seed_folder
from ...clock import Clock
from ...ids import Ids
from ...json_types import Json
from ...schemas.values import strict
from ...services.files import directories, environments, spare
from ...services.workspace import NO_JOBS, Workspace, open_workspace
from ...settings import Settings
from ...store.database import Database
from . import files, shapes
from .evaluations import Evaluations
from .locations import SeedError, SourceLocation
from .logs import Context, Logs
from .names import Names
from .reader import Folder

Items = list[tuple[Json, SourceLocation]]


class NotEmpty(SeedError):
    """The workspace has Files already, or had some: a seed would be mixed with them."""


@dataclass(frozen=True)
class Seed:
    """A folder that was read: the items of its documents by section, in lexical order."""

    folder: Folder
    found: dict[str, Items]


def seed(ws: Workspace, path: Path) -> None:
    """Fill an empty workspace from a folder, in one transaction.

    NotEmpty: the workspace has Files that it was not created with. SeedError: something is wrong with the folder. In
    both cases nothing is stored. No job is started: judgments are part of the seed.
    """
    with ws.writing(), _strictly():
        if not spare.is_unused(ws):
            raise NotEmpty("The workspace is not empty.")
        spare.clear(ws)
        if path == seed_folder(DEFAULT):
            _furnish(ws, Names(ws))
        else:
            _store(replace(ws, jobs=NO_JOBS), _read(path), Names(ws))


def fill(settings: Settings, db: Database, clock: Clock, ids: Ids) -> list[str]:
    """Seed every organisation that listed keys open, or the default one; return those that were not empty.

    Those are left as they are: a restarted server keeps what it has. SeedError: something is wrong with the seed.
    """
    used = []
    for organisation in settings.organisations():
        try:
            seed(open_workspace(db, organisation, clock, ids), seed_folder(settings.seed))
        except NotEmpty:
            used.append(organisation)
    return used


def furnish(ws: Workspace) -> None:
    """Give a new workspace what every organisation starts with: the seed `default`, which is read once."""
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
    """Refuse unknown keys: in a seed they are misspelt."""
    token = strict.set(True)
    try:
        yield
    finally:
        strict.reset(token)


def _store(ws: Workspace, seed: Seed, names: Names) -> None:
    """Store all documents, one kind of item after another, so that items may refer to those of an earlier kind."""
    folder, found = seed.folder, seed.found
    if any(value for value, _ in found["examples"]):
        _furnish(ws, names)
    for value, location in found["environments"]:
        environment = location.load(shapes.Environment, {"name": value} if isinstance(value, str) else value)
        with location.blamed():
            environments.define(ws, environment["name"], environment["tag"])
    for value, location in found["directories"]:
        with location.blamed():
            directories.create(ws, {"path": value})
    items = sorted((files.split(value, location) for value, location in found["files"]), key=files.order)
    files.check_paths(items)
    for item in items:
        files.store(ws, folder, names, item)
    for item in items:
        files.monitor(ws, names, item)
    logs = Logs(ws, names)
    for own, _, location in items:
        for value, loc in folder.rows(own["logs"], location.at("logs")):
            logs.store(value, loc, Context(own["path"]))
    Evaluations(ws, folder, names, logs).store(found["evaluations"])
    folder.check_all_named()


def _read(path: Path) -> Seed:
    folder = Folder(path)
    found: dict[str, Items] = {name: [] for name in ("examples", "environments", "directories", "files", "evaluations")}
    for value, location in folder.documents():
        if "type" in value:
            found["files"].append((value, location))
            continue
        document = location.load(shapes.SeedDocument, value)
        found["examples"].append((document.pop("examples", False), location))
        for section, items in document.items():
            found[section] += [(item, location.at(section, position)) for position, item in enumerate(items)]
    return Seed(folder, found)
