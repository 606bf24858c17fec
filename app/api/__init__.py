"""The Humanloop v5 API."""

from flask import Flask

from . import errors
from .blueprint import PREFIX
from .resources import BLUEPRINTS


def init_app(app: Flask) -> None:
    """Register the error handlers, and all resources under `/v5`."""
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=PREFIX)
