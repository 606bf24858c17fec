"""Pages for the browser: the documentation of the API, and the page at an Evaluation's `url`."""

from flask import Flask

from . import documentation, evaluation_page

PAGES = (documentation, evaluation_page)


def init_app(app: Flask) -> None:
    """Register the pages."""
    for module in PAGES:
        app.register_blueprint(module.blueprint)
