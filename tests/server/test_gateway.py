"""What the server makes of applications that fail: an error, or an answer that is seen to be broken."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

import pytest

from humanloop_emulator.server.gateway import Gateway
from humanloop_emulator.server.http import Server

Start = Callable[[str, list[tuple[str, str]]], Any]


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Fail where the path says: before the answer, or in the middle of it."""
    if environ["PATH_INFO"] == "/before":
        raise ZeroDivisionError
    if environ["PATH_INFO"] == "/whole":
        start_response("200 OK", [("Content-Length", "4")])
        return [b"fine"]
    start_response("200 OK", [])
    return broken()


def broken() -> Iterator[bytes]:
    yield b"half"
    raise ZeroDivisionError


@pytest.fixture(params=[True, False], ids=["hurried", "in threads"])
def ask(request: pytest.FixtureRequest) -> Iterator[Callable[[bytes], bytes]]:
    """Return a function that asks for a path, and returns all that comes until the connection is closed."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(Gateway(application, 1, 1_000, hurry=request.param))
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(listening, stop, 1),))
    thread.start()

    def ask(path: bytes) -> bytes:
        with closing(socket.create_connection(listening.getsockname(), timeout=60)) as connection:
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            return connection.makefile("rb").read()

    yield ask
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def test_an_application_that_fails_is_an_error(ask: Callable[[bytes], bytes]) -> None:
    answer = ask(b"/before")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert answer.endswith(b'{"detail":"Internal server error"}')
    assert ask(b"/whole").endswith(b"fine")


def test_a_stream_that_fails_is_broken_off_and_nothing_follows(ask: Callable[[bytes], bytes]) -> None:
    answer = ask(b"/middle")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert not answer.endswith(b"0\r\n\r\n")
    assert ask(b"/whole").endswith(b"fine")
