"""Named states of a whole database, to go back to.

A snapshot is a database itself: saving and loading copy everything from one into the other, in one transaction. Those
of a database in memory are in memory too; those of a file are in `snapshot_files.py`, those of a database that servers
share in `snapshot_schemas.py`.
"""

import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..clock import wire_time
from ..errors import Invalid, Location, NotFound
from .database import MEMORY, Database

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Snapshot:
    """What is known of a snapshot; `size` is in bytes."""

    name: str
    created_at: str
    size: int


def copy(db: Database) -> Database:
    """Return a database in memory with the same contents."""
    copied = Database(MEMORY)
    copied.replace_with(db)
    return copied


class Snapshots(ABC):
    """The snapshots of one database, and the state that a reset goes back to."""

    @abstractmethod
    def keep_start(self) -> None:
        """Keep the present state of a new database, which has just been seeded: a reset goes back to it."""

    @abstractmethod
    def load_start(self) -> None:
        """Go back to the state that was kept, or to another one that is made as it was."""

    @abstractmethod
    def list(self) -> list[Snapshot]:
        """Return all snapshots in the order of their names."""

    @abstractmethod
    def save(self, name: str) -> Snapshot:
        """Save the present state; a snapshot with the same name is replaced. Raises Invalid for an unusable name."""

    @abstractmethod
    def load(self, name: str) -> None:
        """Go back to a snapshot. Raises NotFound."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a snapshot. Raises NotFound."""


class MemorySnapshots(Snapshots):
    """Snapshots that live as long as the process, like the database they are of."""

    def __init__(self, db: Database, fresh: Callable[[], Database]) -> None:
        """Take a database; `fresh` makes another one in memory as a server starts with."""
        self._db = db
        self._fresh = fresh
        self._start: Database | None = None
        self._saved: dict[str, tuple[Snapshot, Database]] = {}
        self._lock = threading.Lock()

    def keep_start(self) -> None:
        self._start = copy(self._db)

    def load_start(self) -> None:
        if self._start is None:
            self._start = self._fresh()
        self._db.replace_with(self._start)

    def list(self) -> list[Snapshot]:
        with self._lock:
            return sorted((snapshot for snapshot, _ in self._saved.values()), key=lambda snapshot: snapshot.name)

    def save(self, name: str) -> Snapshot:
        check_name(name)
        with self._lock:
            saved = copy(self._db)
            snapshot = Snapshot(name, now_text(), saved.size)
            self._saved[name] = snapshot, saved
        return snapshot

    def load(self, name: str) -> None:
        with self._lock:
            if name not in self._saved:
                raise missing(name)
            self._db.replace_with(self._saved[name][1])

    def delete(self, name: str) -> None:
        with self._lock:
            if self._saved.pop(name, None) is None:
                raise missing(name)


def check_name(name: str, *, loc: Location = ("body", "name")) -> None:
    """Raise Invalid for a name that cannot be that of a file everywhere."""
    if not NAME.fullmatch(name):
        raise Invalid(
            "Invalid snapshot name.",
            f"A snapshot's name has up to 100 letters, digits, `_`, `-` and `.`, the last two not in front: '{name}'.",
            loc=loc,
        )


def missing(name: str) -> NotFound:
    """Return the error of a snapshot that is not there."""
    return NotFound("Snapshot not found.", f"Snapshot '{name}' not found.", loc=("path", "name"))


def time_text(seconds: float) -> str:
    """Write a time of the operating system in its wire form."""
    return wire_time(datetime.fromtimestamp(seconds, UTC))


def now_text() -> str:
    """Return the real time, whatever the clock of the emulator says."""
    return time_text(time.time())
