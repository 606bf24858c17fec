"""The whole state on PostgreSQL: emptied, and filled by another database or from a schema.

A state of few rows is deleted: 2 ms, and readers go on in the old one. TRUNCATE takes 100 ms (300 on a disk that is
waited for), but as long for a million rows; it is not part of what a reader's transaction sees, so it waits for those
that are open: each holds `generation`.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier

from ..copying import Advance, NotEmpty, tables_of
from ..models import TABLES
from ..statement import AnyConnection, Value, columns_of

if TYPE_CHECKING:
    from ..database import Database

WRITERS = 7_401_501  # the advisory lock of those who write
SMALL = 8 * 2**20  # bytes of rows that are deleted
SECONDS_FOR_READERS = 60
NAMES = [table._meta.table_name for table in TABLES]
KEYED = [table._meta.table_name for table in TABLES if "id" in table._meta.fields]
COLUMNS = {table._meta.table_name: SQL(columns_of(table, table._meta.sorted_field_names)) for table in TABLES}

LOCK_OUT_WRITERS = f"SELECT pg_advisory_xact_lock({WRITERS})"
SIZE = "SELECT sum(pg_relation_size(quote_ident(name)::regclass))::bigint FROM unnest(%s::text[]) AS name"
LOCK_OUT_READERS = "SET LOCAL lock_timeout = '1s'; LOCK TABLE generation IN ACCESS EXCLUSIVE MODE"
SEQUENCE = "pg_get_serial_sequence(quote_ident({name}), 'id')"
NEXT_KEY = SQL(f"SELECT setval({SEQUENCE}, coalesce(max(id), 0) + 1, false) FROM {{table}}")
LATER_KEY = SQL(f"SELECT setval({SEQUENCE}, greatest(max(id), nextval({SEQUENCE}))) FROM {{table}} HAVING max(id) > 0")


def copy_from(connection: AnyConnection, source: "Database", overwrite: bool, advance: Advance) -> None:
    """Take over the rows of another database, in the transaction that is open."""
    connection.execute(LOCK_OUT_WRITERS)
    if not overwrite and connection.execute("SELECT 1 FROM organisation LIMIT 1").fetchone():
        raise NotEmpty
    revision = connection.execute("SELECT revision FROM timeline").fetchone()
    large = _clear(connection)
    for copied, rows in tables_of(source, advance):
        copy_rows(connection, Identifier(copied.table._meta.table_name), copied.columns, rows)
    _number(connection, NEXT_KEY)
    connection.execute("UPDATE timeline SET revision = greatest(revision, %s) + 1", revision)
    _settle(connection, large)


def load(connection: AnyConnection, schema: str, names: Iterable[str]) -> None:
    """Take over the rows of these tables of a schema, in the transaction that is open."""
    connection.execute(LOCK_OUT_WRITERS)
    large = _clear(connection)
    for name in names:
        connection.execute(
            SQL("INSERT INTO {} ({columns}) SELECT {columns} FROM {}").format(
                Identifier(name), Identifier(schema, name), columns=COLUMNS[name]
            )
        )
    _settle(connection, large)


def copy_rows(connection: AnyConnection, table: Any, columns: str, rows: Iterator[list[Value]]) -> None:
    """Stream rows into a table; where there are none it is left alone, which saves a round trip."""
    first = next(rows, None)
    if first is None:
        return
    with connection.cursor().copy(SQL("COPY {} (" + columns + ") FROM STDIN").format(table)) as copy:
        copy.write_row(first)
        for row in rows:
            copy.write_row(row)


def renumber(connection: AnyConnection, schema: str) -> None:
    """Let no new row get a key that one in this schema has: they may come back together."""
    _number(connection, LATER_KEY, schema)


def _number(connection: AnyConnection, text: SQL, *schema: str) -> None:
    connection.execute(SQL("; ").join(text.format(name=name, table=Identifier(*schema, name)) for name in KEYED))


def _clear(connection: AnyConnection) -> bool:
    """Delete all rows; return whether there were many."""
    tables = [Identifier(name) for name in NAMES]
    large: bool = connection.execute(SIZE, [NAMES]).fetchone()[0] > SMALL
    if large:
        _lock_out_readers(connection)
        connection.execute(SQL("TRUNCATE {}").format(SQL(", ").join(tables)))
    else:
        connection.execute(SQL("; ").join(SQL("DELETE FROM {}").format(table) for table in reversed(tables)))
    return large


def _lock_out_readers(connection: AnyConnection) -> None:
    """Wait until no transaction reads; those that begin meanwhile wait a second at most before they are let in."""
    until = time.monotonic() + SECONDS_FOR_READERS
    while True:
        try:
            with connection.transaction():
                connection.execute(LOCK_OUT_READERS)
            connection.execute("SET LOCAL lock_timeout = 0")
            return
        except LockNotAvailable:
            if time.monotonic() > until:
                raise


def _settle(connection: AnyConnection, large: bool) -> None:
    connection.execute("UPDATE generation SET number = number + 1")
    if large:
        connection.execute(SQL("ANALYZE {}").format(SQL(", ").join(map(Identifier, NAMES))))
