"""A real server in a thread, for clients outside this process: Node, browsers, other programs."""

import logging
import threading

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections, and sends streams in chunks

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: the journal has all requests."""


class ThreadServer:
    """Serves an application on a free local port until it is closed."""

    def __init__(self, app: Flask) -> None:
        logging.getLogger("werkzeug").addHandler(logging.NullHandler())
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
