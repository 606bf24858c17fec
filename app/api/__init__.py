"""The Humanloop v5 API."""

from flask import Flask

from ..kinds import KINDS
from . import agents, datasets, directories, errors, evaluations, files, flows, logs, otel, prompts, tools
from .blueprint import PREFIX, Blueprint
from .versioned_files import versioned_file_blueprint

WITH_MORE = {module.blueprint.name: module.blueprint for module in (prompts, tools, datasets, flows, agents)}
"""The kinds with routes of their own besides the shared ones."""

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(WITH_MORE.get(kind.collection) or versioned_file_blueprint(kind) for kind in KINDS.values()),
    *(module.blueprint for module in (directories, files, evaluations, logs, otel)),
)
"""All resources of the API: one for each kind of File, and those that kinds share."""


def init_app(app: Flask) -> None:
    """Register the error handlers, and all resources under `/v5`."""
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=PREFIX)
