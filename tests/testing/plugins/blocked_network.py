"""A pytest plugin that blocks the network: names are not resolved, and nothing connects."""

import socket
from typing import Any, NoReturn


def refuse(*arguments: Any, **options: Any) -> NoReturn:
    raise AssertionError(f"The network is blocked: {arguments}")


socket.socket.connect = refuse  # type: ignore[method-assign]
socket.socket.connect_ex = refuse  # type: ignore[method-assign]
socket.getaddrinfo = refuse
