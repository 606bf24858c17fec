"""Two applications that are told the same, one on each database, and have to answer the same."""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from werkzeug.test import TestResponse

from humanloop_emulator.store.models import Timeline
from humanloop_emulator.store.timekeeper import ROW
from tests.conftest import make_app

START = "2030-01-01T00:00:00"
COMPARED = ("Content-Type", "Retry-After", "X-Emulator-Stored-Stats")


@dataclass(frozen=True)
class Answer:
    """What is compared of an answer: every byte of the body."""

    status: int
    headers: tuple[str | None, ...]
    body: bytes

    @classmethod
    def of(cls, response: TestResponse) -> "Answer":
        return cls(response.status_code, tuple(response.headers.get(name) for name in COMPARED), response.data)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body and self.headers[0] == "application/json" else None


class Twins:
    """The applications; each session is an organisation of its own, with the same ids and times in both."""

    def __init__(self, *databases: str) -> None:
        self._apps = [make_app(db=db, organisation_per_key=True) for db in databases]
        self._sessions = count()

    def session(self) -> "Session":
        name = f"session-{next(self._sessions)}"
        for app in self._apps:
            emulator = app.extensions["emulator"]
            with emulator.db.writing():
                emulator.db.update(Timeline, ROW, sequence=0)
            emulator.timekeeper.restart(START, name)
        return Session([app.test_client() for app in self._apps], name)


class Session:
    """A client of both applications."""

    def __init__(self, clients: list[Any], key: str) -> None:
        self._clients = clients
        self._headers = {"X-API-KEY": key}

    def __call__(
        self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None, accept: str = "*/*"
    ) -> Any:
        """Send a request to both, hold the answers to each other, and return the JSON of a success, else None."""
        headers = {**self._headers, "Accept": accept}
        options: dict[str, Any] = {"method": method, "query_string": query or {}, "headers": headers}
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        one, other = (Answer.of(client.open(f"/v5{path}", **options)) for client in self._clients)
        assert one == other, f"{method} {path} {query} {body}"
        assert one.status != 500
        return one.json if one.status < 300 else None
