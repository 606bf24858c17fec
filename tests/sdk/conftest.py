"""Fixtures: the official SDKs, on an application in this process and on a server process."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from humanloop import Humanloop

from tests.builders.processes import ServerProcess
from tests.databases import database_at
from tests.npm import install

BASE_URL = "http://emulator.test/v5"
PACKAGE = "humanloop@0.8.20"
SCRIPTS = Path(__file__).with_name("npm")


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
    server = ServerProcess(
        database_at(folder / "emulator.db"), folder / "errors.txt", "--organisation-per-key", "--seed", "none"
    )
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the scripts, where npm has installed the SDK."""
    folder = tmp_path_factory.mktemp("npm")
    install(folder, PACKAGE)
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


@pytest.fixture(scope="session")
def node(package: Path, server: ServerProcess) -> Callable[[str], Any]:
    """Return a function that runs a script against the server and returns the JSON in its last line."""

    def run(script: str) -> Any:
        line = ["node", script, f"{server.url}/v5", script]  # each script has a key and so an organisation of its own
        done = subprocess.run(line, cwd=package, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    return run
