"""Staging: where rows are gathered before any of them reaches the database.

It is a file of SQLite, whatever the database is. To gather them takes long and may be interrupted: what was committed
here stays, with a note of how far each source was read, and the next attempt goes on from there. Then all are merged in
one transaction, in which the database has the staged tables too (`Database.merging`). A table is a NamedTuple: of
`RunLog` it is `staged_run_log`, with a column for each field; what there is of one key is staged once.
"""

import fcntl
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple

BATCH = 500  # records in a transaction

NOTES = """
CREATE TABLE origin (text TEXT PRIMARY KEY);
CREATE TABLE source (path TEXT PRIMARY KEY, stamp TEXT, lines INTEGER, complete INTEGER) WITHOUT ROWID;
CREATE TABLE problem (path TEXT, line INTEGER, text TEXT, UNIQUE (path, line, text))
"""


class Count(int):
    """The type of a column that counts rows as they are staged: they are put with None there."""


TYPES = {str: "TEXT", int: "INTEGER", bool: "BOOLEAN", Count: "INTEGER PRIMARY KEY"}

Rows = Mapping[type[tuple[Any, ...]], tuple[str, ...]]
"""The NamedTuples of some tables, each with its key."""


class Problem(NamedTuple):
    """What is wrong with a line of a source; the line is 0 where it is wrong as a whole."""

    path: str
    line: int
    text: str


class Busy(Exception):
    """The staging file cannot be used: another import has it."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep others from a staging file until what is in it is merged; while another one does: Busy.

    The lock is a file of its own: SQLite's ends when the merge opens the file, and a process that is killed loses both.
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
        """Write down the columns with these types."""
        return ", ".join(f"{name} {types[type_]}" for name, type_ in self.types.items())

    def read(self, path: Path) -> Iterator[list[Any]]:
        """Yield the rows that are in a staging file, booleans as such."""
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
        """Open the file at `path`, or make it; while another process has it open: Busy."""
        self.path = path
        self.origin = origin
        self.step = step
        self.reading = ("", 0)  # the path and line that are being read
        self._tables = {row: Table(row, key) for row, key in rows.items()}
        self._insertions = {row: _insertion(table) for row, table in self._tables.items()}
        self._pending = 0
        self.connection = self._open()

    def begin(self) -> None:
        """Go on with what is in the file, unless it is of another origin."""
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
        """Forget everything: what was read is not what stands in the source."""
        self.close()
        self.remove()
        self.connection = self._open()
        self._create()

    def commit(self) -> None:
        """Make what was put so far outlast a crash."""
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN IMMEDIATE")
        self._pending = 0
        self.step()

    def note(self, path: str, stamp: str, lines: int, *, complete: bool) -> None:
        """Note how far a source was read; commit once there are enough records for a transaction."""
        self._pending += 1
        if complete or self._pending >= BATCH:
            sql = "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)"
            self.connection.execute(sql, (path, stamp, lines, complete))
        if self._pending >= BATCH:
            self.commit()

    def put(self, row: tuple[Any, ...]) -> bool:
        """Insert a row unless there is one with its key; of two with `listed`, that with the higher number stays."""
        return self.connection.execute(self._insertions[type(row)], row).rowcount > 0

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def complain(self, text: str) -> None:
        """Note what is wrong with the line that is being read."""
        self.connection.execute("INSERT OR IGNORE INTO problem VALUES (?, ?, ?)", (*self.reading, text))

    def problems(self) -> list[Problem]:
        """Return what was found wrong, in the order in which it was."""
        return [Problem(*row) for row in self.connection.execute("SELECT path, line, text FROM problem ORDER BY rowid")]

    def close(self) -> None:
        """Close the file, and let others open it; what is not committed is lost."""
        self.connection.close()

    def remove(self) -> None:
        """Delete the file, once its contents are merged or useless."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _insertion(table: Table) -> str:
    sql = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.types))}) ON CONFLICT DO "
    if "listed" not in table.types:
        return sql + "NOTHING"
    changes = ", ".join(f"{name} = excluded.{name}" for name in table.types)
    return f"{sql}UPDATE SET {changes} WHERE excluded.listed > {table.name}.listed"
