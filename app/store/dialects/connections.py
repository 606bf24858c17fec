"""The connections of a process to PostgreSQL: few, used again, and never waited for without end.

A transaction takes a connection and gives it back. What a server that has died leaves behind is noticed when it is
used; a server that says nothing any more, or a host that is gone, is noticed by a thread: it asks the server on a
connection of its own once somebody has waited for long, and cuts off those who wait in vain. While the server cannot
be reached, whoever needs it is told so at once; the thread tries until it is back.
"""

import logging
import os
import signal
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from ...errors import Unavailable
from .base import shown

logger = logging.getLogger(__name__)

Connection = psycopg.Connection[Any]

DEFAULTS = {
    "connect_timeout": "2",  # seconds, for each host
    "application_name": "humanloop-emulator",
    "target_session_attrs": "read-write",  # of several hosts the one that is no standby
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # ms
}
"""Of connections whose URL says nothing else."""

SESSION = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",  # that SQLite waits too
    "idle_in_transaction_session_timeout": "60s",  # of a machine that has stopped while it held the lock of writers
    "tcp_keepalives_idle": "10",  # of a machine that has gone
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
SET_UP = "; ".join(f"SET {name} = '{value}'" for name, value in SESSION.items())

OLDEST = 15_00_00  # version of a server

SECONDS_TO_WAIT = 10  # for a connection that others have
SECONDS_TO_ANSWER = 2  # of a server that is asked whether it is there
SECONDS_OF_PATIENCE = 1  # with one transaction, before the server is asked
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_UNUSED = 60  # after which a connection is closed


class _Asking(psycopg.Connection[Any]):
    """A connection on which nothing is waited for longer than a server needs to answer."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = SECONDS_TO_ANSWER) -> Any:
        return super().wait(gen, interval, timeout)


class Connections:
    """At most so many connections at a time, and whether there is a server to connect to."""

    def __init__(self, url: str, limit: int, furnish: Callable[[Connection], None]) -> None:
        """Take the URL and what adapts a new connection. ValueError: the URL is none."""
        self._parameters = DEFAULTS | _parameters_of(url)
        self._furnish = furnish
        self._places = threading.BoundedSemaphore(limit)
        self._idle: deque[tuple[Connection, float]] = deque()  # those used last at the right, with when that was
        self._busy: dict[Connection, float] = {}  # with when they were taken
        self._closing = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._waking = threading.Event()
        self._asking: Connection | None = None
        self._asked: list[threading.Event] = []
        weakref.finalize(self, _close_all, self._idle)
        self.failure = ""  # why the server cannot be reached

    def prove(self) -> None:
        """Find out, when nothing has begun yet, that the server can be used. ValueError: it cannot be."""
        try:
            with psycopg.connect(**self._parameters) as connection:
                version, encoding = connection.info.server_version, connection.info.parameter_status("server_encoding")
        except psycopg.Error as error:
            raise ValueError(reason_of(error)) from None
        if version < OLDEST:
            raise ValueError(f"PostgreSQL {OLDEST // 10_000} or newer is needed, and it is {version // 10_000}")
        if encoding != "UTF8":
            raise ValueError(f"its encoding must be UTF8, not {encoding}")

    @contextmanager
    def own(self) -> Iterator[Connection]:
        """Open one more, which nobody else gets, and close it at the end. Raises Unavailable."""
        try:
            connection = psycopg.connect(**self._parameters, autocommit=True)
        except psycopg.Error as error:
            raise Unavailable from error
        with connection:
            yield connection

    def take(self) -> Connection:
        """Return a connection that nobody else has. Raises Unavailable."""
        if not self._places.acquire(timeout=0 if self.failure else SECONDS_TO_WAIT):
            raise Unavailable
        try:
            connection = self._used_before() or self._new()
        except BaseException:
            self._places.release()
            raise
        self._busy[connection] = time.monotonic()
        return connection

    def give(self, connection: Connection) -> None:
        """Take a connection back; what is open on it is rolled back, and it is closed if it is of no use any more."""
        try:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                connection.rollback()
        except psycopg.Error:
            self._close(connection)
        finally:
            del self._busy[connection]
            if not connection.closed:
                self._idle.append((connection, time.monotonic()))
            self._places.release()

    def clear(self) -> None:
        """Close the connections that nobody has."""
        _close_all(self._idle)

    def check(self, seconds: float) -> None:
        """Ask the server whether it is there, and wait so long for an answer. Raises Unavailable."""
        answered = threading.Event()
        self._asked.append(answered)
        self._watch()
        self._waking.set()
        if self.failure or not answered.wait(seconds) or self.failure:
            raise Unavailable

    def close(self) -> None:
        """Close what nobody needs; it may be used again."""
        self.clear()
        asking, self._asking = self._asking, None
        if asking is not None:
            self._close(asking)

    def _used_before(self) -> Connection | None:
        with suppress(IndexError):
            return self._idle.pop()[0]
        return None

    def _new(self) -> Connection:
        if self.failure:
            raise Unavailable
        self._watch()
        try:
            connection = psycopg.connect(**self._parameters, autocommit=True, cursor_factory=psycopg.ClientCursor)
            connection.execute(SET_UP)
        except psycopg.Error as error:
            self._lose(reason_of(error))
            raise Unavailable from error
        self._furnish(connection)
        return connection

    def _close(self, connection: Connection) -> None:
        with self._closing:
            connection.close()

    def _lose(self, reason: str) -> None:
        if not self.failure:
            logger.warning("The database cannot be reached: %s.", reason)
        self.failure = reason
        self.clear()
        self._waking.set()

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=_look_often, args=(weakref.ref(self), self._waking), daemon=True)
            self._watcher.start()

    def look(self) -> None:
        """Ask the server whether it is there, if there is reason to doubt it or somebody wants to know."""
        now = time.monotonic()
        while self._idle and self._idle[0][1] < now - SECONDS_UNUSED:
            with suppress(IndexError):
                self._close(self._idle.popleft()[0])
        asked, self._asked = self._asked, []
        if asked or self.failure or self._overdue():
            self._ask()
        for answered in asked:
            answered.set()

    def _overdue(self) -> list[tuple[Connection, float]]:
        """Return those on which somebody waits for the server, since long ago."""
        until = time.monotonic() - SECONDS_OF_PATIENCE
        waiting = [(connection, since) for connection, since in self._busy.copy().items() if since < until]
        return [item for item in waiting if item[0].info.transaction_status == TransactionStatus.ACTIVE]

    def _ask(self) -> None:
        begun = time.monotonic()
        try:
            self._get_answer()
        except psycopg.Error as error:
            self._lose(reason_of(error))
            if time.monotonic() - begun >= SECONDS_TO_ANSWER:  # whoever is refused at once is not kept waiting
                for connection, since in self._overdue():
                    self._cut(connection, since)
        else:
            if self.failure:
                self.failure = ""
                logger.warning("The database can be reached again.")

    def _get_answer(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            try:
                asking.execute("SELECT 1")
            except psycopg.Error:
                timed_out = not asking.broken
                asking.close()
                if timed_out:
                    raise
                asking = None  # it was closed by the server, which may be there again
        if asking is None:
            asking = _Asking.connect(**self._parameters, autocommit=True)
            asking.execute("SELECT 1")
        self._asking = asking

    def _cut(self, connection: Connection, since: float) -> None:
        """End what somebody waits for in another thread: to them, the server has closed the connection."""
        with self._closing, suppress(OSError, psycopg.Error):
            if self._busy.get(connection) == since:
                with socket.socket(fileno=os.dup(connection.fileno())) as shared:
                    shared.shutdown(socket.SHUT_RDWR)


def _parameters_of(url: str) -> dict[str, Any]:
    """Read a URL. ValueError tells what is wrong, but nothing of what may be a part of a password."""
    try:
        parameters = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        reason, parameters = str(error).strip(), {}
    else:
        reason = ""
    if shown(url) != url:
        numbers = str(parameters.get("port", "")).replace(",", "")
        misread = "@" in f"{parameters.get('host')}{parameters.get('dbname')}" or not (numbers or "0").isdigit()
        if reason or misread:
            reason = "it is no URL of PostgreSQL; in a password, characters such as @ : / % must be percent-encoded"
    if reason:
        raise ValueError(reason)
    return parameters


def _close_all(idle: deque[tuple[Connection, float]]) -> None:
    while idle:
        with suppress(IndexError):
            idle.pop()[0].close()


def _look_often(found: "weakref.ref[Connections]", waking: threading.Event) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # those of the process are for other threads
    while True:
        waking.wait(SECONDS_BETWEEN_LOOKS)
        waking.clear()
        connections = found()
        if connections is None:
            return
        try:
            connections.look()
        except Exception:
            logger.exception("It could not be found out whether the database can be reached")
        del connections


def reason_of(error: psycopg.Error) -> str:
    """Return in one line why the server could not be reached: of several hosts, each."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    each = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    return "; ".join(each or lines[:1]).rstrip(".")
