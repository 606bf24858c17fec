"""Where an import gathers what it reads, before any of it reaches the database.

It is an SQLite file of its own. Reading the tree takes long and may be interrupted: whatever was committed here stays,
with a note of how far each file was read, and the next import goes on from there. References are still texts; the
merge resolves them, in one transaction.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

FORMAT = "3"
BATCH = 500  # records in a transaction

SCHEMA = """
CREATE TABLE origin (text TEXT PRIMARY KEY);
CREATE TABLE source (path TEXT PRIMARY KEY, stamp TEXT, lines INTEGER, complete INTEGER) WITHOUT ROWID;
CREATE TABLE problem (path TEXT, line INTEGER, text TEXT, UNIQUE (path, line, text));

CREATE TABLE account (uid TEXT PRIMARY KEY, email_address TEXT, full_name TEXT);
CREATE TABLE environment (uid TEXT PRIMARY KEY, name TEXT, tag TEXT, created_at TEXT, listed INTEGER, place INTEGER);
CREATE TABLE directory (path TEXT PRIMARY KEY, uid TEXT, description TEXT, readme TEXT, tags TEXT, created_at TEXT,
    updated_at TEXT, listed INTEGER);
CREATE TABLE file (uid TEXT PRIMARY KEY, kind TEXT, directory TEXT, directory_uid TEXT, name TEXT, path TEXT,
    description TEXT, readme TEXT, tags TEXT, updated_at TEXT, last_used_at TEXT, deleted_at TEXT, listed INTEGER);
CREATE TABLE file_order (uid TEXT PRIMARY KEY, place INTEGER);
CREATE TABLE version (uid TEXT PRIMARY KEY, file_uid TEXT, derived_uid TEXT, name TEXT, description TEXT, content TEXT,
    document TEXT, created_at TEXT, updated_at TEXT, created_by TEXT, deleted_at TEXT, datapoints_count INTEGER,
    listed INTEGER, place INTEGER);
CREATE TABLE deployment (file_uid TEXT, environment_uid TEXT, version_uid TEXT, listed INTEGER,
    PRIMARY KEY (file_uid, environment_uid));
CREATE TABLE monitor (file_uid TEXT, place INTEGER, evaluator_version_uid TEXT, evaluator_uid TEXT,
    environment_uid TEXT, state TEXT, created_at TEXT, updated_at TEXT, listed INTEGER, PRIMARY KEY (file_uid, place));
CREATE TABLE variable (file_uid TEXT, place INTEGER, name TEXT, value TEXT, PRIMARY KEY (file_uid, name));
CREATE TABLE datapoint (uid TEXT PRIMARY KEY, derived_uid TEXT, document TEXT);
CREATE TABLE member (version_uid TEXT, position INTEGER, datapoint_uid TEXT, PRIMARY KEY (version_uid, datapoint_uid));
CREATE TABLE log (id INTEGER PRIMARY KEY, uid TEXT UNIQUE, version_uid TEXT, created_at TEXT,
    start_time TEXT, end_time TEXT, status TEXT, inputs TEXT, output TEXT, error TEXT, metadata TEXT, document TEXT,
    datapoint_uid TEXT, parent_uid TEXT, trace_parent_uid TEXT, rank INTEGER);
CREATE TABLE sequence (older TEXT, newer TEXT, PRIMARY KEY (newer, older)) WITHOUT ROWID;
CREATE TABLE list (name TEXT PRIMARY KEY, log TEXT, time TEXT);
CREATE TABLE log_order (uid TEXT PRIMARY KEY, place INTEGER);
CREATE TABLE evaluation (uid TEXT PRIMARY KEY, file_uid TEXT, name TEXT, created_at TEXT, updated_at TEXT,
    created_by TEXT, place INTEGER, dataset_version_uid TEXT);
CREATE TABLE evaluator (evaluation_uid TEXT, place INTEGER, version_uid TEXT, orchestrated INTEGER, added_at TEXT,
    PRIMARY KEY (evaluation_uid, version_uid));
CREATE TABLE run (uid TEXT PRIMARY KEY, file_uid TEXT, dataset_version_uid TEXT, version_uid TEXT, orchestrated INTEGER,
    created_at TEXT, created_by TEXT, decided TEXT);
CREATE TABLE evaluation_run (evaluation_uid TEXT, run_uid TEXT, added_at TEXT, control INTEGER, status TEXT,
    place INTEGER, PRIMARY KEY (evaluation_uid, run_uid));
CREATE TABLE run_batch (run_uid TEXT PRIMARY KEY, batch TEXT);
CREATE TABLE run_stats (run_uid TEXT, evaluator_version_uid TEXT, logs INTEGER, document TEXT,
    PRIMARY KEY (run_uid, evaluator_version_uid));
CREATE TABLE run_log (id INTEGER PRIMARY KEY, run_uid TEXT, log_uid TEXT, datapoint_uid TEXT,
    UNIQUE (run_uid, log_uid));
"""


class Busy(Exception):
    """The staging file cannot be used: another import has it."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other imports from a staging file until what is in it is merged; while another one does: Busy.

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


class Staging:
    """The staging file of one tree and one organisation; `step` is called after each of its transactions."""

    def __init__(self, path: Path, origin: str, step: Callable[[], None]) -> None:
        """Open the file at `path`, or make it; while another import has it open: Busy."""
        self.path = path
        self.origin = f"{FORMAT} {origin}"
        self.step = step
        self.reading = ("", 0)  # the file and line that are being read
        self._pending = 0
        self.connection = self._open()

    def begin(self) -> None:
        """Go on with what is in the file, unless it is of another tree, organisation or format."""
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
        for statement in SCHEMA.split(";"):
            self.connection.execute(statement)
        self.connection.execute("INSERT INTO origin VALUES (?)", (self.origin,))
        self.commit()

    def restart(self) -> None:
        """Forget everything: what was read is not what stands in the tree."""
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
        """Note how far a file was read; commit once there are enough records for a transaction."""
        self._pending += 1
        if complete or self._pending >= BATCH:
            sql = "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)"
            self.connection.execute(sql, (path, stamp, lines, complete))
        if self._pending >= BATCH:
            self.commit()

    def put(self, table: str, **row: Any) -> bool:
        """Insert a row unless there is one with its key; that of a listed thing replaces one only mentioned."""
        return self.connection.execute(_insert(table, tuple(row)), tuple(row.values())).rowcount > 0

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def complain(self, text: str) -> None:
        """Note what is wrong with the line that is being read."""
        self.connection.execute("INSERT OR IGNORE INTO problem VALUES (?, ?, ?)", (*self.reading, text))

    def close(self) -> None:
        """Close the file, and let others open it; what is not committed is lost."""
        self.connection.close()

    def remove(self) -> None:
        """Delete the file, once its contents are merged or useless."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


@cache
def _insert(table: str, names: tuple[str, ...]) -> str:
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT DO "
    if "listed" not in names:
        return sql + "NOTHING"
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    return f"{sql}UPDATE SET {changes} WHERE excluded.listed > {table}.listed"
