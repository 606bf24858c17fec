"""The databases of tests on a PostgreSQL server of their own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.schema import migrate
from tests.nodes import Node

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|public$)'"
ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"


class Server:
    """A running server and its databases: used again, for to make one takes 30 ms, and 200 while the disk is busy.

    To renew one by DELETE takes 11 ms, of which 5 are for the connection; by TRUNCATE 50, by a schema made again 100.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self._numbers = count()
        self._free: list[str] = []
        self._made: list[str] = []  # what the present test has
        self._bare: list[str] = []
        self._at: dict[Path, str] = {}
        self._connection = self._connect("postgres")
        self._connection.execute("CREATE DATABASE template")
        template = Database(self.node.url("template"))
        migrate(template)
        template.close()
        with self._connect("template") as connection:
            self._tables = _names(connection, TABLES)
            self._renewal = _renewal(connection, self._tables)

    def new_url(self) -> str:
        """Return the URL of a database that has the tables of the present schema, and no rows."""
        if self._free:
            name = self._free.pop()
        else:
            name = f"test_{next(self._numbers)}"
            self._connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
        self._made.append(name)
        return self.node.url(name)

    def bare_url(self) -> str:
        """Return the URL of a database without tables."""
        name = f"bare_{next(self._numbers)}"
        self._connection.execute(f"CREATE DATABASE {name}")
        self._bare.append(name)
        return self.node.url(name)

    def url_at(self, path: Path) -> str:
        """Return the URL of the database that belongs to this path, which is made when it is first asked for."""
        if path not in self._at:
            self._at[path] = self.new_url()
        return self._at[path]

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """Take back what is made within when it ends, from whoever is still connected to it."""
        before, self._made = self._made, []
        at = self._at.copy()
        try:
            yield
        finally:
            for name in self._made:
                self._renew(name)
            self._made = before
            self._at = at
            while self._bare:
                self._drop(self._bare.pop())

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Keep what is made within."""
        before, self._made = self._made, []
        try:
            yield
        finally:
            self._made = before

    def close(self) -> None:
        self._connection.close()

    def _renew(self, name: str) -> None:
        with self._connect(name) as connection:
            connection.execute(ALONE, [connection.info.backend_pid])
            tables = _names(connection, TABLES)
            others = [f'TABLE "{table}"' for table in tables - self._tables]
            others += [f'SCHEMA "{schema}"' for schema in _names(connection, SCHEMAS)]
            for other in others:
                connection.execute(f"DROP {other} CASCADE")
            whole = tables >= self._tables
            if whole:
                connection.execute(self._renewal)
        if whole:
            self._free.append(name)
        else:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.node.url(name), autocommit=True)


def _names(connection: psycopg.Connection[Any], query: str) -> set[str]:
    return {name for (name,) in connection.execute(query)}


def _renewal(connection: psycopg.Connection[Any], tables: set[str]) -> str:
    """Return the statements that lead back to what a database with these tables holds now."""
    statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]
    for table in tables:
        statements.append(f'DELETE FROM "{table}"')
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            insertion = f'INSERT INTO "{table}" VALUES ({", ".join(["%s"] * len(row))})'
            statements.append(psycopg.ClientCursor(connection).mogrify(insertion, row))
    for name, value in connection.execute(SEQUENCES):
        statements.append(f"SELECT setval('{name}', {value or 1}, {value is not None})")
    return "; ".join([*statements, "COMMIT"])


@contextmanager
def running(options: str = "-c synchronous_commit=off") -> Iterator[Server]:
    """Start a server, and end it."""
    with closing(Node(options)) as node:
        node.create()
        with closing(Server(node)) as server:
            yield server
