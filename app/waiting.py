"""Where a request may wait, and where it may not.

A server answers short requests one after the other in one thread, which costs least and keeps none waiting long. What
would make that thread wait (for a model, a lock, a long query) says so before it has changed anything, and the request
is served again in another thread. Every other thread, and every other server, may wait.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Elsewhere(BaseException):
    """This request is to be served again where it may wait: no fault, so nothing that catches Exception sees it."""


class _Thread(threading.local):
    hurried = False


_thread = _Thread()


def hurried() -> bool:
    """Tell whether what runs now must not wait."""
    return _thread.hurried


def may_wait() -> None:
    """Say that from here on this request may wait. Raises Elsewhere in a thread that must not."""
    if _thread.hurried:
        raise Elsewhere


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let nothing within wait in this thread."""
    _thread.hurried = True
    try:
        yield
    finally:
        _thread.hurried = False
