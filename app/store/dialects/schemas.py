"""States that a PostgreSQL database keeps by name: each is a schema within it; a table says what they are.

So they outlive every process, all servers see them, and no row leaves the database to be saved or loaded. A schema has
the tables that hold rows, without their indexes. Databases by template would need that nobody is connected.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from peewee import Database as Peewee
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from ..copying import tables_of
from ..statement import AnyConnection
from . import states

if TYPE_CHECKING:
    from ..database import Database
    from .postgresql import Postgresql

SAVING = "LOCK TABLE snapshot IN SHARE ROW EXCLUSIVE MODE"
LOADING = "LOCK TABLE snapshot IN SHARE MODE"
BEGIN = "BEGIN; {}"
BEGIN_SAVING = f"BEGIN ISOLATION LEVEL REPEATABLE READ; {SAVING}; LOCK TABLE generation IN ACCESS SHARE MODE"
LISTED = "SELECT name, created_at, size FROM snapshot ORDER BY name"
FOUND = "SELECT current_schema() || '_snapshot_' || id, migration FROM snapshot WHERE name = %s"
SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relnamespace = %s::regnamespace"
)
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY oid"
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in states.NAMES)


class Saved(NamedTuple):
    """A state that is kept: its schema, and the last migration that the tables in it have seen."""

    schema: str
    migration: str


class Description(NamedTuple):
    """What is told of a state: its name, when it was saved, and its bytes."""

    name: str
    created_at: str
    size: int


class SchemaStates:
    """The states that a database keeps. `migration` is always the last one of the present schema."""

    def __init__(self, dialect: "Postgresql") -> None:
        self._dialect = dialect

    def list(self) -> list[Description]:
        """Return what is kept, by name."""
        with self._dialect.transaction("BEGIN") as connection:
            return [Description(*row) for row in connection.execute(LISTED)]

    def has(self, name: str) -> bool:
        """Tell whether there is such a state."""
        with self._dialect.transaction("BEGIN") as connection:
            return _find(connection, name) is not None

    def save(self, name: str, now: str, migration: str) -> Description:
        """Copy what there is at one moment; others write meanwhile."""
        with self._dialect.transaction(BEGIN_SAVING) as connection:
            schema = _make(connection, name, now, migration)
            for (table,) in connection.execute(FILLED).fetchall():
                text = SQL("CREATE TABLE {} AS TABLE {}").format(Identifier(schema, table), Identifier(table))
                connection.execute(text)
            return _describe(connection, name, schema)

    def put(self, name: str, source: "Database", now: str, migration: str) -> None:
        """Copy another database, unless another process has just done it."""
        with source.reading(), self._dialect.transaction(BEGIN.format(SAVING)) as connection:
            if _find(connection, name):
                return
            schema = _make(connection, name, now, migration)
            for copied, rows in tables_of(source):
                own = copied.table._meta.table_name
                table = Identifier(schema, own)
                connection.execute(SQL("CREATE TABLE {} AS TABLE {} WITH NO DATA").format(table, Identifier(own)))
                states.copy_rows(connection, table, copied.columns, rows)
            states.renumber(connection, schema)

    def load(self, name: str, migration: str) -> bool:
        """Go back to a state; return False where its tables are not those of the present schema. KeyError: no such."""
        with self._dialect.transaction(BEGIN.format(LOADING)) as connection:
            saved = _find(connection, name)
            if saved is None:
                raise KeyError(name)
            if saved.migration == migration:
                states.load(connection, saved.schema, _tables(connection, saved.schema))
            return saved.migration == migration

    def renew(self, name: str, migration: str, migrate: Callable[[Peewee, str], None]) -> None:
        """Bring a state that an older version has saved to the present schema, as a database of that version would be.

        `migrate` applies what is missing up to a migration.
        """
        with self._dialect.migrating():
            _renew(self._dialect.peewee, name, migration, migrate)

    def drop(self, name: str) -> bool:
        """Delete a state; return whether it was there."""
        with self._dialect.transaction(BEGIN.format(SAVING)) as connection:
            return _drop(connection, name)


def _find(connection: AnyConnection, name: str) -> Saved | None:
    row = connection.execute(FOUND, [name]).fetchone()
    return Saved(*row) if row else None


def _make(connection: AnyConnection, name: str, now: str, migration: str) -> str:
    """Make the schema of a state, in place of the one that has its name. Raises PermissionError."""
    _drop(connection, name)
    insertion = "INSERT INTO snapshot (name, created_at, size, migration) VALUES (%s, %s, 0, %s)"
    connection.execute(insertion, [name, now, migration])
    schema: str = connection.execute(FOUND, [name]).fetchone()[0]
    try:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    except InsufficientPrivilege:
        info = connection.info
        grant = f"GRANT CREATE ON DATABASE {info.dbname} TO {info.user}"
        raise PermissionError(f"The user may not make schemas in the database: {grant}.") from None
    return schema


def _drop(connection: AnyConnection, name: str) -> bool:
    saved = _find(connection, name)
    if saved is None:
        return False
    connection.execute(
        SQL("SET LOCAL client_min_messages = warning; DROP SCHEMA {} CASCADE").format(Identifier(saved.schema))
    )
    connection.execute("DELETE FROM snapshot WHERE name = %s", [name])
    return True


def _describe(connection: AnyConnection, name: str, schema: str) -> Description:
    size = connection.execute(SIZE, [schema]).fetchone()[0]
    change = "UPDATE snapshot SET size = %s WHERE name = %s RETURNING name, created_at, size"
    return Description(*connection.execute(change, [size, name]).fetchone())


def _tables(connection: AnyConnection, schema: str) -> list[str]:
    found = {name for (name,) in connection.execute(TABLES, [schema])}
    return [name for name in states.NAMES if name in found]


def _renew(peewee: Peewee, name: str, migration: str, migrate: Callable[[Peewee, str], None]) -> None:
    connection = peewee.connection()
    connection.execute(SAVING)
    saved = _find(connection, name)
    if saved is None or saved.migration == migration:
        return
    home, made = connection.execute("SELECT current_schema()").fetchone()[0], saved.schema + "_new"
    path = SQL("CREATE SCHEMA {made}; SET LOCAL search_path TO {made}, {home}")
    connection.execute(path.format(made=Identifier(made), home=Identifier(home)))
    migrate(peewee, saved.migration)
    old = {table for (table,) in connection.execute(TABLES, [saved.schema])}
    for (table,) in connection.execute(TABLES, [made]).fetchall():
        if table in old:
            own = Identifier(saved.schema, table)
            columns = connection.execute(COLUMNS, [own.as_string(connection)]).fetchall()
            text = SQL("DELETE FROM {new}; INSERT INTO {new} ({columns}) SELECT {columns} FROM {own}")
            listed = SQL(", ").join(Identifier(column) for (column,) in columns)
            connection.execute(text.format(new=Identifier(made, table), columns=listed, own=own))
    migrate(peewee, migration)
    exchange = SQL(
        "SET LOCAL client_min_messages = warning; DROP SCHEMA {old} CASCADE; ALTER SCHEMA {new} RENAME TO {old}"
    )
    connection.execute(exchange.format(old=Identifier(saved.schema), new=Identifier(made)))
    connection.execute("UPDATE snapshot SET migration = %s WHERE name = %s", [migration, name])
