"""Requests from this process to the real API, answered by the emulator.

What is replaced is the last step of httpx and of requests before a connection is made. So existing clients are
intercepted too, and requests to other hosts go where they would have gone.
"""

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx

from .addresses import Addresses
from .compatibility import warn_of_opentelemetry
from .handle import KEY, Handle
from .spans import finish_uploads
from .transports import AsyncTransport, Transport

KEY_VARIABLE = "HUMANLOOP_API_KEY"
_one = threading.Lock()


@contextmanager
def intercept(handle: Handle, base_urls: Collection[str] = ()) -> Iterator[Handle]:
    """Let the emulator answer requests to the real API and to these base URLs; nested use raises RuntimeError.

    If `HUMANLOOP_API_KEY` is not set, it is set meanwhile for code that reads it; the SDK reads it when imported.
    """
    addresses = Addresses(base_urls)
    warn_of_opentelemetry()
    if not _one.acquire(blocking=False):
        raise RuntimeError("Humanloop is already emulated: emulate() and the fixture cannot be nested.")
    try:
        with ExitStack() as stack:
            stack.enter_context(_key_in_environment())
            _replace_httpx(stack, handle, addresses)
            _replace_requests(stack, handle, addresses)
            stack.callback(finish_uploads, addresses)
            yield handle
    finally:
        _one.release()


def _replace_httpx(stack: ExitStack, handle: Handle, addresses: Addresses) -> None:
    ours, ours_async = Transport(handle.app), AsyncTransport(handle.app)
    theirs, theirs_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        url = addresses.inner(request.url)
        return ours.handle_request(_at(request, url)) if url else theirs(transport, request)

    async def handle_async_request(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        url = addresses.inner(request.url)
        if url:
            return await ours_async.handle_async_request(_at(request, url))
        return await theirs_async(transport, request)

    _set(stack, httpx.HTTPTransport, "handle_request", handle_request)
    _set(stack, httpx.AsyncHTTPTransport, "handle_async_request", handle_async_request)


def _at(request: httpx.Request, url: httpx.URL) -> httpx.Request:
    return httpx.Request(
        request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
    )


def _replace_requests(stack: ExitStack, handle: Handle, addresses: Addresses) -> None:
    try:
        from requests import PreparedRequest, Response
        from requests.adapters import HTTPAdapter
    except ImportError:  # nothing can be sent with it then
        return
    from .requests_adapter import send  # imports requests

    ours = Transport(handle.app)
    theirs = HTTPAdapter.send

    def replacement(adapter: HTTPAdapter, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        sent_to = request.url or ""
        url = addresses.inner(httpx.URL(sent_to)) if addresses.has_host(sent_to) else None
        if url:
            return send(ours, adapter, request, url, options.get("timeout"))
        return theirs(adapter, request, *arguments, **options)

    _set(stack, HTTPAdapter, "send", replacement)


def _set(stack: ExitStack, owner: type, name: str, value: object) -> None:
    stack.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, value)


@contextmanager
def _key_in_environment() -> Iterator[None]:
    if os.environ.get(KEY_VARIABLE):
        yield
        return
    os.environ[KEY_VARIABLE] = KEY
    try:
        yield
    finally:
        os.environ.pop(KEY_VARIABLE, None)
