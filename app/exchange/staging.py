"""Where an import gathers what it reads, before any of it reaches the database.

It is an SQLite file of its own. Reading the tree takes long and may be interrupted: whatever was committed here stays,
with a note of how far each file was read, and the next import goes on from there. References are still texts; the
merge resolves them, in one transaction.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORMAT = "1"
BATCH = 500  # records in a transaction

SCHEMA = """
CREATE TABLE origin (text TEXT PRIMARY KEY);
CREATE TABLE source (path TEXT PRIMARY KEY, stamp TEXT, lines INTEGER, complete INTEGER);
CREATE TABLE problem (path TEXT, line INTEGER, text TEXT);

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
    datapoint_uid TEXT, parent_uid TEXT, trace_parent_uid TEXT);
CREATE TABLE log_order (uid TEXT PRIMARY KEY, place INTEGER);
CREATE TABLE evaluation (uid TEXT PRIMARY KEY, file_uid TEXT, name TEXT, created_at TEXT, updated_at TEXT,
    created_by TEXT, place INTEGER);
CREATE TABLE evaluator (evaluation_uid TEXT, place INTEGER, version_uid TEXT, orchestrated INTEGER, added_at TEXT,
    PRIMARY KEY (evaluation_uid, version_uid));
CREATE TABLE run (uid TEXT PRIMARY KEY, file_uid TEXT, dataset_version_uid TEXT, version_uid TEXT, orchestrated INTEGER,
    created_at TEXT, created_by TEXT, decided TEXT, exact INTEGER);
CREATE TABLE evaluation_run (evaluation_uid TEXT, run_uid TEXT, added_at TEXT, control INTEGER, status TEXT,
    place INTEGER, PRIMARY KEY (evaluation_uid, run_uid));
CREATE TABLE run_log (id INTEGER PRIMARY KEY, run_uid TEXT, log_uid TEXT, datapoint_uid TEXT, UNIQUE (run_uid, log_uid));
"""

TABLES = tuple(line.split()[2] for line in SCHEMA.splitlines() if line.startswith("CREATE"))


class Busy(Exception):
    """Another import works on the same database."""


class Staging:
    """The staging file of one tree and one organisation; `step` is called after each of its transactions."""

    def __init__(self, path: Path, origin: str, step: Callable[[], None]) -> None:
        """Go on with the file at `path`, or begin it anew when it is of another tree, organisation or format."""
        self.path = path
        self.step = step
        self.pending = 0
        self.connection = self._open()
        if self._origin() not in (None, f"{FORMAT} {origin}"):
            self.restart()
        if self._origin() is None:
            for statement in SCHEMA.split(";"):
                self.connection.execute(statement)
            self.connection.execute("INSERT INTO origin VALUES (?)", (f"{FORMAT} {origin}",))
            self.commit()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            connection.close()
            raise Busy(f"Another import is at work: {self.path} is in use ({error}).") from None
        return connection

    def _origin(self) -> str | None:
        found = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'origin'").fetchone()
        return self.connection.execute("SELECT text FROM origin").fetchone()[0] if found else None

    def restart(self) -> None:
        """Forget everything: what was read is no longer what stands in the tree."""
        self.connection.execute("ROLLBACK")
        self.close()
        self.remove()
        self.connection = self._open()

    def commit(self) -> None:
        """Make what was put so far outlast a crash."""
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN IMMEDIATE")
        self.pending = 0
        self.step()

    def record_read(self) -> None:
        """Count a record, and commit when there are enough for a transaction."""
        self.pending += 1
        if self.pending >= BATCH:
            self.commit()

    def put(self, table: str, **row: Any) -> None:
        """Insert a row unless there is one with its key; one of a listed thing replaces one that was only mentioned."""
        names, places = ", ".join(row), ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT DO "
        if "listed" in row:
            changes = ", ".join(f"{name} = excluded.{name}" for name in row)
            sql += f"UPDATE SET {changes} WHERE excluded.listed > {table}.listed"
        else:
            sql += "NOTHING"
        self.connection.execute(sql, tuple(row.values()))

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def complain(self, path: str, line: int, text: str) -> None:
        """Note what cannot be used, and where it stands."""
        self.connection.execute("INSERT INTO problem VALUES (?, ?, ?)", (path, line, text))

    def lines_read(self, path: str) -> int:
        """Return how many lines of a file were read already."""
        return self.value("SELECT lines FROM source WHERE path = ?", path) or 0

    def note(self, path: str, stamp: str, lines: int, *, complete: bool) -> None:
        """Note how far a file was read, in the transaction of what was read from it."""
        sql = "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)"
        self.connection.execute(sql, (path, stamp, lines, complete))

    def close(self) -> None:
        """Close the file, and let others open it."""
        self.connection.close()

    def remove(self) -> None:
        """Delete the file, once its contents are merged or useless."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
