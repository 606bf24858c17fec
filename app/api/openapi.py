"""The OpenAPI 3.1 document, generated from the operations and their Marshmallow schemas when it is first asked for."""

from collections.abc import Callable
from typing import Any

import flask_smorest
from flask import Flask
from flask_smorest.utils import PrefixedMappingProxy
from marshmallow import Schema

from ..schemas.errors import DomainErrorResponse, HttpValidationError, MessageErrorResponse, ModelErrorResponse
from ..schemas.openapi import openapi_plugin
from ..settings import VERSION
from .blueprint import CSV, EVENTS, JSON, Blueprint, Operation

OPTIONS = {
    "API_TITLE": "Humanloop API v5, emulated",
    "API_VERSION": VERSION,
    "OPENAPI_VERSION": "3.1.0",
}
KEY = {"type": "apiKey", "in": "header", "name": "X-API-KEY"}
ERRORS: dict[int, tuple[Any, ...]] = {
    401: ("Unauthorized", "The API key is missing or unknown.", MessageErrorResponse),
    404: ("NotFound", "It does not exist.", DomainErrorResponse),
    409: ("Conflict", "The change would leave the resource in an illegal state.", DomainErrorResponse),
    400: ("BadRequest", "A model's provider refuses the request.", ModelErrorResponse),
    429: ("TooManyRequests", "A model's provider limits its requests.", ModelErrorResponse),
    503: (
        "ServiceUnavailable",
        "A model's provider does not answer, or too many calls are going on.",
        ModelErrorResponse,
        MessageErrorResponse,
    ),
    413: ("ContentTooLarge", "The body is too large.", MessageErrorResponse),
    422: (
        "UnprocessableEntity",
        "The request breaks its schema, or a rule of the API.",
        HttpValidationError,
        DomainErrorResponse,
    ),
    500: ("InternalServerError", "Unexpected failure.", MessageErrorResponse),
}


class Api(flask_smorest.Api):
    """flask-smorest's generator alone: we serve the routes, errors and pages ourselves."""

    ERROR_SCHEMA = None
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app
        for name, value in OPTIONS.items():
            app.config.setdefault(name, value)
        self.config = PrefixedMappingProxy(app.config, "")
        self._init_spec(marshmallow_plugin=openapi_plugin())


def build(app: Flask) -> dict[str, Any]:
    """Return the document of all routes of the API."""
    api = Api(app)
    spec = api.spec
    spec.components.security_scheme("ApiKey", KEY)
    spec.options["security"] = [{"ApiKey": []}]
    for name, description, *shapes in ERRORS.values():
        spec.components.response(name, _error_response(spec, description, shapes))
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, Blueprint):
            spec.tag({"name": blueprint.name, "description": blueprint.description})
            described = flask_smorest.Blueprint(blueprint.name, __name__)
            for operation in blueprint.operations.values():
                _describe(described, operation)
            described.register_views_in_doc(api, app, spec, name=blueprint.name, parameters=None)
    document: dict[str, Any] = spec.to_dict()
    return document


def _describe(blueprint: flask_smorest.Blueprint, operation: Operation) -> None:
    """Declare an operation to flask-smorest's generator."""

    def view() -> None: ...

    view.__doc__ = operation.handler.__doc__
    steps: list[Callable[..., Any]] = []
    content_type = None if operation.content_type == JSON else operation.content_type
    steps.append(blueprint.response(operation.status, operation.response, content_type=content_type))
    if operation.body is not None:
        required = not _optional(operation.body)
        location = "json" if operation.body_location == "text" else operation.body_location
        steps.append(blueprint.arguments(operation.body, location=location, required=required))
    if operation.query is not None:
        steps.append(blueprint.arguments(operation.query, location="query"))
    responses: dict[str, Any] = {
        str(code): {"$ref": f"#/components/responses/{ERRORS[code][0]}"} for code in sorted(operation.errors)
    }
    others = {EVENTS: operation.events, CSV: operation.csv and {"type": "string"}}
    content = {name: {"schema": schema} for name, schema in others.items() if schema is not None}
    if content:
        content[JSON] = {"schema": operation.response}
        responses[str(operation.status)] = {"description": "OK", "content": content}
    described = {"operationId": f"{blueprint.name}.{operation.name}", "responses": responses}
    steps.append(blueprint.doc(**described, **({"deprecated": True} if operation.older else {})))
    documented: Any = view
    for step in steps:
        documented = step(documented)
    blueprint.route(operation.rule, methods=[operation.method], endpoint=operation.name)(documented)


def _optional(schema: Schema) -> bool:
    return not schema.many and not any(field.required for field in schema.fields.values())


def _error_response(spec: Any, description: str, shapes: list[type[Schema]]) -> dict[str, Any]:
    references = []
    for shape in shapes:
        if shape.__name__ not in spec.components.schemas:
            spec.components.schema(shape.__name__, schema=shape)
        references.append({"$ref": f"#/components/schemas/{shape.__name__}"})
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {"description": description, "content": {JSON: {"schema": schema}}}
