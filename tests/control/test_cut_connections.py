"""Connections that faults cut, over the sockets of Werkzeug's server and our own."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.serving import make_server

from humanloop_emulator.control.faults.rules import Faults
from tests.builders.processes import ServerProcess
from tests.conftest import Api
from tests.databases import database_at


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """Serve the application from a thread, with Werkzeug."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.port}/v5"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"cut": True}, "disconnected without sending a response"),
        ({"truncate": 10}, "received 10 bytes"),
        ({"truncate": 0}, "received 0 bytes"),
    ],
)
def test_werkzeug_closes_the_connection(
    url: str, api: Api, faults: Faults, rule: dict[str, Any], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    faults.add(**rule, times=1)
    with httpx.Client(headers=api.headers) as client:
        with pytest.raises(httpx.RemoteProtocolError, match=message):
            client.get(f"{url}/files")
        assert client.get(f"{url}/files").json()["total"] == 0
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a running server, in a process of its own."""
    server = ServerProcess(database_at(tmp_path / "emulator.db"), tmp_path / "errors.txt")
    server.start()
    yield server
    server.close()


def test_the_server_closes_the_connection(server: ServerProcess) -> None:
    with httpx.Client(base_url=server.url, headers={"X-API-KEY": "key"}) as client:
        client.post("/_emulator/faults", json={"cut": True, "times": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/v5/files")
        assert client.get("/v5/files").json()["page"] == 1
        client.post("/_emulator/faults", json={"truncate": 10, "path": "/files", "times": 1})
        with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes"):
            client.get("/v5/files")
        client.post("/_emulator/faults", json={"chunks": 2, "path": "/prompts/call"})
        call = {"path": "P", "prompt": {"model": "gpt-4o", "template": "Name three towns."}, "stream": True}
        lines = []
        with (
            pytest.raises(httpx.RemoteProtocolError),
            client.stream("POST", "/v5/prompts/call", json=call) as response,
        ):
            for line in response.iter_lines():
                lines.append(line)
        assert len([line for line in lines if line.startswith("data: ")]) == 2
    server.terminate()
    assert "Traceback" not in server.errors
