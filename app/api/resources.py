"""All resources of the API: one for each kind of File, and those that kinds share."""

from ..kinds import KINDS
from . import agents, datasets, directories, evaluations, files, flows, logs, otel, prompts, tools
from .blueprint import Blueprint
from .versioned_files import versioned_file_blueprint

WITH_MORE = {module.blueprint.name: module.blueprint for module in (prompts, tools, datasets, flows, agents)}
"""The kinds with routes of their own besides the shared ones."""

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(WITH_MORE.get(kind.collection) or versioned_file_blueprint(kind) for kind in KINDS.values()),
    *(module.blueprint for module in (directories, files, evaluations, logs, otel)),
)
