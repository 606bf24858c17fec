"""How a route is declared: one decorator says all that the router, the parser and the OpenAPI document need.

A handler receives the workspace, the loaded query and body (where it has them) and its path parameters, and
returns a document. It runs in one transaction: a change of the database is stored whole or not at all.
The OpenAPI document is made from the same declarations, but only when it is asked for: see openapi.py.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

import flask
import orjson
from flask import Response, request
from marshmallow import Schema

from ..schemas.base import Query
from .auth import authenticate
from .parser import Parser

Handler = TypeVar("Handler", bound=Callable[..., Any])
READS = ("GET", "HEAD")
JSON = "application/json"
PARSER = Parser()
NO_QUERY = Query()  # what strict mode holds a route without parameters to


@dataclass(frozen=True)
class Operation:
    """What one method of one route takes, does and answers."""

    name: str
    method: str
    rule: str
    handler: Callable[..., Any]
    query: Schema | None
    body: Schema | None
    body_location: str
    response: Any
    status: int
    content_type: str
    errors: frozenset[int]
    changes: bool

    @cached_property
    def defaults(self) -> Mapping[str, Any] | None:
        """The loaded query of a request that has none; None where a parameter is required."""
        assert self.query is not None
        if any(field.required for field in self.query.fields.values()):
            return None
        return MappingProxyType(self.query.load({}))

    def __call__(self, **path: Any) -> Response:
        """Serve a request."""
        ws = authenticate()
        arguments = []
        if self.query is not None:
            given = self.defaults is None or request.query_string
            arguments.append(PARSER.parse(self.query, request, location="query") if given else self.defaults)
        elif request.query_string:
            PARSER.parse(NO_QUERY, request, location="query")
        if self.body is not None:
            arguments.append(PARSER.parse(self.body, request, location=self.body_location))
        with ws.writing() if self.changes else ws.reading():
            document = self.handler(ws, *arguments, **path)
        if self.status == 204:
            return Response(status=204)
        text = document if isinstance(document, str) else orjson.dumps(document)
        return Response(text, self.status, content_type=self.content_type)


class Blueprint(flask.Blueprint):
    """A resource's routes; every one needs an API key."""

    def __init__(self, name: str, *, description: str) -> None:
        super().__init__(name, __name__)
        self.description = description
        self.operations: dict[str, Operation] = {}

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
            operation = Operation(
                name=operation_id or handler.__name__,
                method=method,
                rule=rule,
                handler=handler,
                query=query() if query else None,
                body=body() if isinstance(body, type) else body,
                body_location=body_location,
                response=response,
                status=status,
                content_type=content_type,
                errors=frozenset({401, 413, 422, 500, *errors}),
                changes=method not in READS if changes is None else changes,
            )
            self.operations[operation.name] = operation
            self.add_url_rule(rule, operation.name, operation, methods=[method])
            return handler

        return decorator
