"""The emulator's own routes, below `/_emulator`."""

from flask import Flask

from . import clock, faults, health, journal, models, state
from .tap import Tap


def init_app(app: Flask) -> None:
    """Register the routes, which need no API key, and put faults and the journal around the application."""
    for module in (clock, faults, health, journal, models, state):
        app.register_blueprint(module.blueprint, url_prefix="/_emulator")
    app.wsgi_app = Tap(app)  # type: ignore[method-assign]
