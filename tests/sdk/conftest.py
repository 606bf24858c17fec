"""Fixtures: the official Python SDK, on an application in this process and on a server process."""

from collections.abc import Iterator

import httpx
import pytest
from flask import Flask
from humanloop import Humanloop

from tests.server.process import ServerProcess

BASE_URL = "http://emulator.test/v5"


def make_client(app: Flask, key: str = "test-key") -> Humanloop:
    """Return the SDK's client, which calls the application in this process."""
    http = httpx.Client(transport=httpx.WSGITransport(app))
    return Humanloop(api_key=key, base_url=BASE_URL, httpx_client=http)


@pytest.fixture
def client(app: Flask) -> Humanloop:
    return make_client(app)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running server where each key is an empty organisation of its own: tests share it but no data."""
    folder = tmp_path_factory.mktemp("server")
    server = ServerProcess(folder / "emulator.db", folder / "errors.txt", "--organisation-per-key")
    server.start()
    yield server
    server.close()
