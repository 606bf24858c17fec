"""Sends requests of `requests` through the transport for httpx: the exporter of the SDK's decorators uses it."""

import io
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter

from .transports import Transport

Timeout = float | tuple[float | None, float | None] | urllib3.Timeout | None


def send(
    transport: Transport, adapter: HTTPAdapter, request: requests.PreparedRequest, url: httpx.URL, timeout: Timeout
) -> requests.Response:
    """Serve a request of `requests` and return its answer.

    A connection that is cut raises ConnectionError, a delay longer than the timeout ReadTimeout.
    """
    sent = httpx.Request(
        request.method or "GET",
        url,
        headers=_headers(request),
        content=request.body,  # type: ignore[arg-type]
        extensions={"timeout": {"read": _patience(timeout)}},
    )
    try:
        answer = transport.handle_request(sent)
    except httpx.ReadTimeout as error:
        raise requests.ReadTimeout(str(error), request=request) from error
    except httpx.TransportError as error:
        raise requests.ConnectionError(str(error), request=request) from error
    return adapter.build_response(request, _Raw(answer))


def _patience(timeout: Timeout) -> float | None:
    """Return how many seconds to wait for an answer; `requests` takes one number, two, or a urllib3 Timeout."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    if isinstance(timeout, urllib3.Timeout):
        read = timeout.read_timeout
        return read if isinstance(read, float | int) else None
    return timeout


def _headers(request: requests.PreparedRequest) -> dict[str, str]:
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in request.headers.items()
    }


class _Raw(urllib3.HTTPResponse):
    """An answer whose pieces arrive as they are made."""

    def __init__(self, answer: httpx.Response) -> None:
        self._pieces = _pieces(answer)
        super().__init__(
            body=io.BufferedReader(_Reader(self._pieces)),
            headers=urllib3.HTTPHeaderDict(answer.headers.multi_items()),
            status=answer.status_code,
            reason=answer.reason_phrase,
            preload_content=False,
        )

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Generator[bytes, None, None]:
        """Yield the pieces; `read` would wait until it has as many bytes as were asked for."""
        yield from self._pieces


def _pieces(answer: httpx.Response) -> Iterator[bytes]:
    try:
        yield from answer.stream  # type: ignore[misc]
    except httpx.TransportError as error:
        raise urllib3.exceptions.ProtocolError(str(error)) from error
    finally:
        answer.stream.close()  # type: ignore[union-attr]


class _Reader(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size
