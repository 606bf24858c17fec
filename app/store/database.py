"""The database: connections that live as long as their thread, kept queries, one writer at a time.

Building a query with Peewee costs ten times what SQLite takes to run it. So every query is built once,
by a function marked `@kept`, and held as SQL with named places (`arg("path")`); rows come back as named
tuples. Why a lock around writes: waiting for it beats retrying on SQLITE_BUSY.
"""

import sqlite3
import threading
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec

import orjson
from peewee import Context, Model, Node, Query, SqliteDatabase

from ..errors import Replaced

P = ParamSpec("P")
Row = Any  # a named tuple with the columns of its query

MEMORY = ":memory:"
PRAGMAS = {"journal_mode": "wal", "synchronous": "normal", "foreign_keys": 1, "busy_timeout": 10_000}


class _Place:
    """What an Arg leaves among the values of a compiled query."""

    def __init__(self, name: str) -> None:
        self.name = name


class Arg(Node):
    """A place in a kept query that each execution fills by name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __sql__(self, ctx: Context) -> Context:
        return ctx.value(_Place(self.name), converter=False)


def arg(name: str) -> Any:
    """Name a value that is given when the query runs; a list becomes JSON text (see `sqlite.listed`)."""
    return Arg(name)


class Statement:
    """SQL with its places, and the named tuple of its rows once it has run."""

    def __init__(self, sql: str, places: Iterable[Any]) -> None:
        self.sql = sql
        self._places = [(p.name, None) if isinstance(p, _Place | Arg) else (None, p) for p in places]
        self.make_row: Callable[[Iterable[Any]], Any] | None = None

    def bind(self, values: dict[str, Any]) -> list[Any]:
        """Return the parameters in the order of their places."""
        bound = [values[name] if name else constant for name, constant in self._places]
        return [orjson.dumps(v).decode() if type(v) is list else v for v in bound]


def compile_query(query: Query) -> Statement:
    """Turn a Peewee query into SQL for SQLite."""
    sql, places = Context(**_DIALECT.get_context_options()).sql(query).query()
    return Statement(sql, places)


_DIALECT = SqliteDatabase(None)


def kept(build: Callable[P, Any]) -> Callable[P, Statement]:
    """Keep the SQL of a query for as long as the process lives, one for each shape it is called with."""

    @cache
    def compiled(*args: Any, **kwargs: Any) -> Statement:
        query = build(*args, **kwargs)
        return query if isinstance(query, Statement) else compile_query(query)

    @wraps(build)
    def shaped(*args: P.args, **kwargs: P.kwargs) -> Statement:
        return compiled(*args, **kwargs)  # type: ignore[arg-type]

    return shaped


@cache
def _insert(model: type[Model], names: tuple[str, ...]) -> Statement:
    fields = [model._meta.fields[name] for name in names]
    columns = ", ".join(f'"{f.column_name}"' for f in fields)
    places = ", ".join("?" * len(fields))
    sql = f'INSERT INTO "{model._meta.table_name}" ({columns}) VALUES ({places})'
    return Statement(sql, [Arg(name) for name in names])


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> Statement:
    fields = {model._meta.fields[name]: Arg(name) for name in names}
    return compile_query(model.update(fields).where(model._meta.primary_key == Arg("_id")))


def _contains_text(text: str | None, needle: str) -> bool:
    """Search as `sqlite.contains` does: SQLite's own LIKE ignores case in ASCII alone."""
    return text is not None and needle in text.casefold()


def _row_maker(columns: list[str]) -> Callable[[Iterable[Any]], Any]:
    row: Any = namedtuple("Row", columns, rename=True)  # type: ignore[misc]
    maker: Callable[[Iterable[Any]], Any] = row._make
    return maker


class Database:
    """One SQLite database file, or one in memory that all threads of the process share."""

    def __init__(self, target: str) -> None:
        """Open a path, a `sqlite:///` URL or `:memory:`; the directory is made when it is missing."""
        self.path = target.removeprefix("sqlite:///")
        self.in_memory = self.path == MEMORY
        if not self.in_memory:
            Path(self.path).absolute().parent.mkdir(parents=True, exist_ok=True)
        self.peewee = SqliteDatabase(
            self.path,
            pragmas=PRAGMAS,
            thread_safe=not self.in_memory,
            check_same_thread=not self.in_memory,
            cached_statements=512,
        )
        self.peewee.register_function(_contains_text, "contains_text", 2, deterministic=True)
        self.organisations: dict[str, tuple[int, Row]] = {}  # by name, with the state in which they were found
        self.documents: dict[
            tuple[int, int], Any
        ] = {}  # rendered parts of Versions, see services/files/bare_documents.py
        self.finished: dict[
            tuple[int, int, int, int], bool
        ] = {}  # which Runs are, see services/evaluations/statuses.py
        self.tallies: dict[tuple[int, int, int, int], Any] = {}  # counts of Runs, see services/evaluations/tallies.py
        self.noticed = 0  # the state that the caches belong to
        self._lock = threading.RLock()
        self._local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, opening it on first use."""
        return self.peewee.connection()

    @contextmanager
    def migrating(self) -> Iterator[None]:
        """Hold off other processes that start on the same file while the schema is brought up to date."""
        with self._lock, self.peewee.atomic("IMMEDIATE"):
            yield

    @property
    def state(self) -> int:
        """Return a number that grows when everything is replaced, whichever process does it."""
        number: int = self.connection.execute("PRAGMA schema_version").fetchone()[0]
        return number

    @property
    def size(self) -> int:
        """Return how many bytes everything takes."""
        pages, bytes_each = (
            self.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        return int(pages * bytes_each)

    @contextmanager
    def reading(self, state: int | None = None) -> Iterator[None]:
        """See the database throughout as it is now: what others commit meanwhile stays invisible.

        Raises Replaced if everything was replaced since this state.
        """
        if self.in_memory:
            with self._lock:
                self._notice(state)
                yield
        elif self._open:
            yield
        else:
            yield from self._transaction("BEGIN", state)

    @contextmanager
    def writing(self, state: int | None = None) -> Iterator[None]:
        """Do all or nothing: commit at the end, roll back on any exception. Nested calls join the outer one.

        Raises Replaced if everything was replaced since this state.
        """
        if self._open:
            yield
            return
        with self._lock:
            yield from self._transaction("BEGIN IMMEDIATE", state)
        for call in self._local.__dict__.pop("after", ()):
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this once the running transaction is stored, outside of it."""
        self._local.__dict__.setdefault("after", []).append(call)

    def replace_with(self, source: "Database") -> None:
        """Take over everything of another database in one transaction, not from within one.

        Writers wait, readers see the old state or the new one. Killed meanwhile, a file is as before.
        """
        with source.reading(), self._lock:
            source.connection.backup(self.connection)

    def _notice(self, expected: int | None) -> None:
        """Empty the caches when everything was replaced: keys of rows mean others now."""
        state = self.state
        if state != self.noticed:
            self.noticed = state
            for cache in (self.organisations, self.documents, self.finished, self.tallies):
                cache.clear()
        if expected not in (None, state):
            raise Replaced

    def _transaction(self, begin: str, state: int | None) -> Iterator[None]:
        connection = self.connection
        connection.execute(begin)
        self._local.open = True
        try:
            self._notice(state)
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._local.__dict__.pop("after", None)
            raise
        finally:
            self._local.open = False

    @property
    def _open(self) -> bool:
        return getattr(self._local, "open", False)

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """Run a kept query and return its rows."""
        cursor = self.connection.execute(statement.sql, statement.bind(values))
        make = statement.make_row
        if make is None:
            columns = [column[0] for column in cursor.description]
            make = statement.make_row = _row_maker(columns)
        return list(map(make, cursor))

    def tuples(self, statement: Statement, /, **values: Any) -> list[tuple[Any, ...]]:
        """Run a kept query and return its rows as plain tuples: for many rows of few columns."""
        return self.connection.execute(statement.sql, statement.bind(values)).fetchall()

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """Run a kept query and return its first row, or None."""
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def the(self, statement: Statement, /, **values: Any) -> Row:
        """Run a kept query and return its first row, which is there."""
        return self.all(statement, **values)[0]

    def value(self, statement: Statement, /, **values: Any) -> Any:
        """Run a kept query and return the first column of its first row, or None."""
        row = self.connection.execute(statement.sql, statement.bind(values)).fetchone()
        return row[0] if row else None

    def column(self, statement: Statement, /, **values: Any) -> list[Any]:
        """Run a kept query and return the first column of all its rows."""
        return [row[0] for row in self.connection.execute(statement.sql, statement.bind(values))]

    def run(self, statement: Statement, /, **values: Any) -> int:
        """Run a kept statement that changes rows and return how many it changed."""
        return self.connection.execute(statement.sql, statement.bind(values)).rowcount

    def insert(self, model: type[Model], **values: Any) -> int:
        """Insert one row and return its integer key."""
        statement = _insert(model, tuple(values))
        return self.connection.execute(statement.sql, statement.bind(values)).lastrowid or 0

    def insert_many(self, model: type[Model], names: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows given as tuples in the order of `names`."""
        self.connection.executemany(_insert(model, names).sql, rows)

    def update(self, model: type[Model], key: int, **values: Any) -> None:
        """Change columns of the row with this integer key."""
        statement = _update(model, tuple(values))
        self.connection.execute(statement.sql, statement.bind({**values, "_id": key}))

    def close(self) -> None:
        """Close this thread's connection."""
        if not self.peewee.is_closed():
            self.peewee.close()
