"""The one place where the emulator is put together: from settings to a database, clock, ids, runtime and control.

The server, its worker processes, commands and tests all start here. A process that only does jobs never creates what
requests need, which is imported on first use (Flask and the routes take 150 ms).
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .bundled import DEFAULT, FIXTURES, NO_SEED, seed_folder
from .runtime.runtime import Runtime
from .services.workspace import Workspace, leave_empty, open_workspace
from .settings import VERSION, Settings, unknown_variables
from .store.database import MEMORY, Database
from .store.schema import migrate
from .store.snapshot_kinds import snapshots_of
from .store.statement import sql
from .store.timekeeper import Timekeeper

if TYPE_CHECKING:
    from flask import Flask

    from .control.faults.rules import Faults
    from .control.journal.journal import Journal
    from .control.state.state import State
    from .control.transitions.transitions import Transitions

logger = logging.getLogger(__name__)

ORGANISATIONS = sql("SELECT id FROM organisation LIMIT 1")

# Imported in functions: what serves (150 ms with Flask), seeds (10 ms), rules (30 ms with yaml): a worker needs none.


class Emulator:
    """What one process is made of; an application has it at `app.extensions["emulator"]`."""

    state: "State"
    faults: "Faults"
    journal: "Journal"
    transitions: "Transitions"
    open_workspace: Callable[..., Workspace]
    """Opens the workspace of an organisation by its name; a new one is created as the settings say."""

    def __init__(self, settings: Settings, db: Database) -> None:
        """Take a database at the present schema."""
        self.settings = settings
        self.keys = settings.key_table()
        self.db = db
        self.timekeeper = Timekeeper(db)
        self.clock, self.ids = self.timekeeper.clock, self.timekeeper.ids
        self.runtime = Runtime(settings, db, self.clock, self.ids)
        self.furnish: Callable[[Workspace], None] = leave_empty if settings.seed == NO_SEED else furnish
        self.snapshots = snapshots_of(db, self._as_new, self._origin)
        self.pages: dict[str, bytes] = {}  # made once, on first use

    def take_control(self, operations: Collection[str]) -> None:
        """Make what steers an application with these operations; a reset goes back to what is stored now."""
        from .control.faults.rules import Faults
        from .control.journal.journal import Journal
        from .control.state.state import State
        from .control.transitions.transitions import Transitions

        self.state = State(self.db, self.timekeeper, self.runtime.jobs, self.snapshots)
        self.faults = Faults(operations)
        self.journal = Journal(self.settings.journal)
        self.transitions = Transitions()
        self.open_workspace = partial(
            open_workspace, self.db, clock=self.clock, ids=self.ids, jobs=self.runtime.jobs, furnish=self.furnish
        )

    def reset(self) -> None:
        """Go back to how the application started."""
        self.faults.clear()
        self.transitions.set()
        self.state.reset()
        self.journal.clear()

    def _as_new(self) -> Database:
        """Return a database in memory as a server with these settings starts with."""
        seed_ids, clock = self.ids.seed, self.clock.position.start
        return prepare(replace(self.settings, db=MEMORY, workers=1, seed_ids=seed_ids, clock=clock))[0].db

    def _origin(self) -> str:
        """Return what a new database is made by: the seed, the rules, the organisations, the clock and the ids."""
        from hashlib import sha256

        from .runtime.providers.models import remote_providers

        settings = self.settings
        own = (settings.seed, settings.organisations(), self.ids.seed, self.clock.position.start)
        digest = sha256(repr((VERSION, *own, sorted(remote_providers(settings)))).encode())
        for folder in (seed_folder(settings.seed), Path(settings.models or FIXTURES / "models")):
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()


def create_app(settings: Settings | None = None) -> "Flask":
    """Return the WSGI application, with its database opened, migrated, and seeded if it is new."""
    if settings is None:
        settings = Settings.from_env()
        for sentence in unknown_variables():
            logger.warning(sentence)
    emulator, _ = prepare(settings)
    return assemble(emulator)


def assemble(emulator: Emulator) -> "Flask":
    """Return the WSGI application of an emulator."""
    from flask import Flask

    from . import api, control, ui

    app = Flask(__name__, static_folder=None)
    settings = emulator.settings
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_mb * 2**20
    app.extensions["emulator"] = emulator
    emulator.take_control(app.view_functions.keys())
    for module in (api, control, ui):
        module.init_app(app)
    if settings.jobs != "off":
        emulator.runtime.jobs.resume()
    return app


def prepare(settings: Settings) -> tuple[Emulator, list[str]]:
    """Make what a server starts with: the database, migrated and seeded if it is new, the clock and the ids.

    This is done once before anything is served, however many processes serve. Returns it with the names of the
    organisations that were not empty, and so were not seeded. ValueError (SeedError for a seed): a file is wrong.
    """
    db = _database(settings)
    with db.starting():
        return _prepare(settings, db)


def _prepare(settings: Settings, db: Database) -> tuple[Emulator, list[str]]:
    migrate(db)
    emulator = Emulator(settings, db)
    emulator.timekeeper.restart(settings.clock, settings.seed_ids)
    with db.reading():
        new = db.value(ORGANISATIONS) is None
    used: list[str] = []
    if settings.seed == DEFAULT:
        for organisation in settings.organisations():
            open_workspace(emulator.db, organisation, emulator.clock, emulator.ids, furnish=furnish)
    elif settings.seed != NO_SEED:
        from .exchange.seeds import fill

        used = fill(settings, emulator.db, emulator.clock, emulator.ids)
    _read_rules(emulator)
    if new:
        emulator.snapshots.keep_start()
    return emulator, used


def join(settings: Settings) -> Emulator:
    """Make what works beside a server, on its database, clock and ids. ValueError: a file of rules is wrong."""
    db = _database(settings)
    migrate(db)
    emulator = Emulator(settings, db)
    _read_rules(emulator)
    return emulator


def open_prepared(settings: Settings) -> Emulator:
    """Make what serves a database that another process has prepared."""
    return Emulator(settings, _database(settings))


def _database(settings: Settings) -> Database:
    return Database(settings.db, settings.db_connections)


def _read_rules(emulator: Emulator) -> None:
    from .runtime.providers.models import remote_providers
    from .runtime.providers.rule_store import load_folder, unload_folder

    if emulator.settings.models or not remote_providers(emulator.settings):
        load_folder(emulator.db, emulator.settings.models)
    else:  # the bundled rules must not answer for a real model
        unload_folder(emulator.db)


def furnish(ws: Workspace) -> None:
    """Give a new workspace what every organisation starts with; few starts need the modules that read seeds."""
    from .exchange.seeds import furnish

    furnish(ws)
