"""How a request is served: its key, its query and body, one transaction, and the answer.

A handler receives the workspace, the loaded query and body (where it has them) and its path parameters, and
returns a document. It runs in one transaction: a change of the database is stored whole or not at all. Only what waits
for models and for code of users is not atomic: it begins its own transactions, and may return events, which are sent
as they come. Whatever cannot be read is a schema error (422), never a 400 [A].
"""

import hashlib
import logging
import math
import os
import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import IO, NoReturn, TypeAlias

import marshmallow
import orjson
from flask import Request, Response, current_app, request
from marshmallow import Schema
from webargs.core import is_json
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import Busy, Replaced, SchemaError, Unauthorized
from ..json_types import Json, JsonObject, TooDeep, read_json
from ..runtime.runtime import Runtime
from ..schemas.base import Query
from ..schemas.problems import flatten
from ..schemas.values import strict, uncoerced
from ..services.workspace import Workspace

logger = logging.getLogger(__name__)

KEY_HEADER = "X-API-KEY"
STRICT_HEADER = "X-Emulator-Strict"
LINKS_LEAD_TO = "LINKS_LEAD_TO"
"""The base of links in answers, where the host that a client believes to call serves no pages."""

DEFAULT_ORGANISATION = "default"
JSON = "application/json"
EVENTS = "text/event-stream"
CSV = "text/csv"
MULTIPART = "multipart/form-data"
LOCATIONS = {"json": "body", "form": "body", "files": "body", "text": "body", "query": "query"}
PIECE = 1 << 20  # of a table, in bytes: what is longer is not held in memory
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # proxies shall pass events on at once
BUSY = 503
NO_QUERY = Query()  # what strict mode holds a route without parameters to

Shape: TypeAlias = type[Schema] | Schema | JsonObject
"""What an answer looks like: a schema, or a piece of JSON Schema."""


@dataclass(frozen=True)
class Operation:
    """What one method of one route takes, does and answers."""

    name: str
    method: str
    rule: str
    handler: Callable[..., Json]
    query: Schema | None
    body: Schema | None
    body_location: str
    response: Shape | None
    csv: Callable[..., Iterator[str]] | None
    status: int
    content_type: str
    errors: frozenset[int]
    changes: bool
    atomic: bool
    events: Shape | None
    binary: str | None
    older: bool

    @cached_property
    def defaults(self) -> Mapping[str, Json] | None:
        """The loaded query of a request that has none; None where a parameter is required."""
        assert self.query is not None
        if any(field.required for field in self.query.fields.values()):
            return None
        return MappingProxyType(self.query.load({}))

    def __call__(self, **path: str) -> Response:
        """Serve a request."""
        ws = authenticate()
        token = strict.set(wants_strictness())
        try:
            return self._serve(ws, path)
        finally:
            strict.reset(token)

    def _serve(self, ws: Workspace, path: dict[str, str]) -> Response:
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

    def _body(self, schema: Schema) -> Json:
        """Load the body; the values of JSON are read strictly where all is, for JSON has types, and a form has not."""
        token = uncoerced.set(strict.get() and self.body_location == "json")
        try:
            return PARSER.parse(schema, request, location=self.body_location)
        finally:
            uncoerced.reset(token)

    def _serve_table(self, ws: Workspace, arguments: list[Json], path: dict[str, str]) -> Response:
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

    def _written(self, *arguments: Json, **path: str) -> IO[bytes]:
        assert self.csv is not None
        file = SpooledTemporaryFile(PIECE)  # noqa: SIM115 (the response closes it)
        for text in self.csv(*arguments, **path):
            file.write(text.encode())  # only this sees when the file has to leave the memory
        return file

    def _serve_call(self, ws: Workspace, arguments: list[Json], path: dict[str, str]) -> Response:
        """Serve what may wait for models and code of users: only so many at a time, so that others are served too."""
        calls = runtime().calls
        if not calls.acquire(blocking=False):
            raise Busy
        with ExitStack() as held:
            held.callback(calls.release)
            document = self._handle(ws, arguments, path)
            if not isinstance(document, Generator):
                return self._answer(document)
            response = _stream(document)
            response.call_on_close(held.pop_all().close)
            return response

    def _answer(self, document: object) -> Response:
        if self.status == 204:
            return Response(status=204)
        if isinstance(document, Response):
            return document
        text = document if isinstance(document, str) else orjson.dumps(document)
        return Response(text, self.status, content_type=self.content_type)

    def _handle(
        self, ws: Workspace, arguments: list[Json], path: dict[str, str], work: Callable[..., Json] | None = None
    ) -> Json:
        try:
            with self._transaction(ws):
                return (work or self.handler)(ws, *arguments, **path)
        except Replaced:  # nothing of it is stored: it is served as if it had come later
            return self._handle(authenticate(), arguments, path, work)

    def _transaction(self, ws: Workspace) -> AbstractContextManager[None]:
        if not self.atomic:
            return nullcontext()
        return ws.writing() if self.changes else ws.reading()


class Started(Iterator[JsonObject]):
    """A generator that has begun: to close it runs its `finally`, also when nobody asks for its first item any more."""

    def __init__(self, items: Generator[JsonObject]) -> None:
        self._items = items
        self._first = [next(items)]

    def __next__(self) -> Json:
        return self._first.pop() if self._first else next(self._items)

    def close(self) -> None:
        """Close the generator."""
        self._items.close()


def _stream(events: Generator[JsonObject]) -> Response:
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


def authenticate() -> Workspace:
    """Return the workspace of the organisation that the request's key opens, or raise Unauthorized."""
    emulator = current_app.extensions["emulator"]
    settings = emulator.settings
    key = request.headers.get(KEY_HEADER, "")
    organisation = organisation_of(key, emulator.keys, own=settings.organisation_per_key)

    def base_url() -> str:
        return settings.public_url or current_app.config.get(LINKS_LEAD_TO) or request.host_url.rstrip("/")

    completion = emulator.transitions.completion
    ws: Workspace = emulator.open_workspace(organisation, base_url=base_url, completion=completion)
    return ws


def wants_strictness() -> bool:
    """Tell whether the request is to be read strictly: the server reads all so, or the request asks for it."""
    settings = current_app.extensions["emulator"].settings
    return settings.strict or request.headers.get(STRICT_HEADER, "").lower() in ("1", "true", "yes")


def organisation_of(key: str, listed: Mapping[str, str], *, own: bool) -> str:
    """Return the name of the organisation that a key opens, or raise Unauthorized.

    A listed key opens the one it is listed with. Another opens the default one when none is listed; with `own` it
    opens one of its own, named by a digest: the key itself is not stored.
    """
    if key in listed:
        return listed[key]
    if not key or (listed and not own):
        raise Unauthorized
    if own:
        return "key-" + hashlib.sha256(key.encode()).hexdigest()[:32]
    return DEFAULT_ORGANISATION


class Parser(FlaskParser):
    """webargs' parser with the API's rules for bodies and for errors."""

    __location_map__ = {**FlaskParser.__location_map__, "text": "load_text"}
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(__location_map__)

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Json:
        """Return the JSON body; an empty one is an empty object: clients send it so [C]."""
        raw = _raw_body(req)
        if not raw:
            return {}
        if not is_json(req.mimetype):
            _refuse("value is not a valid dict: the content type is not JSON", "type_error.dict")
        try:
            return read_json(raw)
        except orjson.JSONDecodeError as error:
            _refuse(f"value is not valid JSON: {error}", "value_error.jsondecode")
        except TooDeep as error:
            _refuse(str(error), "value_error.jsondecode")

    def load_text(self, req: Request, schema: marshmallow.Schema) -> bytes:
        """Return the body for a schema that reads it itself; one that is too large is as good as none."""
        try:
            raw = _raw_body(req)
            if req.headers.get("Content-Encoding", "identity") != "identity":
                raw = _inflate(raw, req.max_content_length or sys.maxsize - 1)
        except (RequestEntityTooLarge, zlib.error) as error:
            logger.warning("Ignored a body sent to %s: %s", req.path, error)
            return b""
        return raw

    def load_files(self, req: Request, schema: marshmallow.Schema) -> Json:
        """Return the parts of a multipart body, files and texts alike.

        The Python SDK names the content type without the boundary: the body begins with it [C].
        """
        if req.headers.get("Content-Type") == MULTIPART:
            boundary = req.get_data()[:100].partition(b"\r\n")[0].removeprefix(b"--").decode("latin-1")
            req.environ["CONTENT_TYPE"] = f"{MULTIPART}; boundary={boundary}"
        parts = {**req.form.to_dict(), **req.files.to_dict()}
        return {name or "": part for name, part in parts.items()}  # a part may lack its name

    def handle_error(self, error: marshmallow.ValidationError, *args: object, **kwargs: object) -> NoReturn:
        """Raise the API's own schema error."""
        problems = [
            problem
            for location, messages in error.messages_dict.items()
            for problem in flatten(messages, LOCATIONS[location])
        ]
        raise SchemaError([dict(problem) for problem in problems])


def _raw_body(req: Request) -> bytes:
    raw = req.get_data(cache=False)
    if req.content_length is None and len(raw) >= (req.max_content_length or math.inf):
        raise RequestEntityTooLarge  # a body sent in chunks is cut off at the limit without a word
    return raw


def _refuse(message: str, kind: str) -> NoReturn:
    raise SchemaError([{"loc": ["body"], "msg": message, "type": kind}])


def _inflate(raw: bytes, most: int) -> bytes:
    """Decompress gzip or deflate, but never to more than `most` bytes."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # whichever of both its first bytes say
    inflated = inflater.decompress(raw, most + 1)
    if len(inflated) > most:
        raise RequestEntityTooLarge
    if not inflater.eof:
        raise zlib.error("it ends too early")
    return inflated


PARSER = Parser()
