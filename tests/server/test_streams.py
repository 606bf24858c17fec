"""Streams through a real server: a model in the test's hand says each word when it is told to."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.builders.processes import SECONDS, ServerProcess

BODY = {
    "path": "qa/say",
    "prompt": {"model": "m", "template": "Say {{word}}."},
    "inputs": {"word": "hi"},
    "stream": True,
}
HEADERS = {"X-API-KEY": "key", "Content-Type": "application/json"}


class Model:
    """An OpenAI-compatible model that says one word, and the second when `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self._say({"delta": {"content": "Sa"}, "finish_reason": None})
                model.go.wait(SECONDS)
                self._say({"delta": {"content": "lut"}, "finish_reason": None})
                self._say({"delta": {}, "finish_reason": "stop"})
                self.wfile.write(b"data: [DONE]\n\n")

            def _say(self, choice: dict[str, Any]) -> None:
                event = {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def model() -> Iterator[Model]:
    with closing(Model()) as model:
        yield model


@pytest.fixture
def server(make_server: Callable[..., ServerProcess], model: Model) -> ServerProcess:
    server = make_server("--openai-base-url", model.url, "--openai-api-key", "k")
    server.start()
    return server


def connect(server: ServerProcess) -> http.client.HTTPConnection:
    parts = urlsplit(server.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)


def call(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    connection.request("POST", "/v5/prompts/call", json.dumps(BODY), HEADERS)
    response = connection.getresponse()
    assert response.status == 200
    return response


def event(response: http.client.HTTPResponse) -> dict[str, Any]:
    """Read the next event; it waits until the server sends one."""
    line = response.readline()
    assert response.readline() == b"\n"
    read: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    return read


def get(server: ServerProcess, path: str) -> tuple[int, Any]:
    with closing(connect(server)) as connection:
        connection.request("GET", f"/v5{path}", headers=HEADERS)
        response = connection.getresponse()
        return response.status, json.load(response)


def test_an_event_arrives_before_the_model_has_finished(server: ServerProcess, model: Model) -> None:
    with closing(connect(server)) as connection:
        response = call(connection)
        first = event(response)
        assert first["output"] == "Sa"  # the model waits for us
        assert get(server, f"/logs/{first['id']}")[0] == 404  # and others are served meanwhile
        model.go.set()
        assert event(response)["output"] == "lut"
        assert event(response)["finish_reason"] == "stop"
        assert response.read() == b""
    assert get(server, f"/logs/{first['id']}")[1]["output"] == "Salut"


def test_a_client_that_leaves_leaves_a_whole_log(server: ServerProcess, model: Model) -> None:
    with closing(connect(server)) as connection:
        first = event(call(connection))
    model.go.set()
    status, log = get(server, f"/logs/{first['id']}")
    while status == 404:  # until the server has noticed
        status, log = get(server, f"/logs/{first['id']}")
    assert (log["output"], log["finish_reason"], log["error"]) == ("Salut", "stop", None)


def test_streams_do_not_hold_up_others(server: ServerProcess, model: Model) -> None:
    connections = [connect(server) for _ in range(5)]
    responses = [call(connection) for connection in connections]
    assert [event(response)["output"] for response in responses] == ["Sa"] * 5
    assert get(server, "/prompts")[0] == 200
    model.go.set()
    for connection, response in zip(connections, responses, strict=True):
        assert event(response)["output"] == "lut"
        connection.close()
