"""The one place where the emulator is put together: from settings to a database, clock, ids, runtime and control.

The server, its worker processes, commands and tests all begin here. A process that only works on jobs never makes
what requests need: that is imported when it is first asked for (Flask and the routes take 150 ms).
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from .bundled import DEFAULT, NO_SEED
from .clock import Clock
from .ids import Ids
from .runtime.runtime import Runtime
from .services.workspace import Workspace, leave_empty, open_workspace
from .settings import Settings, unknown_variables
from .store.database import MEMORY, Database
from .store.schema import extent, migrate

if TYPE_CHECKING:
    from flask import Flask

    from .control.faults.rules import Faults
    from .control.journal.journal import Journal
    from .control.state.state import State
    from .control.transitions.transitions import Transitions

logger = logging.getLogger(__name__)


class Emulator:
    """What one process is made of; an application has it at `app.extensions["emulator"]`."""

    state: "State"
    faults: "Faults"
    journal: "Journal"
    transitions: "Transitions"

    def __init__(self, settings: Settings, db: Database) -> None:
        """Take a database that is prepared."""
        self.settings = settings
        self.keys = settings.key_table()
        self.db = db
        self.clock = Clock(settings.clock)
        self.ids = Ids(settings.seed_ids)
        self.ids.restart(extent(db))
        self.runtime = Runtime(settings, db, self.clock, self.ids)
        self.furnish: Callable[[Workspace], None] = leave_empty if settings.seed == NO_SEED else furnish
        self.pages: dict[str, bytes] = {}  # what is made once, when it is first asked for

    def take_control(self, operations: Collection[str]) -> None:
        """Make what steers an application with these operations; a reset goes back to what is stored now."""
        from .control.faults.rules import Faults
        from .control.journal.journal import Journal
        from .control.state.state import State
        from .control.transitions.transitions import Transitions

        self.state = State(self.db, self.ids, self.runtime.jobs, self._as_new)
        self.faults = Faults(operations)
        self.journal = Journal(self.settings.journal)
        self.transitions = Transitions()

    def reset(self) -> None:
        """Go back to how the application started."""
        self.faults.clear()
        self.transitions.set()
        self.clock.reset()
        self.state.reset()
        self.journal.clear()

    def _as_new(self) -> Database:
        """Return a database in memory as an application with these settings starts with."""
        return prepare(replace(self.settings, db=MEMORY, workers=1))[0]


def create_app(settings: Settings | None = None) -> "Flask":
    """Return the WSGI application, with its database opened, brought to the present schema, and seeded if it is new."""
    if settings is None:
        settings = Settings.from_env()
        for sentence in unknown_variables():
            logger.warning(sentence)
    db, _ = prepare(settings)
    return assemble(settings, db)


def assemble(settings: Settings, db: Database) -> "Flask":
    """Return the WSGI application of a database that is prepared."""
    from flask import Flask

    from . import api, control, ui

    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_mb * 2**20
    emulator = app.extensions["emulator"] = Emulator(settings, db)
    emulator.take_control(app.view_functions.keys())
    for module in (api, control, ui):
        module.init_app(app)
    if settings.jobs != "off":
        emulator.runtime.jobs.resume()
    return app


def prepare(settings: Settings) -> tuple[Database, list[str]]:
    """Open a database, bring it to the present schema, fill it if it is new, and read the rules of the models.

    This is done once before anything is served, however many processes serve it. Returns the database with the names
    of the organisations that were not empty, and so were not seeded. ValueError (SeedError for a seed): a file is at
    fault.
    """
    from .runtime.providers.remote import remote_providers
    from .runtime.providers.rule_store import load_folder, unload_folder

    db = Database(settings.db)
    migrate(db)
    used: list[str] = []
    clock, ids = Clock(settings.clock), Ids(settings.seed_ids)
    if settings.seed == DEFAULT:
        for organisation in settings.organisations():
            open_workspace(db, organisation, clock, ids, furnish=furnish)
    elif settings.seed != NO_SEED:
        from .exchange.seeds import fill

        used = fill(settings, db, clock, ids)
    if settings.models or not remote_providers(settings):
        load_folder(db, settings.models)
    else:  # the rules that come along shall not answer for a real model
        unload_folder(db)
    return db, used


def furnish(ws: Workspace) -> None:
    """Give a new workspace what every organisation begins with; few starts need the modules that read seeds."""
    from .exchange.seeds import furnish

    furnish(ws)
