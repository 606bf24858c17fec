"""The one pool of Monty workers of a process, made when the first code runs."""

import atexit
import os
from threading import Lock

from pydantic_monty import Monty

from .report import ADVICE, Refused

WORKERS = 8
"""Runs at a time: more than processors, so that code which never ends holds up nobody else. Made as they are needed."""

GRACE = 0.25
"""Seconds after its limit in which a worker has to stop by itself; then it is killed and replaced."""

_making = Lock()
_pool: Monty | None = None
_owner = 0


def get() -> Monty:
    """Return the pool of this process.

    Monty's threads do not survive a fork, and whoever asks for them afterwards waits for ever. So a server makes the
    pool in the process that serves, and a child of a process that has one is Refused.
    """
    if _pool is None:
        return renew(None)
    if _owner != os.getpid():
        raise Refused(f"The sandbox cannot run in a process forked from one that used it; {ADVICE} can.")
    return _pool


def renew(dead: Monty | None) -> Monty:
    """Put a new pool in the place of a dead one, unless another thread has done it; what still runs there goes on."""
    global _pool, _owner
    with _making:
        if _pool is dead:
            _owner = os.getpid()
            pool = Monty(max_processes=WORKERS, feed_duration_limit_grace=GRACE)
            pool.__enter__()
            _pool = pool
            if dead is not None:
                dead.__exit__(None, None, None)
    return get()


@atexit.register
def _close() -> None:
    """End the workers; in a forked child they are the parent's."""
    if _pool is not None and _owner == os.getpid():
        _pool.__exit__(None, None, None)
