"""The emulator's own routes, below `/_emulator`."""

from flask import Flask

from . import health
from .clock import routes as clock
from .faults import routes as faults
from .guard import guard
from .journal import routes as journal
from .models import routes as models
from .state import routes as state
from .tap import Tap
from .transitions import routes as transitions

MODULES = (clock, faults, health, journal, models, state, transitions)
for module in MODULES:
    module.blueprint.before_request(guard)


def init_app(app: Flask) -> None:
    """Register the routes, and put faults and the journal around the application."""
    for module in MODULES:
        app.register_blueprint(module.blueprint, url_prefix="/_emulator")
    app.wsgi_app = Tap(app)  # type: ignore[method-assign]
