"""httpx transports that call the application in this process, synchronous and asynchronous.

Answers arrive as they are made: a stream of events piece by piece.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
from anyio import to_thread
from flask import Flask

from ..api.operations import EVENTS
from ..control.faults.breaking import PATIENCE
from ..control.faults.rules import ConnectionCut, TimedOut


class Transport(httpx.BaseTransport):
    """Calls the application in the thread of the caller; faults that cut or delay raise what httpx would raise."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Serve a request."""
        patience = request.extensions.get("timeout", {}).get("read")

        def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return self._app({**environ, PATIENCE: patience}, start_response)

        try:
            response = httpx.WSGITransport(application).handle_request(request)
        except TimedOut as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except ConnectionCut as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Pieces(response.stream, request)
        return response


class _Pieces(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except ConnectionCut as error:
            raise httpx.RemoteProtocolError(str(error), request=self._request) from error

    def close(self) -> None:
        self._stream.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """Calls the application in threads, so that a delay or a stream does not block the event loop."""

    def __init__(self, app: Flask) -> None:
        self._transport = Transport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve a request."""
        await request.aread()
        return await to_thread.run_sync(self._serve, request)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        streams = response.headers.get("Content-Type", "").startswith(EVENTS)
        response.stream = _AsyncPieces(response.stream) if streams else _whole(response.stream)
        return response


def _whole(stream: httpx.SyncByteStream) -> httpx.ByteStream:
    try:
        return httpx.ByteStream(b"".join(stream))
    finally:
        stream.close()


class _AsyncPieces(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self._stream)
        while (piece := await to_thread.run_sync(next, pieces, None)) is not None:
            yield piece

    async def aclose(self) -> None:
        await to_thread.run_sync(self._stream.close)
