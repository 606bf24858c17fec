"""The pool of Monty workers, one for each process, made when the first code runs."""

import atexit
import os
from threading import Lock

from pydantic_monty import Monty

from .report import ADVICE, Refused

WORKERS = 8
"""Calls at a time: more than there are processors, so that code that never ends blocks nobody. Started as needed."""

GRACE = 0.25
"""Seconds beyond its limit after which a worker that has not stopped is killed and replaced."""

_making = Lock()
_pool: Monty | None = None
_owner = 0


def get() -> Monty:
    """Return the pool of this process.

    Monty's threads do not survive a fork: in a forked child a call would wait for ever. So a server makes the pool in
    the process that serves, and in a child of a process that has one this raises Refused.
    """
    if _pool is None:
        return renew(None)
    if _owner != os.getpid():
        raise Refused(f"The sandbox cannot run in a process that was forked after its first use, but {ADVICE} can.")
    return _pool


def renew(dead: Monty | None) -> Monty:
    """Replace a dead pool unless another thread has done so; calls that still run in it go on."""
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
    """End the workers, except in a forked child, where they belong to the parent."""
    if _pool is not None and _owner == os.getpid():
        _pool.__exit__(None, None, None)
