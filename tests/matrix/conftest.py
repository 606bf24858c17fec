"""Fixtures: a server for all clients, and the environments that they are installed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders.processes import ServerProcess
from tests.databases import database_at

from .clients import Client, Unreachable, default_cache, environment


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running server where each key is an organisation of its own."""
    folder = tmp_path_factory.mktemp("server")
    server = ServerProcess(database_at(folder / "emulator.db"), folder / "errors.txt", "--organisation-per-key")
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def installed() -> Callable[[Client], Path]:
    """Return a function that installs a client, unless it is kept from earlier, and returns the folder."""

    def install(client: Client) -> Path:
        try:
            return environment(client, default_cache())
        except Unreachable as error:
            pytest.skip(str(error))

    return install
