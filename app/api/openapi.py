"""The OpenAPI 3.1 document, generated from the routes and their Marshmallow schemas when it is first asked for."""

from typing import Any

import flask_smorest
from flask import Flask
from flask_smorest.utils import PrefixedMappingProxy
from marshmallow import Schema

from ..schemas.errors import DomainErrorResponse, HttpValidationError, MessageErrorResponse
from ..schemas.openapi import openapi_plugin
from ..settings import VERSION
from .blueprint import ERRORS, Blueprint

OPTIONS = {
    "API_TITLE": "Humanloop API v5, emulated",
    "API_VERSION": VERSION,
    "OPENAPI_VERSION": "3.1.0",
}
ERROR_SHAPES: dict[int, tuple[Any, ...]] = {
    401: ("The API key is missing or unknown.", MessageErrorResponse),
    404: ("It does not exist.", DomainErrorResponse),
    409: ("The change would leave the resource in an illegal state.", DomainErrorResponse),
    413: ("The body is too large.", MessageErrorResponse),
    422: ("The request breaks its schema, or a rule of the API.", HttpValidationError, DomainErrorResponse),
    500: ("Unexpected failure.", MessageErrorResponse),
}
KEY = {"type": "apiKey", "in": "header", "name": "X-API-KEY"}


class Api(flask_smorest.Api):
    """flask-smorest's generator alone: we answer errors and serve pages ourselves."""

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
    for code, name in ERRORS.items():
        spec.components.response(name, _error_response(spec, *ERROR_SHAPES[code]))
    spec.options["security"] = [{"ApiKey": []}]
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, Blueprint):
            spec.tag({"name": blueprint.name, "description": blueprint.description})
            blueprint.register_views_in_doc(api, app, spec, name=blueprint.name, parameters=None)
    document: dict[str, Any] = spec.to_dict()
    return document


def _error_response(spec: Any, description: str, *shapes: type[Schema]) -> dict[str, Any]:
    references = []
    for shape in shapes:
        if shape.__name__ not in spec.components.schemas:
            spec.components.schema(shape.__name__, schema=shape)
        references.append({"$ref": f"#/components/schemas/{shape.__name__}"})
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
