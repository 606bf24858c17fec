"""The Humanloop v5 API."""

from flask import Flask

PREFIX = "/v5"


def init_app(app: Flask) -> None:
    """Register every resource under `/v5`, and the error handlers."""
    from . import (
        agents,
        datasets,
        directories,
        errors,
        evaluations,
        evaluators,
        files,
        flows,
        logs,
        otel,
        prompts,
        tools,
    )

    errors.init_app(app)
    resources = (prompts, tools, datasets, evaluators, flows, agents, directories, files, evaluations, logs, otel)
    for resource in resources:
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
