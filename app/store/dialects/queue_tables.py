"""huey's queue in tables of PostgreSQL, on the connections of the process.

Each step takes a connection and gives it back: huey's threads would each keep one, and miss that it is of no use any
more. While the server cannot be reached there is nothing to be done; what gets lost then is found again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import peewee
from huey.contrib.sql_huey import SqlStorage

from ...errors import Unavailable

INTERRUPTED = peewee.OperationalError, peewee.InterfaceError


def _connected(step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def connected(self: Any, *arguments: Any, **options: Any) -> Any:
        try:
            with self.database.connection_context():
                return step(self, *arguments, **options)
        except INTERRUPTED as error:
            raise Unavailable from error

    return connected


class QueueTables(SqlStorage):
    """huey's own, where each step has a connection for as long as it takes. Raises Unavailable."""

    enqueue = _connected(SqlStorage.enqueue)
    queue_size = _connected(SqlStorage.queue_size)
    flush_queue = _connected(SqlStorage.flush_queue)
    add_to_schedule = _connected(SqlStorage.add_to_schedule)
    flush_schedule = _connected(SqlStorage.flush_schedule)
    flush_results = _connected(SqlStorage.flush_results)
    flush_counters = _connected(SqlStorage.flush_counters)

    def check_conn(self) -> None:
        """Do nothing: each step has a connection of its own already."""

    def peek_many(self, keys: Any) -> dict[str, bytes]:
        """Return what huey has to know before it begins with a job: nothing, for none is ever revoked."""
        return {}

    def delete_data(self, key: Any) -> bool:
        """Forget what was known of a job that is done: nothing was."""
        return False

    def dequeue(self) -> Any:
        """Return the next job, or None: also while nobody can tell."""
        try:
            return self._dequeue()
        except Unavailable:
            return None

    def read_schedule(self, timestamp: Any) -> Any:
        """Return the jobs whose time has come: none while nobody can tell."""
        try:
            return self._read_schedule(timestamp)
        except Unavailable:
            return []

    _dequeue = _connected(SqlStorage.dequeue)
    _read_schedule = _connected(SqlStorage.read_schedule)
