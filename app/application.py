"""The one place where an application is put together: settings, database, clock, ids, runtime, control, and routes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from flask import Flask

from .bundled import NO_SEED
from .clock import Clock
from .control.faults.rules import Faults
from .control.journal.journal import Journal
from .control.state.state import State
from .control.transitions.transitions import Transitions
from .ids import Ids
from .preparation import furnish, prepare
from .runtime.runtime import Runtime
from .services.workspace import Workspace, leave_empty
from .settings import Settings, unknown_variables
from .store.database import MEMORY, Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Emulator:
    """What one application is made of; found at `app.extensions["emulator"]`."""

    settings: Settings
    keys: dict[str, str]
    db: Database
    clock: Clock
    ids: Ids
    runtime: Runtime
    state: State
    faults: Faults
    journal: Journal
    transitions: Transitions = field(default_factory=Transitions)
    furnish: Callable[[Workspace], None] = leave_empty
    pages: dict[str, bytes] = field(default_factory=dict)  # what is made once, when it is first asked for

    def reset(self) -> None:
        """Go back to how the application started."""
        self.faults.clear()
        self.transitions.set()
        self.clock.reset()
        self.state.reset()
        self.journal.clear()


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application, with its database opened, brought to the present schema, and seeded if it is new."""
    if settings is None:
        settings = Settings.from_env()
        for sentence in unknown_variables():
            logger.warning(sentence)
    db, _ = prepare(settings)
    return assemble(settings, db)


def assemble(settings: Settings, db: Database) -> Flask:
    """Return the WSGI application of a database that is prepared."""
    from . import api, ui
    from . import control as admin
    from .store.schema import extent

    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_mb * 2**20
    clock, ids = Clock(settings.clock), Ids(settings.seed_ids)
    ids.restart(extent(db))
    runtime = Runtime(settings, db, clock, ids)
    state = State(db, ids, runtime.jobs, partial(_new_database, settings))
    app.extensions["emulator"] = Emulator(
        settings=settings,
        keys=settings.key_table(),
        db=db,
        clock=clock,
        ids=ids,
        runtime=runtime,
        state=state,
        faults=Faults(app.view_functions.keys()),
        journal=Journal(settings.journal),
        furnish=leave_empty if settings.seed == NO_SEED else furnish,
    )
    api.init_app(app)
    admin.init_app(app)
    ui.init_app(app)
    if settings.jobs != "off":
        runtime.jobs.resume()
    return app


def _new_database(settings: Settings) -> Database:
    """Return a database in memory as an application with these settings starts with."""
    return prepare(replace(settings, db=MEMORY, workers=1))[0]
