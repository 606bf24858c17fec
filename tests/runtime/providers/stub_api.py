"""An OpenAI-compatible API on a free port of this machine that answers what a test tells it to."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from humanloop_emulator.json_types import JsonObject

PIECE = 50  # bytes that are sent at a time, so that lines and characters are cut anywhere

Reply = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    """Notes each request and gives the next answer; the last one is given for ever."""

    server: "StubApi"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        replies = self.server.replies
        (replies.pop(0) if len(replies) > 1 else replies[0])(self)

    def send(self, status: int, content: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for start in range(0, len(content), PIECE):
            self.wfile.write(content[start : start + PIECE])

    def log_message(self, format: str, *args: Any) -> None: ...


class StubApi(ThreadingHTTPServer):
    """The server; `replies` are given in turn, `requests` are (path, headers, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[Reply] = []
        self.requests: list[tuple[str, JsonObject, JsonObject]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def body(self) -> JsonObject:
        """The body of the last request."""
        return self.requests[-1][2]

    def __enter__(self) -> "StubApi":
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


def event(delta: JsonObject | None = None, **fields: Any) -> JsonObject:
    """Return an event of a chat: what it adds, and `finish_reason` or `usage`."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": fields.pop("finish_reason", None)}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o-1", "choices": [choice], **fields}


def text(*pieces: str, finish_reason: str = "stop", **fields: Any) -> list[JsonObject]:
    """Return the events of an answer in these pieces."""
    return [*(event({"content": piece}) for piece in pieces), event(finish_reason=finish_reason, **fields)]


def stream(*events: JsonObject | bytes, done: bool = True) -> Reply:
    """Answer with these events; without `done` the connection ends before the stream does."""
    lines = [item if isinstance(item, bytes) else json.dumps(item, ensure_ascii=False).encode() for item in events]
    content = b": hello\n\n" + b"".join(
        b"data: " + line + b"\r\n\r\n" for line in [*lines, b"[DONE]"][: None if done else -1]
    )
    return lambda handler: handler.send(200, content, "text/event-stream; charset=utf-8")


def plain(status: int, body: Any, **headers: str) -> Reply:
    """Answer with a JSON body, or with bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler: handler.send(status, content, "application/json", **headers)


def cut(*events: JsonObject) -> Reply:
    """Promise more than is sent."""
    content = b"".join(b"data: " + json.dumps(item).encode() + b"\n\n" for item in events)
    return lambda handler: handler.send(200, content, "text/event-stream", Content_Length="10000")


def hang_up(handler: _Handler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def hang(*events: JsonObject) -> Reply:
    """Send these events, if any, and then nothing until the test is over."""

    def reply(handler: _Handler) -> None:
        if events:
            stream(*events, done=False)(handler)
            handler.wfile.flush()
        handler.server.closing.wait()

    return reply
