"""One request in the journal with its answer, recorded as the bytes go by and without holding them up.

Secrets are hidden in everything that comes out of an entry: keys and cookies in headers, `provider_api_keys` in bodies,
and the values of a Tool's environment variables. Of a long body only the beginning is kept.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

import orjson
from werkzeug.wsgi import ClosingIterator

from ...json_types import plain_text
from ..calls import Call

MOST_BYTES = 2**16  # kept of one body
HIDDEN = "***"
SECRET_HEADERS = {"x-api-key", "x-emulator-key", "authorization", "proxy-authorization", "cookie", "set-cookie"}
SECRET_KEYS = ("provider_api_keys",)
VARIABLES = "environment_variable"  # in the names of operations: there a `value` is secret


class Body:
    """The bytes of a body as they go by: the first ones are kept, all are counted."""

    def __init__(self) -> None:
        self.size = 0
        self._kept = bytearray()

    def add(self, piece: bytes) -> None:
        """Note a piece that went by."""
        self.size += len(piece)
        self._kept += piece[: MOST_BYTES - len(self._kept)]

    @property
    def cut(self) -> bool:
        """Whether only the beginning was kept."""
        return self.size > len(self._kept)

    def read(self, secrets: tuple[str, ...]) -> Any:
        """Return the JSON, else the text, without the values of these keys; None for an empty body."""
        if not self._kept:
            return None
        text = self._kept.decode(errors="replace")
        if not self.cut:
            try:
                return _hide(orjson.loads(text), secrets)
            except orjson.JSONDecodeError:
                pass
        for name in secrets:
            before, found, _ = text.partition(name)
            text = before + found  # what cannot be parsed is shown only up to the first secret
        return text


@dataclass
class Entry(Call):
    """A request and what has come of it so far; `status` is None until the answer begins, and if none came."""

    number: int
    time: str
    query: str
    headers: Mapping[str, str]
    fault: Mapping[str, object] | None = None
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    duration: float = 0.0
    request: Body = field(default_factory=Body, repr=False)
    response: Body = field(default_factory=Body, repr=False)
    started: float = field(default_factory=perf_counter, repr=False)

    @property
    def body(self) -> Any:
        """What was sent: JSON, else text; None for nothing."""
        return self.request.read(self._secrets)

    @property
    def answer(self) -> Any:
        """What was answered: JSON, else text; None for nothing."""
        return self.response.read(self._secrets)

    @property
    def parameters(self) -> dict[str, str | list[str]]:
        """The query string: a text for each name, a list where the name is repeated."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return {name: values if len(values) > 1 else values[0] for name, values in found.items()}

    @property
    def text(self) -> str:
        """The body and the answer, to search in."""
        values = (self.body, self.answer)
        return "\n".join(map(plain_text, values))

    @property
    def unhandled(self) -> bool:
        """Whether no route matches the path and the method (404, 405)."""
        return self.operation is None

    def __str__(self) -> str:
        """Write it in one line: `3. POST /v5/prompts/log 200`."""
        path = f"{self.path}?{self.query}" if self.query else self.path
        return f"{self.number}. {self.method} {path} {self.status or 'without an answer'}"

    def serve(self, serve: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve the request, and note what is read of it and what is answered."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            self.status = int(status.split()[0])
            self.answer_headers = without_secrets(dict(headers))
            return start_response(status, headers, *error)

        environ["wsgi.input"] = _Overheard(environ["wsgi.input"], self.request)
        result = serve(environ, start)
        self._measure()
        return ClosingIterator(self._overhear(result), getattr(result, "close", None))

    def _overhear(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.response.add(chunk)
            self._measure()
            yield chunk

    def _measure(self) -> None:
        """Note how long it has taken until now, in seconds of real time."""
        self.duration = perf_counter() - self.started

    def document(self) -> dict[str, object]:
        """Return it as JSON."""
        return {
            "number": self.number,
            "time": self.time,
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "organisation": self.organisation,
            "query": self.query,
            "headers": self.headers,
            "body": self.body,
            "body_size": self.request.size,
            "status": self.status,
            "answer_headers": self.answer_headers,
            "answer": self.answer,
            "answer_size": self.response.size,
            "duration": round(self.duration, 6),
            "fault": self.fault,
        }

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (*SECRET_KEYS, "value") if VARIABLES in (self.operation or "") else SECRET_KEYS


class _Overheard(io.RawIOBase):
    """A request's body that is noted as the application reads it."""

    def __init__(self, stream: InputStream, body: Body) -> None:
        self._stream = stream
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._body.add(data)
        return len(data)


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with their secrets hidden."""
    return {name: HIDDEN if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}


def _hide(data: object, secrets: tuple[str, ...]) -> object:
    if isinstance(data, list):
        return [_hide(item, secrets) for item in data]
    if isinstance(data, dict):
        return {key: HIDDEN if key in secrets else _hide(value, secrets) for key, value in data.items()}
    return data
