"""How a route is declared: one decorator says all that the router, the parser and the OpenAPI document need.

A handler receives the workspace, the loaded query and body (where it has them) and its path parameters, and
returns a document. It runs in one transaction: a change of the database is stored whole or not at all.
"""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
import orjson
from flask import Response, g
from marshmallow import Schema

from .auth import authenticate
from .parser import Parser

Handler = TypeVar("Handler", bound=Callable[..., Any])
READS = ("GET", "HEAD")
JSON = "application/json"
ERRORS = {
    401: "Unauthorized",
    404: "NotFound",
    409: "Conflict",
    413: "ContentTooLarge",
    422: "UnprocessableEntity",
    500: "InternalServerError",
}  # the shared responses of the OpenAPI document: see openapi.py


class Blueprint(flask_smorest.Blueprint):
    """A resource's routes; every one needs an API key."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, *, description: str) -> None:
        super().__init__(name, __name__, description=description)
        self.before_request(authenticate)
        self.answers: dict[str, tuple[int, Any]] = {}  # what each operation answers: the tests hold it to this

    def operation(
        self,
        method: str,
        rule: str,
        *,
        query: type[Schema] | None = None,
        body: type[Schema] | Schema | None = None,
        body_location: str = "json",
        response: Any = None,
        status: int = 200,
        content_type: str = JSON,
        errors: Collection[int] = (404,),
        operation_id: str | None = None,
        changes: bool | None = None,
    ) -> Callable[[Handler], Handler]:
        """Register a handler.

        `errors` are the statuses that its service may raise besides 401, 422 and 500. `changes` tells whether it
        writes; by default all methods but GET do.
        """

        def decorator(handler: Handler) -> Handler:
            name = operation_id or handler.__name__
            self.answers[name] = (status, response)
            writes = method not in READS if changes is None else changes
            view = _transacted(handler, status, content_type, writes=writes)
            documented = None if content_type == JSON else content_type
            view = self.response(status, response, content_type=documented)(view)
            if body is not None:
                schema = body() if isinstance(body, type) else body
                view = self.arguments(schema, location=body_location, required=not _optional(schema))(view)
            if query is not None:
                view = self.arguments(query(), location="query")(view)
            responses = {str(code): _shared(code) for code in sorted({401, 413, 422, 500, *errors})}
            view = self.doc(operationId=f"{self.name}.{name}", responses=responses)(view)
            self.route(rule, methods=[method], endpoint=name)(view)
            return handler

        return decorator


def _shared(code: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{ERRORS[code]}"}


def _optional(schema: Schema) -> bool:
    return not schema.many and not any(field.required for field in schema.fields.values())


def _transacted(handler: Callable[..., Any], status: int, content_type: str, *, writes: bool) -> Callable[..., Any]:
    @wraps(handler)
    def view(*args: Any, **kwargs: Any) -> Response:
        ws = g.workspace
        with ws.writing() if writes else ws.reading():
            document = handler(ws, *args, **kwargs)
        if status == 204:
            return Response(status=204)
        body = document if isinstance(document, str) else orjson.dumps(document)
        return Response(body, status, content_type=content_type)

    return view
