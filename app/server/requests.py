"""A request as the server hands it on, and what it is handed to."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .connections import Connection

BODILESS = {"204", "304"}

Headers = Sequence[tuple[str, str]]


class Request:
    """A request as it comes in."""

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.method = ""
        self.target = b""
        self.version = "1.1"
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.keep_alive = True
        self.unread = False  # whether more of the body was announced than is taken
        self.began = time.monotonic()
        self.status = ""  # of its answer, once that has begun

    @property
    def shown_target(self) -> str:
        """Return the target as one line shows it."""
        return self.target.decode("ascii", "backslashreplace")


def is_bodiless(request: Request, status: str) -> bool:
    """Tell whether the answer to a request has no body, whatever its headers say."""
    return request.method == "HEAD" or status[:3] in BODILESS


class Handler(Protocol):
    """What serves requests: it answers by `respond`, `respond_file` or `stream` of the connection, now or later."""

    largest_body: int

    def handle(self, request: Request) -> None:
        """Serve a request that has come as a whole."""
