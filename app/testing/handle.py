"""The handle that tests use: the emulator in this process, and everything that can be done with it."""

from pathlib import Path
from typing import Any, NoReturn

import httpx
from flask import Flask
from humanloop import AsyncHumanloop, Humanloop

from ..api.operations import LINKS_LEAD_TO
from ..application import Emulator, create_app
from ..bundled import NO_SEED, seed_folder
from ..clock import Clock
from ..control.faults.rules import Faults
from ..control.journal.journal import Journal
from ..control.state.state import State
from ..services.workspace import open_workspace
from ..settings import Settings
from .models import Models
from .server import ThreadServer
from .transports import AsyncTransport, Transport

BASE_URL = "http://humanloop.test/v5"  # a name that no network resolves
KEY = "test"
REQUESTS_KEPT = 1000
DEFAULTS: dict[str, Any] = {"db": ":memory:", "jobs": "immediate", "journal": REQUESTS_KEPT, "seed": NO_SEED}


class Handle:
    """An emulator in this process, in memory unless `db` says otherwise; jobs are done before a request is answered.

    It is a context manager, which stops the server of `url` at its end.
    """

    def __init__(self, **settings: Any) -> None:
        """Make an emulator with these settings (`Settings`); the environment is ignored. Raises ValueError."""
        chosen = DEFAULTS | settings
        self.settings = Settings(**chosen | {"seed": chosen["seed"] or NO_SEED})
        self.app: Flask = create_app(self.settings)
        self.emulator: Emulator = self.app.extensions["emulator"]
        self.models = Models(self.emulator.db)
        self._server: ThreadServer | None = None
        self._clients: dict[str, Humanloop] = {}

    @property
    def faults(self) -> Faults:
        """The rules that make requests fail or slow: `faults.add(path="/prompts/*", status=503, times=2)`."""
        return self.emulator.faults

    @property
    def journal(self) -> Journal:
        """The requests so far: `journal.assert_called("POST", "/v5/prompts/log", times=1)`."""
        return self.emulator.journal

    @property
    def clock(self) -> Clock:
        """The clock of the emulator: `clock.freeze("2025-05-01")`, `clock.advance(60)`."""
        return self.emulator.clock

    @property
    def state(self) -> State:
        """Everything that is stored: `state.counts()`, `state.snapshots`."""
        return self.emulator.state

    def client(self, api_key: str = KEY, **options: Any) -> Humanloop:
        """Return a client of the official SDK, whose requests are served in this process.

        Without options it is the same client each time, because every client keeps a thread forever. Spans of the SDK's
        decorators do not go through its HTTP client: they need `emulate` or `url`.
        """
        if options:
            return self._make_client(api_key, options)
        if api_key not in self._clients:
            self._clients[api_key] = self._make_client(api_key, {})
        return self._clients[api_key]

    def _make_client(self, api_key: str, options: dict[str, Any]) -> Humanloop:
        http = httpx.Client(transport=Transport(self.app))
        return Humanloop(api_key=api_key, **{"base_url": BASE_URL, "httpx_client": http, **options})

    def async_client(self, api_key: str = KEY, **options: Any) -> AsyncHumanloop:
        """Return an asynchronous client of the official SDK, whose requests are served in this process."""
        http = httpx.AsyncClient(transport=AsyncTransport(self.app))
        return AsyncHumanloop(api_key=api_key, **{"base_url": BASE_URL, "httpx_client": http, **options})

    @property
    def url(self) -> str:
        """The address of a real server with the same state, started on first use; append `/v5`.

        From then on, links in answers lead there, such as the one to an Evaluation that the SDK prints.
        """
        if self._server is None:
            self._server = ThreadServer(self.app)
            self.app.config[LINKS_LEAD_TO] = self._server.url
        return self._server.url

    def reset(self) -> None:
        """Go back to the start: stored data, faults, scripted models, the journal and the clock."""
        self.emulator.reset()

    def snapshot(self, name: str) -> None:
        """Save what is stored under a name; a snapshot with the same name is replaced."""
        self.state.save(name)

    def restore(self, name: str) -> None:
        """Go back to what was stored when the snapshot was saved."""
        self.state.load(name)

    def seed(self, folder: str | Path, organisation: str = "default") -> None:
        """Fill an empty workspace from a folder, as `--seed` does. Raises SeedError or NotEmpty."""
        from ..exchange.seeds import seed  # takes 10 ms, and few tests seed

        emulator = self.emulator
        seed(open_workspace(emulator.db, organisation, emulator.clock, emulator.ids), seed_folder(folder))

    def close(self) -> None:
        """Stop the server of `url` and close the database; from then on, clients raise RuntimeError."""
        if self._server is not None:
            self._server.close()
        self.app.wsgi_app = _refuse  # type: ignore[method-assign, assignment]
        self.emulator.db.close()

    def __enter__(self) -> "Handle":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse(*_: object) -> NoReturn:
    raise RuntimeError("This emulator is closed: its Handle, or the block of emulate(), has ended.")
