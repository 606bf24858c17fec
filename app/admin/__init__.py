"""The emulator's own routes, below `/_emulator`."""

from flask import Flask

from . import health


def init_app(app: Flask) -> None:
    """Register the routes; they need no API key."""
    app.register_blueprint(health.blueprint, url_prefix="/_emulator")
