"""How a route is declared: one decorator tells the router, the requests and the OpenAPI document all they need.

The OpenAPI document is generated from these declarations when it is first asked for: see openapi.py.
"""

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

import flask
from marshmallow import Schema

from ..json_types import Json
from .operations import BUSY, JSON, Operation, Shape

Handler = TypeVar("Handler", bound=Callable[..., Json])
PREFIX = "/v5"  # of every route
READS = ("GET", "HEAD")
MODEL_ERRORS = (400, 429, BUSY)  # statuses of a provider's failure, besides 401, 404 and 422


class Blueprint(flask.Blueprint):
    """The routes of a resource; all of them need an API key."""

    def __init__(self, name: str, *, description: str) -> None:
        super().__init__(name, __name__)
        self.description = description

    def operation(
        self,
        method: str,
        rule: str,
        *,
        query: type[Schema] | None = None,
        body: type[Schema] | Schema | None = None,
        body_location: str = "json",
        response: Shape | None = None,
        csv: Callable[..., Iterator[str]] | None = None,
        status: int = 200,
        content_type: str = JSON,
        errors: Collection[int] = (404,),
        operation_id: str | None = None,
        changes: bool | None = None,
        atomic: bool = True,
        events: Shape | None = None,
        binary: str | None = None,
        older: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler.

        `errors` are the statuses that its service may raise besides 401, 413, 422 and 500. `changes` tells whether it
        writes; by default all methods but GET do. `atomic=False` leaves transactions to the handler; `events` is the
        schema of the events that it may return instead of a document. `older` marks a route that only older clients
        call, for the last version of the API lacks it. `csv` takes the handler's arguments and yields its answer as a
        table. `binary` is the content type of a body that is not JSON; the answer to it has the same type.
        """

        def decorator(handler: Handler) -> Handler:
            operation = Operation(
                method=method,
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
            self.add_url_rule(rule, operation_id or handler.__name__, operation, methods=[method])
            return handler

        return decorator
