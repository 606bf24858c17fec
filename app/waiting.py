"""Where a request may wait, and where it may not.

A server answers short requests one after the other in one thread, which costs least and keeps none waiting long. What
would make that thread wait (for a model, a lock, a long query) says so before it has changed anything, and the request
is served again in another thread. Every other thread, and every other server, may wait.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Elsewhere(BaseException):
    """This request is to be served again where it may wait: no fault, so nothing that catches Exception sees it."""


SECONDS_OF_HASTE = 0.01  # a query that goes on after that is to be run elsewhere


class _Thread(threading.local):
    hurried = False
    late = 0.0


_thread = _Thread()


def hurried() -> bool:
    """Tell whether what runs now must not wait."""
    return _thread.hurried


def is_late() -> bool:
    """Tell whether what runs now must not wait, and has taken long already."""
    return _thread.hurried and time.monotonic() > _thread.late


def may_wait() -> None:
    """Say that from here on this request may wait. Raises Elsewhere in a thread that must not."""
    if _thread.hurried:
        raise Elsewhere


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let nothing within wait in this thread."""
    _thread.hurried, _thread.late = True, time.monotonic() + SECONDS_OF_HASTE
    try:
        yield
    finally:
        _thread.hurried = False
