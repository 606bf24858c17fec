"""One connection of HTTP/1.1: what comes in on it, what goes out, and within which limits.

httptools, the parser of Node.js, reads requests. Nothing that a client does slowly holds a thread: heads and bodies are
read here, within limits of time and size, and a request exists only once all of it has come. Answers go out as fast as
their readers take them.
"""

import asyncio
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

import httptools
import orjson

from .requests import Headers, Request, is_bodiless

if TYPE_CHECKING:
    from .http import Server

access = logging.getLogger("humanloop_emulator.access")

MOST_REQUESTS_IN_TURN = 16  # of one connection, before others have theirs
MOST_BYTES_OF_HEAD = 1 << 16
MOST_BYTES_WAITING = 1 << 18  # of an answer, for the network to take them before more are written
MOST_BYTES_THROWN_AWAY = 1 << 27  # of a body that nobody reads
SECONDS_FOR_A_HEAD = 30
SECONDS_BETWEEN_REQUESTS = 75
SECONDS_WITHOUT_A_BYTE = 30  # of a body that is sent, or of an answer that is read
SECONDS_TO_LEAVE = 2  # for a client to read an answer that came before it had sent everything
NEVER = float("inf")

ASKING = (b"upgrade", b"connection", b"http2-settings")  # for another protocol
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PIECE = MOST_BYTES_WAITING


class Connection(asyncio.Protocol):
    """One connection: its requests are served one at a time, in the order in which they come."""

    transport: asyncio.Transport

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._read = 0  # requests
        self._unsent = 0  # bytes, when the client was last looked at for reading slowly
        self._coming: Request | None = None
        self._has_head = False
        self._came: deque[Request] = deque()
        self._serving: Request | None = None
        self._taking_turns = False
        self._deaf = False  # whether what else comes is thrown away
        self._bytes = 0  # of an unfinished head, or thrown away
        self._file: IO[bytes] | None = None
        self._chunked = False
        self._is_bodiless = False
        self._owed = 0  # bytes that the answer still needs to be as long as it says
        self._writable = threading.Event()
        self._writable.set()
        self.lost = False
        self.last_headers: tuple[list[tuple[bytes, bytes]], dict[str, Any]] = ([(b"", b"")], {})
        """For the handler: the headers of the last request, and what it has made of them."""
        self.deadline = time.monotonic() + SECONDS_FOR_A_HEAD

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(MOST_BYTES_WAITING)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES_WAITING)
        self._server.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._lose()
        self._close_file()
        self._server.connections.pop(self, None)

    def eof_received(self) -> bool:
        """Answer what has come all the same: a client may have closed only its own side."""
        self._deaf = True
        for request in (self._serving, *self._came):
            if request is not None:
                request.keep_alive = False
        return self._serving is not None or bool(self._came)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._bytes += len(data)
            if self._bytes > MOST_BYTES_THROWN_AWAY:
                self.transport.abort()
            return
        read = self._read
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST, "The request is not HTTP/1.1.")
        if self._coming and not self._has_head:
            self._bytes += len(data) if read == self._read else 0  # where in the data it began is not known
            if self._bytes > MOST_BYTES_OF_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large.")
        self._take_turns()

    def _parse(self, data: bytes) -> None:
        """Read requests. One that asks for another protocol is read again as if it did not: it may be declined."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            asking = self._came.pop() if self._came else None
            if asking is None or asking.method == "CONNECT":
                raise httptools.HttpParserError("There is nothing to connect to.") from None
            lines = [b"%b %b HTTP/%b" % (asking.method.encode(), asking.target, asking.version.encode())]
            lines += [b"%b: %b" % header for header in asking.headers if header[0] not in ASKING]
            self._parser = httptools.HttpRequestParser(self)
            self._parse(b"\r\n".join((*lines, b"\r\n")) + data[upgrade.args[0] :])

    def pause_writing(self) -> None:
        self._writable.clear()
        self._unsent = self.transport.get_write_buffer_size()
        self.deadline = time.monotonic() + SECONDS_WITHOUT_A_BYTE

    def resume_writing(self) -> None:
        self._writable.set()
        self.deadline = NEVER if self._serving else time.monotonic() + SECONDS_BETWEEN_REQUESTS
        self._loop.call_soon(self._go_on)  # not here: asyncio does not expect its transport to be closed within

    def _go_on(self) -> None:
        self._send_pieces()
        self._take_turns()

    # What the parser calls.

    def on_message_begin(self) -> None:
        if not self._deaf:
            self._coming = Request(self)
            self._has_head = False
            self._bytes = 0
            self._set_deadline(SECONDS_FOR_A_HEAD)

    def on_url(self, url: bytes) -> None:
        if self._coming:
            self._coming.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._coming and not self._has_head:
            self._coming.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        request = self._coming
        if request is None:
            return
        self._has_head = True
        request.method = self._parser.get_method().decode()
        request.version = self._parser.get_http_version()
        request.keep_alive = self._parser.should_keep_alive()
        length = 0
        for name, value in request.headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"expect" and value.lower() == b"100-continue" and not (self._serving or self._came):
                self.transport.write(CONTINUE)
        self._set_deadline(SECONDS_WITHOUT_A_BYTE)
        if length > self._server.handler.largest_body:
            self._leave_unread(request)

    def on_body(self, body: bytes) -> None:
        request = self._coming
        if request is not None:
            request.body += body
            self._set_deadline(SECONDS_WITHOUT_A_BYTE)
            if len(request.body) > self._server.handler.largest_body:
                self._leave_unread(request)

    def on_message_complete(self) -> None:
        self._read += 1
        if self._coming is not None:
            self._came.append(self._coming)
            self._coming = None

    # What the handler calls: `respond` and `respond_file` in the event loop, `stream` in another thread.

    def respond(self, status: str, headers: Headers, body: bytes) -> None:
        """Answer with this body. Where it is shorter than its Content-Length, the connection is cut after it."""
        head = self._begin(status, headers, len(body))
        if self._is_bodiless:
            body = b""
        self._owed -= len(body)
        self._put(head + body)
        self._finish()

    def respond_error(self, status: HTTPStatus, detail: str) -> None:
        """Answer with an error in the API's shape."""
        body = orjson.dumps({"detail": detail})
        self.respond(f"{status.value} {status.phrase}", [("Content-Type", "application/json")], body)

    def fail(self) -> None:
        """Answer that something went wrong; what is half sent can only be cut."""
        if self._serving is None or self._serving.status:
            self.cut()
        else:
            self.respond_error(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")

    def respond_file(self, status: str, headers: Headers, file: IO[bytes]) -> None:
        """Answer with the rest of a file, as long as the headers say, as fast as it is read, and close it."""
        self._put(self._begin(status, headers, None))
        self._file = file
        self._send_pieces()

    def stream(self, status: str, headers: Headers, chunks: Iterable[bytes]) -> None:
        """Answer with chunks as they come, waiting while the client does not read, until it leaves."""
        self.call(lambda: self._put(self._begin(status, headers, None)))
        whole = False
        try:
            for chunk in chunks:
                if self.lost:
                    return
                self.call(self._write, chunk)
                self._writable.wait()
            whole = True
        finally:
            self.call(self._finish if whole else self.cut)

    def call(self, do: Callable[..., object], *arguments: object) -> None:
        """Do something in the event loop, from another thread."""
        try:
            self._loop.call_soon_threadsafe(do, *arguments)
        except RuntimeError:  # the server has ended, and with it the loop and all connections
            if not self._loop.is_closed():
                raise

    # How it goes on.

    def close_if_idle(self) -> bool:
        """Close the connection if nothing has come of a request; tell whether it was."""
        idle = not (self._serving or self._coming or self._came or self._deaf or self.transport.is_closing())
        if idle:
            self.transport.close()
        return idle

    def stop(self) -> None:
        """Close the connection, unless something is being served, or a body comes that will be."""
        if not (self._serving or self._came or (self._coming and self._has_head)):
            self.cut()

    def cut(self) -> None:
        """Close the connection when what has been written is sent, or after a while."""
        self.deadline = time.monotonic() + SECONDS_WITHOUT_A_BYTE
        self.transport.close()

    def end_for_slowness(self) -> None:
        """End a connection whose time is over."""
        unsent = self.transport.get_write_buffer_size()
        if 0 < unsent < self._unsent:  # slowly, but it is read
            self._unsent = unsent
            self.deadline = time.monotonic() + SECONDS_WITHOUT_A_BYTE
        elif self._coming is None or self._deaf:
            self.transport.abort()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.")

    def _set_deadline(self, seconds: float) -> None:
        if self._serving is None:
            self.deadline = time.monotonic() + seconds

    def _lose(self) -> None:
        self.lost = True
        self._writable.set()

    def _leave_unread(self, request: Request) -> None:
        request.unread, self._deaf, self._bytes = True, True, 0
        request.body.clear()
        self._came.append(request)
        self._coming = None

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer what cannot be served, unless something else is being answered, and hear no more."""
        if self._serving or self._came:
            (self._came[-1] if self._came else self._serving).keep_alive = False  # type: ignore[union-attr]
            self._deaf, self._coming = True, None
            return
        self._serving = self._coming or Request(self)
        self._serving.unread = self._deaf = True
        self._coming = None
        self.respond_error(status, detail)

    def _take_turns(self) -> None:
        """Serve what has come; one that is answered at once is followed by the next."""
        if self._taking_turns:
            return
        self._taking_turns = True
        turns = 0
        while self._came and self._serving is None and self._writable.is_set() and not self.transport.is_closing():
            if turns == MOST_REQUESTS_IN_TURN:
                self._loop.call_soon(self._take_turns)
                break
            turns += 1
            self._serving = self._came.popleft()
            self.deadline = NEVER
            self._server.handler.handle(self._serving)
        self._taking_turns = False
        if self._came or (self._deaf and self._serving):
            self.transport.pause_reading()

    def _begin(self, status: str, headers: Headers, length: int | None) -> bytes:
        """Return the head of the answer, and note how what follows is written."""
        request = self._serving
        assert request is not None
        names = {name.lower(): value for name, value in headers}
        bodiless = self._is_bodiless = is_bodiless(request, status)
        lines = [f"{name}: {value}" for name, value in headers]
        declared = int(names["content-length"]) if "content-length" in names else length
        if declared is not None and not bodiless and "content-length" not in names:
            lines.append(f"content-length: {declared}")
        self._chunked = declared is None and not bodiless and request.version == "1.1"
        if self._chunked:
            lines.append("transfer-encoding: chunked")
        self._owed = 0 if bodiless else declared or 0
        ends = declared is not None or bodiless or self._chunked
        request.keep_alive &= ends and not request.unread and not self._server.stopping
        if not request.keep_alive:
            lines.append("connection: close")
        elif request.version == "1.0":
            lines.append("connection: keep-alive")
        request.status = status[:3]
        return "\r\n".join((f"HTTP/1.1 {status}", *lines, self._server.date, "\r\n")).encode("latin-1")

    def _write(self, data: bytes) -> None:
        self._owed -= len(data)
        if data:
            self._put(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def _put(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def _send_pieces(self) -> None:
        while self._file and self._writable.is_set():
            piece = self._file.read(PIECE)
            if not piece or self.transport.is_closing():
                self._close_file()
                self._finish()
            else:
                self._write(piece)

    def _close_file(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _finish(self) -> None:
        """Go on after an answer, or close the connection, also where the answer is shorter than it says."""
        request, self._serving = self._serving, None
        assert request is not None
        if access.isEnabledFor(logging.INFO):
            seconds = time.monotonic() - request.began
            access.info("%s %s %s %.1f ms", request.method, request.shown_target, request.status, seconds * 1000)
        if self._chunked:
            self._put(b"0\r\n\r\n")
        if request.unread:
            self._take_leave()
        elif self._owed > 0 or not request.keep_alive or self.lost or self._server.stopping:
            self.cut()
        else:
            self._set_deadline(SECONDS_BETWEEN_REQUESTS)
            self.transport.resume_reading()
            self._take_turns()

    def _take_leave(self) -> None:
        """Close what goes out, and throw away what still comes: closed at once, the answer would be lost with it."""
        self._bytes = 0
        self._set_deadline(SECONDS_TO_LEAVE)
        self.transport.resume_reading()
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
