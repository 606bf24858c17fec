"""How a route is declared: one decorator says all that the router, the parser and the OpenAPI document need.

A handler receives the workspace, the loaded query and body (where it has them) and its path parameters, and
returns a document. It runs in one transaction: a change of the database is stored whole or not at all. Only what waits
for models and for code of users is not atomic: it begins its own transactions, and may return events, which are sent
as they come. The OpenAPI document is made from the same declarations, but only when it is asked for: see openapi.py.
"""

import os
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import IO, Any, TypeVar

import flask
import orjson
from flask import Response, current_app, request
from marshmallow import Schema

from ..errors import Replaced
from ..runtime.runtime import Runtime
from ..schemas.base import Query
from ..schemas.values import strict, uncoerced
from ..services.workspace import Workspace
from .auth import authenticate, wants_strictness
from .parser import Parser

Handler = TypeVar("Handler", bound=Callable[..., Any])
PREFIX = "/v5"  # of every route
READS = ("GET", "HEAD")
JSON = "application/json"
EVENTS = "text/event-stream"
CSV = "text/csv"
PIECE = 1 << 20  # of a table, in bytes: what is longer is not held in memory
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # proxies shall pass events on at once
PARSER = Parser()
BUSY = 503
MODEL_ERRORS = (400, 429, BUSY)  # what a provider that fails is answered with, besides 401, 404 and 422
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
    csv: Callable[..., Iterator[str]] | None
    status: int
    content_type: str
    errors: frozenset[int]
    changes: bool
    atomic: bool
    events: Any
    binary: str | None
    older: bool

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
        token = strict.set(wants_strictness())
        try:
            return self._serve(ws, path)
        finally:
            strict.reset(token)

    def _serve(self, ws: Workspace, path: dict[str, Any]) -> Response:
        arguments = []
        if self.query is not None:
            given = self.defaults is None or request.query_string
            arguments.append(PARSER.parse(self.query, request, location="query") if given else self.defaults)
        elif request.query_string:
            PARSER.parse(NO_QUERY, request, location="query")
        if self.body is not None:
            arguments.append(self._body(self.body))
        if BUSY in self.errors:
            return self._serve_call(ws, arguments, path)
        if self.csv is not None:
            return self._serve_table(ws, arguments, path)
        return self._answer(self._handle(ws, arguments, path))

    def _body(self, schema: Schema) -> Any:
        """Load the body; the values of JSON are read strictly where all is, for JSON has types, and a form has not."""
        token = uncoerced.set(strict.get() and self.body_location == "json")
        try:
            return PARSER.parse(schema, request, location=self.body_location)
        finally:
            uncoerced.reset(token)

    def _serve_table(self, ws: Workspace, arguments: list[Any], path: dict[str, Any]) -> Response:
        """Serve what is JSON or, for whoever prefers that, CSV.

        A table may be long. It is written to a file first, from one state of the database, which is not kept from
        others for as long as a client takes to read.
        """
        if request.accept_mimetypes.best_match([JSON, CSV]) == CSV:
            file = self._handle(ws, arguments, path, self._written)
            response = Response(iter(partial(file.read, PIECE), b""), content_type=f"{CSV}; charset=utf-8")
            response.content_length = file.seek(0, os.SEEK_END)
            file.seek(0)
            response.call_on_close(file.close)
        else:
            response = self._answer(self._handle(ws, arguments, path))
        response.vary.add("Accept")
        return response

    def _written(self, *arguments: Any, **path: Any) -> IO[bytes]:
        assert self.csv is not None
        file = SpooledTemporaryFile(PIECE)  # noqa: SIM115 (the response closes it)
        for text in self.csv(*arguments, **path):
            file.write(text.encode())  # only this sees when the file has to leave the memory
        return file

    def _serve_call(self, ws: Workspace, arguments: list[Any], path: dict[str, Any]) -> Response:
        """Serve what may wait for models and code of users: only so many at a time, so that others are served too."""
        end = runtime().begin_call()
        try:
            document = self._handle(ws, arguments, path)
            if isinstance(document, Generator):
                response = _stream(document)
                response.call_on_close(end)
                end = _nothing
                return response
            return self._answer(document)
        finally:
            end()

    def _answer(self, document: Any) -> Response:
        if self.status == 204:
            return Response(status=204)
        if isinstance(document, Response):
            return document
        text = document if isinstance(document, str) else orjson.dumps(document)
        return Response(text, self.status, content_type=self.content_type)

    def _handle(
        self, ws: Workspace, arguments: list[Any], path: dict[str, Any], work: Callable[..., Any] | None = None
    ) -> Any:
        try:
            with self._transaction(ws):
                return (work or self.handler)(ws, *arguments, **path)
        except Replaced:  # nothing of it is stored: it is served as if it had come later
            return self._handle(authenticate(), arguments, path, work)

    def _transaction(self, ws: Workspace) -> AbstractContextManager[None]:
        if not self.atomic:
            return nullcontext()
        return ws.writing() if self.changes else ws.reading()


class Started(Iterator[Any]):
    """A generator that has begun: to close it runs its `finally`, also when nobody asks for its first item any more."""

    def __init__(self, items: Generator[Any]) -> None:
        self._items = items
        self._first = [next(items)]

    def __next__(self) -> Any:
        return self._first.pop() if self._first else next(self._items)

    def close(self) -> None:
        """Close the generator."""
        self._items.close()


def _nothing() -> None: ...


def _stream(events: Generator[Any]) -> Response:
    """Send server-sent events as they come; a client that leaves closes what makes them."""
    started = Started(events)
    encoded = (b"data: " + orjson.dumps(event) + b"\n\n" for event in started)
    response = Response(encoded, content_type=EVENTS, headers=UNBUFFERED)
    response.call_on_close(started.close)
    return response


def runtime() -> Runtime:
    """Return what runs models and code for the application that serves this request."""
    found: Runtime = current_app.extensions["emulator"].runtime
    return found


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
        csv: Callable[..., Iterator[str]] | None = None,
        status: int = 200,
        content_type: str = JSON,
        errors: Collection[int] = (404,),
        operation_id: str | None = None,
        changes: bool | None = None,
        atomic: bool = True,
        events: Any = None,
        binary: str | None = None,
        older: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler.

        `errors` are the statuses that its service may raise besides 401, 422 and 500. `changes` tells whether it
        writes; by default all methods but GET do. `atomic=False` leaves the transactions to the handler; `events` is
        the schema of the events that it may return instead of a document. `older` marks a route that the
        last contract lacks and older clients call. `csv` takes what the handler takes and yields the same as a table.
        `binary` is the content type of a body that is not JSON, which is answered in the same type.
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
                csv=csv,
                status=status,
                content_type=content_type,
                errors=frozenset({401, 413, 422, 500, *errors}),
                changes=method not in READS if changes is None else changes,
                atomic=atomic,
                events=events,
                binary=binary,
                older=older,
            )
            self.operations[operation.name] = operation
            self.add_url_rule(rule, operation.name, operation, methods=[method])
            return handler

        return decorator
