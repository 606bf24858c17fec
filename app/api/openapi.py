"""The OpenAPI 3.1 document, generated from the operations and their Marshmallow schemas when it is first asked for."""

import inspect
import re
from http import HTTPStatus

from apispec import APISpec
from flask import Flask
from marshmallow import Schema
from werkzeug.routing import Rule

from ..json_types import JsonObject
from ..schemas.errors import DomainErrorResponse, HttpValidationError, MessageErrorResponse, ModelErrorResponse
from ..schemas.openapi import openapi_plugin
from ..settings import VERSION
from .blueprint import Blueprint
from .operations import CSV, EVENTS, JSON, MULTIPART, Operation

TITLE = "Humanloop API v5, emulated"
DESCRIPTION = "A local stand-in for the Humanloop API. Routes and fields that only older clients use are deprecated."
KEY = {"type": "apiKey", "in": "header", "name": "X-API-KEY"}
PATH_TEXT = {"type": "string", "minLength": 1}
BODY_TYPES = {"json": JSON, "raw": JSON, "files": MULTIPART}
SOURCE_MARK = re.compile(r" \[[ACDO](?:/[ACDO])*\]")  # the sources of rules are for maintainers only
ERRORS: dict[int, tuple[str, str, tuple[type[Schema], ...]]] = {
    400: ("BadRequest", "A model provider refused the request.", (ModelErrorResponse,)),
    401: ("Unauthorized", "The API key is missing or unknown.", (MessageErrorResponse,)),
    404: ("NotFound", "The resource does not exist.", (DomainErrorResponse,)),
    409: ("Conflict", "The change would leave the resource in an illegal state.", (DomainErrorResponse,)),
    413: ("ContentTooLarge", "The body is too large.", (MessageErrorResponse,)),
    422: (
        "UnprocessableEntity",
        "The request does not match its schema, or breaks a rule of the API.",
        (HttpValidationError, DomainErrorResponse),
    ),
    429: ("TooManyRequests", "A model provider limits the rate of requests.", (ModelErrorResponse,)),
    500: ("InternalServerError", "An unexpected error.", (MessageErrorResponse,)),
    503: (
        "ServiceUnavailable",
        "A model provider does not answer, or too many calls are in progress.",
        (ModelErrorResponse, MessageErrorResponse),
    ),
}
"""The errors that operations declare: the name of the component, its description, its possible shapes."""


def build(app: Flask) -> JsonObject:
    """Return the OpenAPI document of all routes."""
    spec = APISpec(
        TITLE,
        VERSION,
        "3.1.0",
        plugins=[openapi_plugin()],
        info={"description": DESCRIPTION},
        security=[{"ApiKey": []}],
    )
    spec.components.security_scheme("ApiKey", KEY)
    for name, description, shapes in ERRORS.values():
        spec.components.response(name, _error(description, shapes))
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, Blueprint):
            spec.tag({"name": blueprint.name, "description": blueprint.description})
    for rule in app.url_map.iter_rules():
        operation = app.view_functions[rule.endpoint]
        if isinstance(operation, Operation):
            described = {operation.method.lower(): _described(operation, rule)}
            spec.path(_path(rule), operations=described, parameters=_path_parameters(rule))
    document: JsonObject = spec.to_dict()
    return document


def _path(rule: Rule) -> str:
    return rule.rule.replace("<", "{").replace(">", "}")


def _path_parameters(rule: Rule) -> list[JsonObject]:
    in_order = sorted(rule.arguments, key=rule.rule.index)
    return [{"in": "path", "name": name, "required": True, "schema": PATH_TEXT} for name in in_order]


def _described(operation: Operation, rule: Rule) -> JsonObject:
    """Describe an operation; apispec replaces its schemas with references to components."""
    summary, _, description = SOURCE_MARK.sub("", inspect.getdoc(operation.handler) or "").partition("\n\n")
    described: JsonObject = {
        "tags": [rule.endpoint.partition(".")[0]],
        "operationId": rule.endpoint,
        "summary": summary,
    }
    if description:
        described["description"] = description
    if operation.older:
        described["deprecated"] = True
    if operation.query is not None:
        described["parameters"] = [{"in": "query", "schema": operation.query}]
    if operation.body is not None:
        described["requestBody"] = {
            "required": not _is_optional(operation.body),
            "content": _content({BODY_TYPES[operation.body_location]: operation.body, **_binary(operation)}),
        }
    described["responses"] = {
        str(operation.status): _answer(operation),
        **{str(status): ERRORS[status][0] for status in sorted(operation.errors)},
    }
    return described


def _answer(operation: Operation) -> JsonObject:
    shapes = {operation.content_type: operation.response, EVENTS: operation.events, **_binary(operation)}
    if operation.csv is not None:
        shapes[CSV] = {"type": "string"}
    content = _content({name: shape for name, shape in shapes.items() if shape is not None})
    return {"description": HTTPStatus(operation.status).phrase, **({"content": content} if content else {})}


def _binary(operation: Operation) -> JsonObject:
    return {operation.binary: {}} if operation.binary else {}


def _content(shapes: JsonObject) -> JsonObject:
    return {content_type: {"schema": shape} for content_type, shape in shapes.items()}


def _is_optional(schema: Schema) -> bool:
    return not schema.many and not any(field.required for field in schema.fields.values())


def _error(description: str, shapes: tuple[type[Schema], ...]) -> JsonObject:
    schema = shapes[0] if len(shapes) == 1 else {"anyOf": list(shapes)}
    return {"description": description, "content": _content({JSON: schema})}
