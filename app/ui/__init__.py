"""The pages for a browser: the documentation of the API, and the page behind an Evaluation's `url`."""

from flask import Flask

from . import documentation, evaluation_page


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(documentation.blueprint)
    app.register_blueprint(evaluation_page.blueprint)
