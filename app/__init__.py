"""The Humanloop emulator: a self-hosted, offline stand-in for the Humanloop v5 API."""

from dataclasses import dataclass, field

from flask import Flask

from .clock import Clock
from .db import Database
from .ids import Ids
from .runtime.runtime import Runtime
from .settings import Settings


@dataclass(frozen=True)
class Emulator:
    """What one application is made of; found at `app.extensions["emulator"]`."""

    settings: Settings
    keys: dict[str, str]
    db: Database
    clock: Clock
    ids: Ids
    runtime: Runtime
    pages: dict[str, bytes] = field(default_factory=dict)  # what is made once, when it is first asked for


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application, with its database opened and brought to the present schema."""
    from . import admin, api, ui
    from .models.schema import migrate

    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_mb * 2**20
    db = Database(settings.db)
    migrate(db)
    clock, ids = Clock(), Ids()
    runtime = Runtime(settings, db, clock, ids)
    app.extensions["emulator"] = Emulator(settings, settings.key_table(), db, clock, ids, runtime)
    api.init_app(app)
    admin.init_app(app)
    ui.init_app(app)
    if settings.jobs != "off":
        runtime.jobs.resume()
    return app
