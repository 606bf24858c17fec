"""An application in this process, called through WSGI alone: no socket, and no client in the measured time."""

import io
from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask

from humanloop_emulator import create_app
from humanloop_emulator.settings import Settings


def bare_app() -> Flask:
    """Return the peer: a Flask application with one route that does nothing."""
    app = Flask("bare")

    @app.route("/v5/bare", methods=["GET", "POST"])
    def bare() -> dict[str, str]:
        return {"status": "ok"}

    return app


def emulator(path: str = ":memory:") -> Flask:
    """Return the emulator on a database in memory, or in a file."""
    return create_app(Settings(db=path))


def request(app: Flask, method: str, path: str, body: Any = None) -> Callable[[], bytes]:
    """Return a function that sends this request and returns the body of the answer."""
    payload = b"" if body is None else orjson.dumps(body)
    path, _, query = path.partition("?")
    base = {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/v5{path}",
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_X_API_KEY": "bench",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(payload)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }

    def send() -> bytes:
        status: list[str] = []

        def start_response(line: str, headers: Any, exc_info: Any = None) -> Any:
            status.append(line)

        chunks = app.wsgi_app({**base, "wsgi.input": io.BytesIO(payload)}, start_response)
        answer = b"".join(chunks)
        assert status[0][:1] == "2", f"{method} {path}: {status[0]} {answer[:300]!r}"
        return answer

    return send


def call(app: Flask, method: str, path: str, body: Any = None) -> Any:
    """Send one request and return the JSON of the answer."""
    answer = request(app, method, path, body)()
    return orjson.loads(answer) if answer else None
