"""How a request is served: its key, its query and body, one transaction, and the answer.

A handler receives the workspace, the loaded query and body (if it declares them) and its path parameters, and returns
a document. It runs in one transaction, so a change is stored completely or not at all. Only handlers that wait for
models or for users' code are not atomic: they begin their own transactions, and may return events, which are sent as
they come. Whatever cannot be read is a schema error (422), never a 400 [A].
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

from ..errors import Busy, Contended, Replaced, SchemaError, Unauthorized
from ..json_types import Json, JsonObject, TooDeep, read_json
from ..runtime.runtime import Runtime
from ..schemas.base import Query
from ..schemas.problems import flatten
from ..schemas.values import strict, uncoerced
from ..services.workspace import Workspace
from ..waiting import may_wait

logger = logging.getLogger(__name__)

KEY_HEADER = "X-API-KEY"
STRICT_HEADER = "X-Emulator-Strict"
LINKS_LEAD_TO = "LINKS_LEAD_TO"
"""The base of links in answers, for applications without a socket: no browser can open the host that clients name."""

DEFAULT_ORGANISATION = "default"
JSON = "application/json"
EVENTS = "text/event-stream"
CSV = "text/csv"
MULTIPART = "multipart/form-data"
LOCATIONS = {"json": "body", "files": "body", "raw": "body", "query": "query"}
PIECE = 1 << 20  # bytes of a CSV table: longer ones go to a file
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # proxies must pass events on at once
BUSY = 503
TRIES = 5  # of a request that the database ends in favour of others
NO_QUERY = Query()  # routes without parameters: strict mode refuses any

Shape: TypeAlias = type[Schema] | Schema | JsonObject
"""The shape of an answer: a Marshmallow schema, or JSON Schema."""


@dataclass(frozen=True)
class Operation:
    """One method of one route: what it takes, does and answers."""

    method: str
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
        """The loaded query of a request without a query string; None if a parameter is required."""
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
        """Load the body. Strict mode also refuses values of another JSON type; a form has texts only."""
        token = uncoerced.set(strict.get() and self.body_location == "json")
        try:
            return PARSER.parse(schema, request, location=self.body_location)
        finally:
            uncoerced.reset(token)

    def _serve_table(self, ws: Workspace, arguments: list[Json], path: dict[str, str]) -> Response:
        """Serve JSON or, if the client prefers it, CSV.

        A table may be long, and clients may read it slowly. It is written to a file first, so that the transaction
        does not last until they have finished.
        """
        if request.accept_mimetypes.best_match([JSON, CSV]) == CSV:
            may_wait()
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
            file.write(text.encode())  # a TextIOWrapper would not see when the file must leave memory
        return file

    def _serve_call(self, ws: Workspace, arguments: list[Json], path: dict[str, str]) -> Response:
        """Serve a call of models or users' code; their number is limited, so that other requests find a free thread."""
        may_wait()
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
        contended = 0
        while True:
            try:
                with self._transaction(ws):
                    return (work or self.handler)(ws, *arguments, **path)
            except (Contended, Replaced) as interruption:  # nothing was stored: serve it as if it had come later
                contended += isinstance(interruption, Contended)
                if contended == TRIES:
                    raise
            ws = authenticate()

    def _transaction(self, ws: Workspace) -> AbstractContextManager[None]:
        if not self.atomic:  # it may wait between two transactions, and cannot be served again after the first
            may_wait()
            return nullcontext()
        return ws.writing() if self.changes else ws.reading()


class Started(Iterator[JsonObject]):
    """A generator that has begun, so that closing it runs its `finally` even if nobody took the first item."""

    def __init__(self, items: Generator[JsonObject]) -> None:
        self._items = items
        self._first = [next(items)]

    def __next__(self) -> JsonObject:
        return self._first.pop() if self._first else next(self._items)

    def close(self) -> None:
        """Close the generator."""
        self._items.close()


def _stream(events: Generator[JsonObject]) -> Response:
    """Send server-sent events as they come; if the client disconnects, their generator is closed."""
    started = Started(events)
    encoded = (b"data: " + orjson.dumps(event) + b"\n\n" for event in started)
    response = Response(encoded, content_type=EVENTS, headers=UNBUFFERED)
    response.call_on_close(started.close)
    return response


def runtime() -> Runtime:
    """Return the runtime of the application that serves this request."""
    found: Runtime = current_app.extensions["emulator"].runtime
    return found


def authenticate() -> Workspace:
    """Return the workspace of the organisation that the request's key belongs to, or raise Unauthorized."""
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
    """Tell whether to read the request strictly, because the server always does or the request asks for it."""
    settings = current_app.extensions["emulator"].settings
    return settings.strict or request.headers.get(STRICT_HEADER, "").lower() in ("1", "true", "yes")


def organisation_of(key: str, listed: Mapping[str, str], *, own: bool) -> str:
    """Return the name of the organisation that a key belongs to, or raise Unauthorized.

    A listed key belongs to the organisation it is listed with. Any other key belongs to the default organisation if no
    keys are listed; with `own`, to one of its own, named by a digest so that the key itself is not stored.
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

    __location_map__ = {**FlaskParser.__location_map__, "raw": "load_raw"}
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(__location_map__)

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Json:
        """Return the JSON body; an empty body is an empty object, for clients send calls without fields so [C]."""
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

    def load_raw(self, req: Request, schema: marshmallow.Schema) -> bytes:
        """Return the raw body, for a schema that parses it itself; one that is too large counts as empty."""
        try:
            raw = _raw_body(req)
            if req.headers.get("Content-Encoding", "identity") != "identity":
                raw = _inflate(raw, req.max_content_length or sys.maxsize - 1)
        except (RequestEntityTooLarge, zlib.error) as error:
            logger.warning("Ignored a body sent to %s: %s", req.path, error)
            return b""
        return raw

    def load_files(self, req: Request, schema: marshmallow.Schema) -> Json:
        """Return the parts of a multipart body, both files and texts.

        The Python SDK sends the content type without the boundary; it is read from the body's first line [C].
        """
        if req.headers.get("Content-Type") == MULTIPART:
            boundary = req.get_data()[:100].partition(b"\r\n")[0].removeprefix(b"--").decode("latin-1")
            req.environ["CONTENT_TYPE"] = f"{MULTIPART}; boundary={boundary}"
        parts = {**req.form.to_dict(), **req.files.to_dict()}
        return {name or "": part for name, part in parts.items()}  # a part may have no name

    def handle_error(self, error: marshmallow.ValidationError, *args: object, **kwargs: object) -> NoReturn:
        """Raise the API's own schema error."""
        problems = [
            problem
            for location, messages in error.messages_dict.items()
            for problem in flatten(messages, LOCATIONS[location])
        ]
        raise SchemaError(problems)


def _raw_body(req: Request) -> bytes:
    raw = req.get_data(cache=False)
    if req.content_length is None and len(raw) >= (req.max_content_length or math.inf):
        raise RequestEntityTooLarge  # a chunked body is cut off at the limit silently
    return raw


def _refuse(message: str, kind: str) -> NoReturn:
    raise SchemaError([{"loc": ["body"], "msg": message, "type": kind}])


def _inflate(raw: bytes, most: int) -> bytes:
    """Decompress gzip or deflate, but never to more than `most` bytes."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # its first bytes tell which of the two
    inflated = inflater.decompress(raw, most + 1)
    if len(inflated) > most:
        raise RequestEntityTooLarge
    if not inflater.eof:
        raise zlib.error("it is truncated")
    return inflated


PARSER = Parser()
