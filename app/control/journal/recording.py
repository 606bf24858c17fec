"""How a request and its answer get into the journal: overheard as they go by, without holding them up."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.wsgi import ClosingIterator

from .entries import Entry, without_secrets

Serve = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Overheard(io.RawIOBase):
    """A request's body that is noted as the application reads it."""

    def __init__(self, stream: Any, entry: Entry) -> None:
        self._stream = stream
        self._entry = entry

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data: bytes = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._entry.request.add(data)
        return len(data)


def record(entry: Entry, serve: Serve, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve a request and note what is read of it and what is answered."""

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        entry.status = int(status.split()[0])
        entry.answer_headers = without_secrets(dict(headers))
        return start_response(status, headers, *error)

    environ["wsgi.input"] = _Overheard(environ["wsgi.input"], entry)
    result = serve(environ, start)
    entry.measure()
    return ClosingIterator(_overhear(entry, result), getattr(result, "close", None))


def _overhear(entry: Entry, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        entry.response.add(chunk)
        entry.measure()
        yield chunk
