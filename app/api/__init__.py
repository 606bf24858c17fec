"""The Humanloop v5 API."""

from flask import Flask

PREFIX = "/v5"


def init_app(app: Flask) -> None:
    """Register every resource under `/v5`, and the error handlers."""
    from . import errors
    from .resources import BLUEPRINTS

    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=PREFIX)
