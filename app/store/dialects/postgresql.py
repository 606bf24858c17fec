"""PostgreSQL, by psycopg: texts sort as bytes do, keys have 64 bits, one transaction writes at a time.

Parameters are written into the statement by psycopg, as literals whose type PostgreSQL finds out: a place may stand
where nothing tells of what type it is, as on SQLite.

Writers wait for a lock that each holds until its end. So none of them ever meets another, there is no deadlock and no
failure of serialisation, and a write sees nothing change, as on SQLite.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from peewee import Model, PostgresqlDatabase
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus

from ...errors import Contended, Interrupted, Unavailable
from ..copying import Advance
from ..staging import Count
from ..statement import columns_of
from . import states
from .base import Dialect, Schema, shown
from .connections import Connection, Connections
from .schemas import SchemaStates
from .texts import TextDumper, TextLoader, functions

if TYPE_CHECKING:
    from huey.api import Huey

    from ..database import Database
    from ..staging import Table
    from ..statement import Compiled

STARTERS, SERVERS = 7_401_502, 7_401_503  # the advisory locks of those who change the schema, and of servers that start
STAGED = {str: 'TEXT COLLATE "C"', int: "BIGINT", bool: "BOOLEAN", Count: "BIGINT"}
READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE generation IN ACCESS SHARE MODE"
WRITING = f"BEGIN; {states.LOCK_OUT_WRITERS}"
WITHOUT_LIMIT = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"

CONTENTION = psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected
OUTSIDE = psycopg.OperationalError, psycopg.InterfaceError
"""Errors that say nothing about the statement: connections, timeouts, memory, disks."""
FATAL = "FATAL", "PANIC"  # errors after which the server closes the connection


class _Peewee(PostgresqlDatabase):
    """Peewee, on connections that are taken from those of the process."""

    _state: Any  # of this thread

    def __init__(self, connections: Connections) -> None:
        super().__init__("postgresql", prefer_psycopg3=True)
        self._connections = connections

    def connect(self, reuse_if_open: bool = False) -> bool:
        """Take a connection. Peewee's own holds a lock meanwhile, for which those wait who give one back."""
        if not self.is_closed():
            return False
        connection = self._connections.take()
        self.server_version = connection.info.server_version
        self._state.reset()
        self._state.set_connection(connection)
        return True

    def close(self) -> bool:
        """Give the connection of this thread back."""
        if self.is_closed():
            return False
        connection = self._state.conn
        self._state.reset()
        self._connections.give(connection)
        return True


class _Schema(Schema, _Peewee):
    field_types = PostgresqlDatabase.field_types | {
        "AUTO": "BIGSERIAL",
        "INT": "BIGINT",
        "TEXT": 'TEXT COLLATE "C"',
        "FLOAT": "DOUBLE PRECISION",
    }


_FUNCTION = "CREATE OR REPLACE FUNCTION {} IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$ {} $$"
ICU = "SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'"
FURNITURE = (
    "CREATE TABLE IF NOT EXISTS generation (number BIGINT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS snapshot (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL COLLATE "C" UNIQUE, created_at TEXT NOT NULL,
        size BIGINT NOT NULL, migration TEXT NOT NULL
    )
    """,
    "INSERT INTO generation SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM generation)",
    _FUNCTION.format(
        "field_names(document json) RETURNS SETOF text",
        "SELECT json_object_keys(CASE WHEN json_typeof(document) = 'object' THEN document END)",
    ),
    *(
        _FUNCTION.format(
            f"members(list {kind}[]) RETURNS TABLE (value {kind}, key bigint)",
            "SELECT v, place - 1 FROM unnest(list) WITH ORDINALITY AS listed (v, place)",
        )
        for kind in ("bigint", "text")
    ),
)
"""What stands in the database beside the tables of the models: each start sees to it."""


def _furnish(connection: Connection) -> None:
    connection.adapters.register_dumper(str, TextDumper)
    connection.adapters.register_loader("text", TextLoader)
    connection.adapters.register_loader("varchar", TextLoader)
    connection.adapters.register_loader("numeric", _NumberLoader)


class _NumberLoader(Loader):
    """Sums of integers are integers here too."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def _list(kind: str, place: str) -> str:
    return f"members({place}::{kind}[])"


def _at(document: str, path: str = "") -> str:
    return f"as_json({document})" + (f" #> '{{{path.replace('.', ',')}}}'" if path else "")


def _is_object(document: str, field: str = "") -> str:
    return f"json_typeof({_at(document, field)}) = 'object'"


def _names(document: str, field: str = "") -> str:
    return f'LATERAL (SELECT name COLLATE "C" AS key FROM field_names({_at(document, field)}) AS name)'


class Postgresql(Dialect):
    """A database of PostgreSQL."""

    name = "postgresql"
    is_near = False
    words = {
        "integers": lambda place: _list("bigint", place),
        "texts": lambda place: _list("text", place),
        "items": lambda place: _list("text", place),
        "names": _names,
        "is_object": _is_object,
        "text_at": lambda document, path: f"(as_json({document}) #>> '{{{path.replace('.', ',')}}}')",
        "integer_at": lambda document, place: f"(({document})::json ->> {place})::bigint",
        "list_of": lambda column: f"coalesce(sent_json(json_agg({column})::text), '[]')",
        "position_of": lambda text, part: f"strpos({text}, {part})",
        "contains_text": lambda text, part: f"(strpos(casefolded({text}), {part}) > 0)",
        "least_of": lambda one, other: f"least({one}, {other})",
        "new_etag": lambda _: "floor(random() * 4611686018427387904)::bigint",
    }

    patience = 15.0  # longer than the lock of writers is waited for

    def __init__(self, url: str, limit: int) -> None:
        """Take a URL, and how many connections there may be at a time. ValueError: it is no URL of PostgreSQL."""
        self.path = shown(url)
        self.connections = Connections(url, limit, _furnish)
        self.peewee = _Schema(self.connections)
        self.context = self.peewee.get_context_options() | {"param": "?"}
        self._numbers = count()

    @classmethod
    def exists(cls, target: str) -> bool:
        with closing(cls(target, 1)) as dialect:
            dialect.prove()
            found: bool = dialect.connection.execute("SELECT to_regclass('schema_migration') IS NOT NULL").fetchone()[0]
            return found

    def spell(self, text: str) -> str:
        return super().spell(text).replace("CROSS JOIN", "JOIN").replace("%", "%%").replace("?", "%s")

    def listed(self, values: list[Any]) -> Any:
        if values and type(values[0]) is list:
            import orjson

            return [orjson.dumps(value).decode() for value in values]
        return values

    @property
    def connection(self) -> Any:
        connection = self.peewee.connection()
        if connection.closed:
            self.peewee.close()
            connection = self.peewee.connection()
        return connection

    def begin_reading(self) -> Connection:
        return self._begin(READING)

    def begin_writing(self) -> Connection:
        return self._begin(WRITING)

    def _begin(self, statement: str) -> Connection:
        """Begin on a connection that was used before; if the server has closed it since, on a new one."""
        for stale in (True, False):
            connection = self.connections.take()
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                interruption = self.interruption(error, connection)
                stale = stale and connection.closed
                self.connections.give(connection)
                if not stale:
                    raise interruption or error from error
                self.connections.clear()
            else:
                break
        return connection

    def commit(self, connection: Connection) -> None:
        """Commit. A transaction in which a statement has failed must not look as if it were stored."""
        if connection.execute("COMMIT").statusmessage != "COMMIT":
            raise psycopg.errors.InFailedSqlTransaction("A statement of the transaction has failed.")

    def end(self, connection: Connection) -> None:
        self.connections.give(connection)

    def interruption(self, error: BaseException, connection: Connection) -> Interrupted | None:
        if not isinstance(error, psycopg.Error):
            return None
        if connection.broken or error.diag.severity_nonlocalized in FATAL:
            connection.close()
            return Unavailable()
        if isinstance(error, CONTENTION):
            return Contended()
        return Unavailable() if isinstance(error, OUTSIDE) else None

    def prove(self) -> None:
        self.connections.prove()

    def check(self, seconds: float) -> None:
        self.connections.check(seconds)

    def state(self, connection: Any) -> int:
        number: int = connection.execute("SELECT number FROM generation").fetchone()[0]
        return number

    def size(self, connection: Any) -> int:
        size: int = connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]
        return size

    def identity(self) -> object:
        query = "SELECT pg_postmaster_start_time(), inet_server_port(), current_database(), current_schema()"
        return self.connection.execute(query).fetchone()

    def insert(self, connection: Any, model: type[Model], compiled: "Compiled[Any]", parameters: Sequence[Any]) -> int:
        if "id" not in model._meta.fields:
            connection.execute(compiled.sql, parameters)
            return 0
        key: int = connection.execute(compiled.sql + " RETURNING id", parameters).fetchone()[0]
        return key

    def insert_many(
        self, connection: Any, model: type[Model], names: tuple[str, ...], rows: Iterable[Sequence[Any]]
    ) -> None:
        table, columns = model._meta.table_name, columns_of(model, names)
        with connection.cursor().copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def analyze(self, connection: Any, model: type[Model]) -> None:
        connection.execute(f'ANALYZE "{model._meta.table_name}"')

    @contextmanager
    def starting(self) -> Iterator[None]:
        with self.connections.own() as connection:
            connection.execute(f"SELECT pg_advisory_lock({SERVERS})")
            yield

    @contextmanager
    def migrating(self) -> Iterator[None]:
        try:
            with self.peewee.atomic():
                self.peewee.execute_sql(f"{WITHOUT_LIMIT}; SELECT pg_advisory_xact_lock({STARTERS})")
                for statement in FURNITURE:
                    self.peewee.execute_sql(statement)
                icu = self.peewee.execute_sql(ICU).fetchone() is not None
                for signature, body in functions(icu=icu).items():
                    self.peewee.execute_sql(_FUNCTION.format(signature, body))
                yield
        finally:
            self.peewee.close()

    def each(self, connection: Any, sql: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Take the rows a thousand at a time; outside of a transaction there are few, and all are taken at once."""
        if connection.info.transaction_status == TransactionStatus.IDLE:
            yield from connection.execute(sql, parameters)
            return
        name = f"each_{next(self._numbers)}"
        connection.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", parameters)
        try:
            while rows := connection.execute(f"FETCH 1000 FROM {name}").fetchall():
                yield from rows
        finally:
            if connection.info.transaction_status == TransactionStatus.INTRANS:
                connection.execute(f"CLOSE {name}")

    def copy_from(self, source: "Database", overwrite: bool, advance: Advance) -> None:
        with self.transaction("BEGIN") as connection:
            states.copy_from(connection, source, overwrite, advance)

    def saved_states(self) -> SchemaStates:
        return SchemaStates(self)

    @contextmanager
    def transaction(self, begin: str) -> Iterator[Any]:
        """Do all or nothing on a connection, which is yielded, however long it takes."""
        connection = self._begin(f"{begin}; {WITHOUT_LIMIT}")
        try:
            yield connection
            self.commit(connection)
        except BaseException as error:
            interruption = self.interruption(error, connection)
            if interruption is not None:
                raise interruption from error
            raise
        finally:
            self.end(connection)

    @contextmanager
    def merging(
        self, db: "Database", transaction: AbstractContextManager[None], path: Path, tables: "list[Table]"
    ) -> Iterator[None]:
        """Copy the staged rows into temporary tables, which are dropped at the end of the transaction."""
        with transaction:
            db.connection.execute(WITHOUT_LIMIT)
            for table in tables:
                db.connection.execute(f"CREATE TEMPORARY TABLE {table.name} ({table.columns(STAGED)}) ON COMMIT DROP")
                with db.connection.cursor().copy(f"COPY {table.name} FROM STDIN") as copy:
                    for row in table.read(path):
                        copy.write_row(row)
                db.connection.execute(f"CREATE UNIQUE INDEX ON {table.name} ({table.key}); ANALYZE {table.name}")
            yield

    def make_queue(self, name: str, seconds: int) -> "Huey":
        from huey.api import Huey  # 50 ms, with what stores its jobs

        from .queue_tables import QueueTables  # the same

        database = _Peewee(self.connections)
        return Huey(name, storage_class=QueueTables, database=database, create_tables=False, results=False)

    def make_queue_tables(self) -> None:
        """Make huey's own tables: one process does it, however many start together."""
        queue = self.make_queue("tables", 0).storage
        with queue.database.connection_context(), queue.database.atomic():
            queue.database.execute_sql(f"SELECT pg_advisory_xact_lock({STARTERS})")
            queue.create_tables()

    def close(self) -> None:
        self.peewee.close()
        self.connections.close()
