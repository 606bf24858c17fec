"""What a fault does to a request: a delay, an error instead of the answer, or an answer that breaks off.

How a connection is cut depends on who serves. Granian and Werkzeug close one whose answer is shorter than its
Content-Length; Werkzeug also lends its socket, which is closed before a byte was sent, while granian may send the
head of an answer. A caller in this process has no connection: it meets ConnectionCut.
"""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

from ...clock import Clock
from ...errors import ApiError
from .rules import RETRY_AFTER, ConnectionCut, Fault, TimedOut, error_of

EVENTS = "text/event-stream"
PATIENCE = "humanloop_emulator.patience"  # in the environ: how many seconds a caller in this process waits
MORE_THAN_COMES = str(2**31 - 1)  # the Content-Length of a stream that shall look broken
SECONDS_TO_SEND = 0.1  # what granian has not sent when an answer ends too early is lost

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


def refuse(app: Flask, error: ApiError, environ: Environ, start_response: Any, **headers: str) -> Iterable[bytes]:
    """Answer with an error as the API does, without serving the request."""
    with app.request_context(environ):
        response = app.make_response(app.handle_user_exception(error))
    response.headers.extend(headers)
    return response(environ, start_response)


class Breaker:
    """Serves requests that meet faults; `inner` is what would have served them otherwise."""

    def __init__(self, app: Flask, inner: Application, clock: Clock) -> None:
        self._app = app
        self._inner = inner
        self._clock = clock

    def serve(self, fault: Fault, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request that meets this fault; one that is cut or gets a status changes nothing."""
        if fault.delay:
            self._wait(fault.delay, environ)
        if fault.cut:
            return _cut(environ, start_response)
        if fault.status is not None:
            seconds = RETRY_AFTER.get(fault.status) if fault.retry_after is None else fault.retry_after
            headers = {} if seconds is None else {"Retry-After": str(seconds)}
            return refuse(self._app, error_of(fault.status), environ, start_response, **headers)
        if fault.ends:
            return self._break_off(fault, environ, start_response)
        return self._inner(environ, start_response)

    def _wait(self, seconds: float, environ: Environ) -> None:
        patience = environ.get(PATIENCE)
        if patience is None or seconds <= patience:
            self._clock.sleep(seconds)
            return
        self._clock.sleep(patience)
        raise TimedOut(f"No answer came within {patience} seconds: a fault rule delays it.")

    def _break_off(self, fault: Fault, environ: Environ, start_response: Any) -> Iterable[bytes]:
        started: list[Any] = []
        result = self._inner(environ, lambda *arguments: started.append(arguments))
        status, given = started[0][:2]
        headers = Headers(given)
        length = headers.get("Content-Length", type=int)
        streams = headers.get("Content-Type", "").startswith(EVENTS)
        left: Iterable[bytes]
        if fault.chunks is not None and streams:
            left = islice(result, fault.chunks)
        elif fault.truncate is not None and (streams or (length or 0) > fault.truncate):
            left = _first_bytes(result, fault.truncate)
        else:
            start_response(status, given)
            return result
        headers.setdefault("Content-Length", MORE_THAN_COMES)
        start_response(status, headers.to_wsgi_list())
        return ClosingIterator(_then_cut(left, environ), getattr(result, "close", None))


def _cut(environ: Environ, start_response: Any) -> Iterable[bytes]:
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    elif _is_served(environ):
        start_response("200 OK", [("Content-Length", "1")])
        return iter(())
    raise ConnectionCut("The connection was cut by a fault rule.")


def _first_bytes(chunks: Iterable[bytes], left: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def _then_cut(chunks: Iterable[bytes], environ: Environ) -> Iterator[bytes]:
    yield from chunks
    if _is_served(environ):
        time.sleep(SECONDS_TO_SEND)
    else:
        raise ConnectionCut("The answer was broken off by a fault rule.")


def _is_served(environ: Environ) -> bool:
    """Tell whether a server with sockets calls: all name themselves."""
    return "SERVER_SOFTWARE" in environ
