"""SQLite: a file, or a database in memory that all threads of the process share."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from peewee import Model, SqliteDatabase

from ...waiting import Elsewhere, hurried, is_late
from ..copying import Advance, NotEmpty, tables_of
from ..models import TABLES
from ..statement import insertion
from .base import Dialect, Schema

if TYPE_CHECKING:
    from huey.api import Huey

    from ..database import Database
    from ..staging import Table
    from ..statement import Compiled

MEMORY = ":memory:"
STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's machine, at whether a statement takes long: up to 1 ms
IMPATIENCE = {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY}
PRAGMAS = {"journal_mode": "wal", "synchronous": "normal", "foreign_keys": 1, "busy_timeout": 10_000}


def _json_each(document: str, field: str | None = None) -> str:
    return f"json_each({document})" if field is None else f"json_each({document}, '$.{field}')"


def _is_object(document: str, field: str | None = None) -> str:
    path = "" if field is None else f", '$.{field}'"
    return f"json_type({document}{path}) = 'object'"


def _contains_text(text: str | None, needle: str) -> bool:
    """Search as `contains_text` does: SQLite's own LIKE ignores case in ASCII alone.

    A long text is one step of SQLite's machine, so whether a statement takes long is looked at here too.
    """
    if is_late():
        raise TimeoutError
    return text is not None and needle in text.casefold()


class _Schema(Schema, SqliteDatabase):
    clustered = " WITHOUT ROWID"

    def _initialize_connection(self, conn: sqlite3.Connection) -> None:
        """Stop a statement that takes long in a thread that must not wait, and what waits for another process."""
        conn.set_progress_handler(is_late, STEPS_BETWEEN_LOOKS)
        if hurried():
            conn.execute("PRAGMA busy_timeout = 0")


class Sqlite(Dialect):
    """SQLite, where lists are JSON texts that its own functions take apart."""

    name = "sqlite"
    context = SqliteDatabase(None).get_context_options()
    words = {
        "integers": _json_each,
        "texts": _json_each,
        "items": _json_each,
        "names": _json_each,
        "is_object": _is_object,
        "text_at": lambda document, path: f"json_extract({document}, '$.{path}')",
        "integer_at": lambda document, place: f"json_extract({document}, '$[{place}]')",
        "list_of": lambda column: f"json_group_array({column})",
        "position_of": lambda text, part: f"instr({text}, {part})",
        "least_of": lambda one, other: f"min({one}, {other})",
        "new_etag": lambda _: "(random() & 4611686018427387903)",
    }

    @classmethod
    def exists(cls, target: str) -> bool:
        return Path(target).is_file()

    def listed(self, values: list[Any]) -> str:
        return orjson.dumps(values).decode()

    def __init__(self, path: str, connections: int = 0) -> None:
        """Open a path or `:memory:`; the directory is made when it is missing."""
        self.path = path
        self.in_memory = path == MEMORY
        self.in_file = not self.in_memory
        if self.in_file:
            Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
        self.peewee = _Schema(
            path,
            pragmas=PRAGMAS,
            thread_safe=self.in_file,
            check_same_thread=self.in_file,
            cached_statements=512,
        )
        self.peewee.register_function(_contains_text, "contains_text", 2, deterministic=True)

    @property
    def connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = self.peewee.connection()
        return connection

    def begin_reading(self) -> sqlite3.Connection:
        connection = self.connection
        connection.execute("BEGIN")
        return connection

    def begin_writing(self) -> sqlite3.Connection:
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise self.interruption(error, connection) or error from None
        return connection

    def commit(self, connection: sqlite3.Connection) -> None:
        connection.execute("COMMIT")

    def end(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")

    def interruption(self, error: BaseException, connection: sqlite3.Connection) -> BaseException | None:
        """Return Elsewhere for what took long, or would have waited for another process, in a thread that must not."""
        if not hurried() or not isinstance(error, sqlite3.OperationalError):
            return None
        return Elsewhere() if is_late() or error.sqlite_errorcode & 0xFF in IMPATIENCE else None

    def prove(self) -> None:
        """Find out that the file can be written.

        The write-ahead log is switched on here too: of two processes that do it to a new file at once, one fails.
        """
        if self.in_memory:
            return
        try:
            with closing(sqlite3.connect(self.path)) as connection:
                connection.execute("PRAGMA journal_mode = wal")
                connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise ValueError(str(error)) from None

    def settle(self) -> None:
        """Write the journal back into the file, as the last connection to be closed does: one file can be copied."""
        file = Path(self.path).absolute()
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA wal_checkpoint")

    def check(self, seconds: float) -> None:
        self.connection.execute("SELECT 1").fetchone()

    def state(self, connection: sqlite3.Connection) -> int:
        number: int = connection.execute("PRAGMA schema_version").fetchone()[0]
        return number

    def size(self, connection: sqlite3.Connection) -> int:
        pages, bytes_each = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * bytes_each)

    def identity(self) -> object:
        if self.in_memory:
            return id(self)
        status = Path(self.path).stat()
        return status.st_dev, status.st_ino

    def insert(
        self, connection: sqlite3.Connection, model: type[Model], compiled: "Compiled[Any]", parameters: Sequence[Any]
    ) -> int:
        return connection.execute(compiled.sql, parameters).lastrowid or 0

    def insert_many(
        self, connection: Any, model: type[Model], names: tuple[str, ...], rows: Iterable[Sequence[Any]]
    ) -> None:
        connection.executemany(insertion(model, names).on(self).sql, rows)

    def each(self, connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        cursor = connection.execute(sql, parameters)
        try:
            yield from cursor
        finally:
            cursor.close()

    @contextmanager
    def migrating(self) -> Iterator[None]:
        with self.peewee.atomic("IMMEDIATE"):
            yield

    def replace(self, source: "Database") -> None:
        if isinstance(source.dialect, Sqlite):
            source.connection.backup(self.connection)
        else:
            super().replace(source)

    def copy_from(self, source: "Database", overwrite: bool, advance: Advance) -> None:
        connection = self.connection
        with self.peewee.atomic("IMMEDIATE"):
            if not overwrite and connection.execute("SELECT 1 FROM organisation").fetchone():
                raise NotEmpty
            revision = connection.execute("SELECT revision FROM timeline").fetchone()[0]
            connection.execute("PRAGMA defer_foreign_keys = 1")  # a Log may refer to a later one
            for table in reversed(TABLES):
                connection.execute(f'DELETE FROM "{table._meta.table_name}"')
            for copied, rows in tables_of(source, advance):
                self.insert_many(connection, copied.table, copied.names, rows)
            connection.execute("UPDATE timeline SET revision = max(revision, ?) + 1", [revision])
            connection.execute(f"PRAGMA schema_version = {self.state(connection) + 1}")

    @contextmanager
    def merging(
        self, db: "Database", transaction: AbstractContextManager[None], path: Path, tables: "list[Table]"
    ) -> Iterator[None]:
        self.connection.execute("ATTACH DATABASE ? AS staging", [str(path)])
        try:
            with transaction:
                yield
        finally:
            self.connection.execute("DETACH DATABASE staging")

    def make_queue(self, name: str, seconds: int) -> "Huey":
        from huey.api import MemoryHuey, SqliteHuey

        if self.in_memory:
            return MemoryHuey(name, results=False)
        return SqliteHuey(name, filename=self.path, results=False, timeout=seconds)

    def make_queue_tables(self) -> None:
        """Make huey's own tables: at once, for what changes the schema later looks as if everything was replaced."""
        if self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'task'").fetchone() is None:
            from huey.storage import SqliteStorage

            with self.peewee.atomic("IMMEDIATE"):
                for statement in SqliteStorage.ddl:
                    self.connection.execute(statement)

    def close(self) -> None:
        if not self.peewee.is_closed():
            self.peewee.close()
