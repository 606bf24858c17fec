"""Fixtures that start real server processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.builders.processes import ServerProcess, Worker
from tests.databases import database_at


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Return a function that makes a server with these options on a temporary database; it is not started yet."""
    made: list[ServerProcess] = []

    def make(*options: str, db: str = "") -> ServerProcess:
        target = db or database_at(tmp_path / "emulator.db")
        made.append(ServerProcess(target, tmp_path / f"errors-{len(made)}.txt", *options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def server_process(make_server: Callable[..., ServerProcess]) -> ServerProcess:
    """Return a running server: `url`, `kill()`, `terminate()`, `interrupt()`, `restart()`."""
    server = make_server()
    server.start()
    return server


@pytest.fixture
def make_worker(tmp_path: Path) -> Iterator[Callable[[str], Worker]]:
    """Return a function that starts a process which works on the jobs of a database."""
    with ExitStack() as workers:
        yield lambda db: workers.enter_context(closing(Worker(db, tmp_path / "worker-errors.txt")))
