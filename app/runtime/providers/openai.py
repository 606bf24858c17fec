"""Models behind an OpenAI-compatible API: chat and text completions, always streamed.

A stream tells a slow answer from a dead one, and callers take chunks anyway. A call that fails before its first chunk
is retried if that may help: no connection, 429, 5xx. httpx is imported on first use: most servers never need it.
"""

import os
import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import orjson

from ...json_types import JsonObject
from ...settings import Settings
from .base import Chunk, ModelRequest, Pause, Provider
from .openai_answers import Answer
from .openai_errors import Retryable, failure, refusal, unreachable
from .openai_requests import body_of, path_of

if TYPE_CHECKING:
    import httpx

FIRST_WAIT, LONGEST_WAIT = 0.5, 20.0  # seconds before a retry; the wait doubles each time

KEY = re.compile(r"[!-~]*")


def providers(settings: Settings, pause: Pause) -> dict[str, Provider]:
    """Return the API of the settings for each provider that it serves; nothing if they name none."""
    if not settings.openai_base_url:
        return {}
    api = OpenAi(settings, pause)
    return {name.strip(): api for name in settings.openai_providers.split(",")}


class OpenAi:
    """One API, for all providers whose calls are forwarded to it; `pause` waits for some seconds."""

    def __init__(self, settings: Settings, pause: Pause) -> None:
        self._base = settings.openai_base_url.rstrip("/")
        self._key = settings.openai_api_key
        self._timeout = settings.model_timeout
        self._retries = settings.model_retries
        self._pause = pause

    @cached_property
    def _client(self) -> "httpx.Client":
        import httpx

        return httpx.Client(timeout=self._timeout)

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the chunks of text as they arrive, then a last one with tool calls, finish reason and usage."""
        key = self._key_for(request)
        for wait in [*(min(FIRST_WAIT * 2**n, LONGEST_WAIT) for n in range(self._retries)), None]:
            begun = False
            try:
                with closing(self._attempt(request, key)) as chunks:
                    for chunk in chunks:
                        begun = True
                        yield chunk
                return
            except Retryable as retryable:
                if begun or wait is None:
                    raise retryable.error from None
                self._pause(wait if retryable.wait is None else min(retryable.wait, LONGEST_WAIT))

    def _attempt(self, request: ModelRequest, key: str) -> Generator[Chunk]:
        body = body_of(request)
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        with self._stream(request, body, headers) as response:
            if response.status_code != 200:
                raise refusal(request, response.status_code, response.headers, response.read(), key)
            answer = Answer(request, body, key)
            if "text/event-stream" in response.headers.get("content-type", ""):
                for line in _lines(response.iter_bytes()):
                    if text := answer.read(line):
                        yield Chunk(text)
                    if answer.done:
                        break
            elif text := answer.take(response.read()):
                yield Chunk(text)
            yield answer.end()

    @contextmanager
    def _stream(self, request: ModelRequest, body: JsonObject, headers: dict[str, str]) -> Iterator["httpx.Response"]:
        import httpx

        url, content = self._base + path_of(request), orjson.dumps(body)
        try:
            with self._client.stream("POST", url, content=content, headers=headers) as response:
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(request, error, self._timeout) from None

    def _key_for(self, request: ModelRequest) -> str:
        """Return the key of the caller, the settings or the environment, in this order; local servers need none."""
        keys = request.keys.get(request.provider), request.keys.get("openai"), self._key, os.getenv("OPENAI_API_KEY")
        key = next(filter(None, keys), "")
        if not KEY.fullmatch(key):
            message = "The API key contains invalid characters."
            raise failure(request, "authentication_error", message, status=401)
        return key


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Split at line feeds only: JSON may contain other line separators. An unfinished last line is dropped."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
