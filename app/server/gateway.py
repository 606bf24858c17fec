"""Between HTTP and the WSGI application: in which thread a request is served.

Short requests are served in the event loop, one after the other: threads that take turns cost more processor time, and
keep each request waiting for the others. What has to wait, for a model, a lock or a long query, says so before it has
changed anything, see `waiting.py`, and is served again in another thread.
"""

import io
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext, suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools

from ..waiting import Elsewhere, hurried, without_waiting
from .connections import Connection
from .requests import Headers, Request, is_bodiless

logger = logging.getLogger(__name__)

SHORT = 1 << 16  # bytes of a body: a longer one takes a while to read and to store
LARGE = 1 << 20  # bytes of an answer: a longer one waits for its reader in a file
UNREAD_LENGTH = str(2**62)  # of a body that is longer than is taken

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_ENVIRON: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "humanloop-emulator",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_MOST_VARIABLES = 500  # that are kept: clients make up names
_variables = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class Gateway:
    """Serves requests with a WSGI application."""

    def __init__(self, app: Application, threads: int, largest_body: int, *, hurry: bool) -> None:
        """Take an application; `hurry` tells whether requests are tried without waiting first."""
        self.largest_body = largest_body
        self._app = app
        self._hurry = hurry
        self._threads = ThreadPoolExecutor(threads, "request")

    def handle(self, request: Request) -> None:
        """Serve a request at once, or in another thread."""
        try:
            environ = _environ(request)
        except httptools.HttpParserInvalidURLError:
            return request.connection.respond_error(HTTPStatus.BAD_REQUEST, "The URL is not valid.")
        exchange = Exchange(self._app, environ, request)
        if self._hurry and len(request.body) <= SHORT:
            try:
                with without_waiting():
                    return exchange.serve()
            except Elsewhere:
                pass
        self._threads.submit(exchange.serve)


class Exchange:
    """A request and its answer, in the words of WSGI."""

    def __init__(self, app: Application, environ: Environ, request: Request) -> None:
        self._app = app
        self._environ = environ
        self._request = request
        self._connection = request.connection
        self._status = ""
        self._headers: Headers = ()

    def serve(self) -> None:
        """Serve the request. Raises Elsewhere before anything was changed or sent."""
        self._environ["wsgi.input"] = io.BytesIO(self._request.body)
        try:
            result = self._app(self._environ, self._start)
            with closing(result) if hasattr(result, "close") else nullcontext():  # type: ignore[type-var]
                self._answer(result)
        except ConnectionResetError:  # a fault cuts the connection
            self._call(self._connection.cut)
        except Exception:
            logger.exception("%s %s failed", self._request.method, self._request.shown_target)
            self._call(self._connection.fail)

    def _start(self, status: str, headers: Headers, error: Any = None) -> None:
        self._status, self._headers = status, headers

    def _answer(self, chunks: Iterable[bytes]) -> None:
        answer = self._status, self._headers
        length: int | None = 0
        if not is_bodiless(self._request, self._status):
            length = next((int(value) for name, value in self._headers if name.lower() == "content-length"), None)
        if length is None and not hurried():
            self._connection.stream(*answer, chunks)
        elif (length or 0) > LARGE:
            file = tempfile.TemporaryFile()  # noqa: SIM115 (the connection closes it)
            with suppress(ConnectionResetError):  # what has come is sent, and the connection cut then
                file.writelines(chunks)
            file.seek(0)
            self._call(self._connection.respond_file, *answer, file)
        else:
            body = bytearray()
            with suppress(ConnectionResetError):
                for chunk in chunks:
                    body += chunk
            self._call(self._connection.respond, *answer, bytes(body))

    def _call(self, do: Callable[..., object], *arguments: object) -> None:
        if hurried():
            do(*arguments)
        else:
            self._connection.call(do, *arguments)


def _environ(request: Request) -> Environ:
    url = httptools.parse_url(request.target)
    path = url.path or b"/"
    environ = _shared_environ(request.connection, request.headers).copy()
    environ["REQUEST_METHOD"] = request.method
    environ["PATH_INFO"] = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
    environ["QUERY_STRING"] = (url.query or b"").decode("latin-1")
    environ["SERVER_PROTOCOL"] = f"HTTP/{request.version}"
    if environ.pop("HTTP_TRANSFER_ENCODING", None):
        environ["CONTENT_LENGTH"] = str(len(request.body))
    if request.unread:
        environ["CONTENT_LENGTH"] = UNREAD_LENGTH
    return environ


def _shared_environ(connection: Connection, headers: list[tuple[bytes, bytes]]) -> Environ:
    """Return what requests with these headers have in common; most on a connection are like the last one."""
    last, environ = connection.last_headers
    if last == headers:
        return environ
    transport = connection.transport
    server, client = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    environ = _ENVIRON | {
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0] if client else "",
    }
    for name, value in headers:
        if b"_" in name:  # it could pass for another header
            continue
        variable = _variables.get(name) or _variable(name)
        text = value.decode("latin-1")
        if variable in environ:
            text = f"{environ[variable]}{'; ' if name == b'cookie' else ','}{text}"
        environ[variable] = text
    connection.last_headers = headers, environ
    return environ


def _variable(name: bytes) -> str:
    variable = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
    if len(_variables) < _MOST_VARIABLES:
        _variables[name] = variable
    return variable
