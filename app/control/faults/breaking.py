"""What a fault does to a request: a delay, an error instead of the answer, or an answer that breaks off.

A connection is cut by ConnectionCut: it is a ConnectionResetError, on which servers close the connection as if the
network had, and which a caller in this process meets itself. Werkzeug's would only wait for the next request: it lends
its socket, which is closed here.
"""

import socket
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

from ...clock import Clock
from ...errors import ApiError
from .rules import RETRY_AFTER, ConnectionCut, Fault, TimedOut, error_of

EVENTS = "text/event-stream"
PATIENCE = "humanloop_emulator.patience"  # in the environ: how many seconds a caller in this process waits


def refuse(
    app: Flask, error: ApiError, environ: WSGIEnvironment, start_response: StartResponse, **headers: str
) -> Iterable[bytes]:
    """Answer with an error as the API does, without serving the request."""
    with app.request_context(environ):
        response = app.make_response(app.handle_user_exception(error))
    response.headers.extend(headers)
    return response(environ, start_response)


class Breaker:
    """Serves requests that a fault applies to; `inner` is what would have served them otherwise."""

    def __init__(self, app: Flask, inner: WSGIApplication, clock: Clock) -> None:
        self._app = app
        self._inner = inner
        self._clock = clock

    def serve(self, fault: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with this fault; if it is cut or gets a status, it changes nothing."""
        if fault.delay:
            self._wait(fault.delay, environ)
        if fault.cut:
            raise _cut(environ, "The connection was cut by a fault rule.")
        if fault.status is not None:
            seconds = RETRY_AFTER.get(fault.status) if fault.retry_after is None else fault.retry_after
            headers = {} if seconds is None else {"Retry-After": str(seconds)}
            return refuse(self._app, error_of(fault.status), environ, start_response, **headers)
        if fault.ends:
            return self._break_off(fault, environ, start_response)
        return self._inner(environ, start_response)

    def _wait(self, seconds: float, environ: WSGIEnvironment) -> None:
        patience = environ.get(PATIENCE)
        if patience is None or seconds <= patience:
            self._clock.sleep(seconds)
            return
        self._clock.sleep(patience)
        raise TimedOut(f"No answer came within {patience} seconds: a fault rule delayed it.")

    def _break_off(self, fault: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []  # WSGI's other way to answer, which Flask does not use

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
            started.append((status, headers))
            return written.append

        result = self._inner(environ, start)
        [(status, given)] = started
        headers = Headers(given)
        length = headers.get("Content-Length", type=int)
        streams = headers.get("Content-Type", "").startswith(EVENTS)
        start_response(status, given)
        left: Iterable[bytes]
        if fault.chunks is not None and streams:
            left = islice(result, fault.chunks)
        elif fault.truncate is not None and (streams or (length or 0) > fault.truncate):
            left = _first_bytes(result, fault.truncate)
        else:
            return result
        return ClosingIterator(_then_cut(left, environ), getattr(result, "close", None))


def _first_bytes(chunks: Iterable[bytes], left: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def _then_cut(chunks: Iterable[bytes], environ: WSGIEnvironment) -> Iterator[bytes]:
    yield from chunks
    raise _cut(environ, "The answer was broken off by a fault rule.")


def _cut(environ: WSGIEnvironment, message: str) -> ConnectionCut:
    if "werkzeug.socket" in environ:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return ConnectionCut(message)
