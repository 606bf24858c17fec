"""Staging: a file of SQLite, whatever the database is, that collects rows before any of them reaches the database.

To collect them takes long and may be interrupted: what was committed here stays, with a note of how far each source was
read, and the next attempt continues from there. Then all rows are merged in one transaction, in which the database has
the staged tables as well (`Database.merging`).

A table is defined by a NamedTuple: `RunLog` becomes `staged_run_log`, with a column for each field. It has one row for
each key.
"""

import fcntl
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any

BATCH = 500  # records in a transaction

NOTES = """
CREATE TABLE origin (text TEXT PRIMARY KEY);
CREATE TABLE source (path TEXT PRIMARY KEY, stamp TEXT, lines INTEGER, complete INTEGER) WITHOUT ROWID;
CREATE TABLE problem (path TEXT, line INTEGER, text TEXT, UNIQUE (path, line, text))
"""


class Count(int):
    """The type of a column that numbers rows as they are staged; they are put with None there."""


TYPES = {str: "TEXT", int: "INTEGER", bool: "BOOLEAN", Count: "INTEGER PRIMARY KEY"}

Rows = Mapping[type[tuple[Any, ...]], tuple[str, ...]]
"""The NamedTuples of some tables, each with its key."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line of a source; line 0 is the source as a whole."""

    path: str
    line: int
    text: str


class Busy(Exception):
    """Another import is using the staging file."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep others from using a staging file until its rows are merged. Raises Busy while another process does so.

    SQLite's own lock would end when the merge opens the file, so there is a lock file; being killed ends either.
    """
    lock = path.with_name(f"{path.name}.lock")
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = os.path.samestat(os.fstat(file.fileno()), lock.stat())
        except (BlockingIOError, FileNotFoundError):  # the other one may have just ended, and removed it
            held = False
        if not held:
            raise Busy(f"Cannot work in {path}: another import is using it.")
        try:
            yield
        finally:
            lock.unlink()


class Table:
    """A staged table."""

    def __init__(self, row: type[tuple[Any, ...]], key: tuple[str, ...]) -> None:
        self.name = "staged" + re.sub("([A-Z])", r"_\1", row.__name__).lower()
        self.key = ", ".join(key)
        self.types = {name: _plain(type_) for name, type_ in row.__annotations__.items()}

    def columns(self, types: Mapping[type, str]) -> str:
        """Return the columns as SQL, with these names of types."""
        return ", ".join(f"{name} {types[type_]}" for name, type_ in self.types.items())

    def read(self, path: Path) -> Iterator[list[Any]]:
        """Yield the rows in a staging file, with real booleans."""
        plains = self.types.values()
        with closing(sqlite3.connect(path)) as connection:
            for row in connection.execute(f"SELECT {', '.join(self.types)} FROM {self.name}"):
                yield [bool(value) if plain is bool else value for value, plain in zip(row, plains, strict=True)]


def _plain(annotation: Any) -> type:
    plain: type = annotation.__args__[0] if isinstance(annotation, UnionType) else annotation
    return plain


class Staging:
    """The staging file of one origin; `step` is called after each of its transactions."""

    def __init__(self, path: Path, rows: Rows, origin: str, step: Callable[[], None]) -> None:
        """Open the file at `path`, or create it. Raises Busy while another process has it open."""
        self.path = path
        self.origin = origin
        self.step = step
        self.reading = ("", 0)  # the path and line that are being read
        self._tables = {row: Table(row, key) for row, key in rows.items()}
        self._insertions = {row: _insertion(table) for row, table in self._tables.items()}
        self._pending = 0
        self.connection = self._open()

    def begin(self) -> None:
        """Continue with what is in the file, unless it has another origin."""
        begun = self.value("SELECT 1 FROM sqlite_master WHERE name = 'origin'")
        if not begun:
            self._create()
        elif self.value("SELECT text FROM origin") != self.origin:
            self.restart()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise Busy(f"Cannot work in {self.path}: {error}. Another import may be using it.") from None
        return connection

    def _create(self) -> None:
        for statement in NOTES.split(";"):
            self.connection.execute(statement)
        for table in self._tables.values():
            self.connection.execute(f"CREATE TABLE {table.name} ({table.columns(TYPES)}, UNIQUE ({table.key}))")
        self.connection.execute("INSERT INTO origin VALUES (?)", (self.origin,))
        self.commit()

    def restart(self) -> None:
        """Forget everything: the source has changed since it was read."""
        self.close()
        self.remove()
        self.connection = self._open()
        self._create()

    def commit(self) -> None:
        """Let what was put so far survive a crash."""
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN IMMEDIATE")
        self._pending = 0
        self.step()

    def sources(self) -> dict[str, str]:
        """Return the stamp of each source that was begun, by its path."""
        return dict(self.connection.execute("SELECT path, stamp FROM source").fetchall())

    def progress(self, path: str) -> tuple[int, bool]:
        """Return how many lines of a source were read, and whether that is all of it."""
        row = self.connection.execute("SELECT lines, complete FROM source WHERE path = ?", (path,)).fetchone()
        return row or (0, False)

    def note_progress(self, path: str, stamp: str, lines: int, *, complete: bool) -> None:
        """Note how far a source was read; commit when there are enough records for a transaction."""
        self._pending += 1
        if complete or self._pending >= BATCH:
            sql = "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)"
            self.connection.execute(sql, (path, stamp, lines, complete))
        if self._pending >= BATCH:
            self.commit()

    def put(self, row: tuple[Any, ...]) -> bool:
        """Insert a row unless its key is taken; of two rows with `listed`, the one with the higher number stays."""
        return self.connection.execute(self._insertions[type(row)], row).rowcount > 0

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def note_problem(self, text: str) -> None:
        """Note what is wrong with the line that is being read."""
        self.connection.execute("INSERT OR IGNORE INTO problem VALUES (?, ?, ?)", (*self.reading, text))

    def problems(self) -> list[Problem]:
        """Return the problems in the order in which they were found."""
        return [Problem(*row) for row in self.connection.execute("SELECT path, line, text FROM problem ORDER BY rowid")]

    def close(self) -> None:
        """Close the file, so that others can open it; what is not committed is lost."""
        self.connection.close()

    def remove(self) -> None:
        """Delete the file, whose rows are merged or of no use."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _insertion(table: Table) -> str:
    sql = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.types))}) ON CONFLICT DO "
    if "listed" not in table.types:
        return sql + "NOTHING"
    changes = ", ".join(f"{name} = excluded.{name}" for name in table.types)
    return f"{sql}UPDATE SET {changes} WHERE excluded.listed > {table.name}.listed"
