"""The database: transactions, one writer at a time, and what runs in them.

Why a lock around writes: waiting for it beats retrying when the database is busy. What the databases differ in is in
`dialects/`.
"""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from peewee import Database as Peewee
from peewee import Model

from ..errors import Replaced, Unavailable
from ..waiting import may_wait
from .copying import Advance
from .dialects import CONNECTIONS, dialect_of
from .dialects import MEMORY as MEMORY
from .staging import Rows, Table
from .statement import AnyConnection, Compiled, Statement, Value, change, insertion

if TYPE_CHECKING:
    from .timekeeper import Timekeeper

R = TypeVar("R")


class _Own(threading.local):
    """What each thread has of its own."""

    connection: AnyConnection = None  # while a transaction is open
    after: tuple[Callable[[], None], ...] = ()


class Database:
    """One database: a file of SQLite, one in memory that all threads of the process share, or one of PostgreSQL."""

    def __init__(self, target: str, connections: int = CONNECTIONS) -> None:
        """Open a path, a URL or `:memory:`; the directory of a file is made when it is missing.

        A server is not asked for more than so many connections at a time.
        """
        self.dialect = dialect_of(target, connections)
        self.path = self.dialect.path
        self.in_memory = self.dialect.in_memory
        self.organisations: dict[str, tuple[int, tuple[int, int]]] = {}  # by name: the state they were found in, keys
        self.documents: dict[tuple[int, int], Any] = {}  # rendered parts of Versions, see services/files/documents.py
        self.finished: dict[tuple[int, int, int, int], bool] = {}  # which Runs are, see services/evaluations/runs.py
        self.tallies: dict[tuple[int, int, int, int], Any] = {}  # counts of Runs, see services/evaluations/tallies.py
        self.noticed = 0  # the state that the caches belong to
        self.timekeeper: Timekeeper | None = None
        self._lock = threading.RLock()
        self._own = _Own()

    @property
    def connection(self) -> AnyConnection:
        """Return this thread's connection, opening it on first use."""
        return self._own.connection or self.dialect.connection

    def starting(self) -> AbstractContextManager[None]:
        """Hold off other servers that start on the same database while this one prepares it."""
        return self.dialect.starting()

    @contextmanager
    def migrating(self) -> Iterator[Peewee]:
        """Yield what makes tables; other processes that start on the same database wait until it is done."""
        with self._lock, self.dialect.migrating():
            yield self.dialect.peewee

    @property
    def state(self) -> int:
        """Return a number that grows when everything is replaced, whichever process does it."""
        return self.dialect.state(self.connection)

    @property
    def size(self) -> int:
        """Return how many bytes everything takes."""
        return self.dialect.size(self.connection)

    @property
    def identity(self) -> object:
        """Return what no other database has, whatever path or URL leads to it."""
        return self.dialect.identity()

    @contextmanager
    def reading(self, state: int | None = None) -> Iterator[None]:
        """See the database throughout as it is now: what others commit meanwhile stays invisible.

        Raises Replaced if everything was replaced since this state.
        """
        if self.in_memory:
            with self._held():
                try:
                    self._notice(state)
                    yield
                except Exception as error:
                    interruption = self.dialect.interruption(error, self.connection)
                    if interruption is not None:
                        raise interruption from error
                    raise
        elif self._own.connection is not None:
            yield
        else:
            yield from self._transaction(self.dialect.begin_reading, state, writing=False)

    @contextmanager
    def writing(self, state: int | None = None) -> Iterator[None]:
        """Do all or nothing: commit at the end, roll back on any exception. Nested calls join the outer one.

        Raises Replaced if everything was replaced since this state.
        """
        if self._own.connection is not None:
            yield
            return
        with self._held():
            yield from self._transaction(self.dialect.begin_writing, state, writing=True)
        calls, self._own.after = self._own.after, ()
        for call in calls:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this once the running transaction is stored, outside of it."""
        self._own.after += (call,)

    @contextmanager
    def merging(self, transaction: AbstractContextManager[None], path: Path, rows: Rows) -> Iterator[None]:
        """Enter a transaction in which statements find the tables of a staging file; it cannot be nested."""
        tables = [Table(row, key) for row, key in rows.items()]
        with self._lock, self.dialect.merging(self, transaction, path, tables):
            yield

    def replace_with(self, source: "Database") -> None:
        """Take over everything of another database in one transaction, not from within one.

        Writers wait, readers see the old state or the new one. Killed meanwhile, it is as before.
        """
        with source.reading(), self._lock:
            self.dialect.replace(source)

    def copy_from(self, source: "Database", *, overwrite: bool, advance: Advance) -> None:
        """Take over all rows of another database of whichever kind, with their keys, in one transaction.

        Raises NotEmpty where there is something already, unless it is to be overwritten.
        """
        with source.reading(), self._lock:
            self.dialect.copy_from(source, overwrite, advance)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock of those who write. Raises Elsewhere where nothing may wait, Unavailable after a while."""
        if not self._lock.acquire(blocking=False):
            may_wait()
            if not self._lock.acquire(timeout=self.dialect.patience):
                raise Unavailable
        try:
            yield
        finally:
            self._lock.release()

    def _notice(self, expected: int | None) -> None:
        """Empty the caches when everything was replaced: keys of rows mean others now."""
        state = self.state
        if state != self.noticed:
            self.noticed = state
            for cache in (self.organisations, self.documents, self.finished, self.tallies):
                cache.clear()
        if expected not in (None, state):
            raise Replaced

    def check(self, seconds: float) -> None:
        """Find out whether the database answers, within this time. Raises Unavailable."""
        if self.in_memory:
            with self._held():
                self.dialect.check(seconds)
        else:
            self.dialect.check(seconds)

    def _transaction(self, begin: Callable[[], AnyConnection], state: int | None, *, writing: bool) -> Iterator[None]:
        connection, begun = begin(), False
        self._own.connection = connection
        try:
            self._notice(state)
            timekeeper = self.timekeeper
            if timekeeper is not None:
                timekeeper.begin(writing=writing)
                begun = writing
            yield
            if writing and timekeeper is not None:
                timekeeper.end()
            self.dialect.commit(connection)
        except BaseException as error:
            self._own.after = ()
            if begun and timekeeper is not None:
                timekeeper.abandon()
            interruption = self.dialect.interruption(error, connection)
            if interruption is not None:
                raise interruption from error
            raise
        finally:
            self._own.connection = None
            self.dialect.end(connection)

    def all(self, statement: Statement[R], /, **values: Value) -> list[R]:
        """Run a kept query and return its rows."""
        compiled = statement.compiled.get(self.dialect.name) or statement.on(self.dialect)
        cursor = self.connection.execute(compiled.sql, self._bound(compiled, values))
        make_row = compiled.make_row or compiled.see([column[0] for column in cursor.description])
        return list(map(make_row, cursor))

    def first(self, statement: Statement[R], /, **values: Value) -> R | None:
        """Run a kept query and return its first row, or None."""
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def one(self, statement: Statement[R], /, **values: Value) -> R:
        """Run a kept query and return its first row, which is there."""
        return self.all(statement, **values)[0]

    def each(self, statement: Statement[Any], /, **values: Value) -> Generator[tuple[Value, ...], None, None]:
        """Run a kept query and yield its rows as plain tuples, without holding all of them."""
        compiled = statement.on(self.dialect)
        yield from self.dialect.each(self.connection, compiled.sql, self._bound(compiled, values))

    def tuples(self, statement: Statement[Any], /, **values: Value) -> list[tuple[Any, ...]]:
        """Run a kept query and return its rows as plain tuples: for many rows of few columns."""
        rows: list[tuple[Any, ...]] = self._execute(statement, values).fetchall()
        return rows

    def value(self, statement: Statement[Any], /, **values: Value) -> Value:
        """Run a kept query and return the first column of its first row, or None."""
        row = self._execute(statement, values).fetchone()
        return row[0] if row else None

    def column(self, statement: Statement[Any], /, **values: Value) -> list[Value]:
        """Run a kept query and return the first column of all its rows."""
        return [row[0] for row in self._execute(statement, values)]

    def run(self, statement: Statement[Any], /, **values: Value) -> int:
        """Run a kept statement that changes rows and return how many it changed."""
        changed: int = self._execute(statement, values).rowcount
        return changed

    def insert(self, model: type[Model], **values: Value) -> int:
        """Insert one row and return its integer key."""
        compiled = insertion(model, tuple(values)).on(self.dialect)
        return self.dialect.insert(self.connection, model, compiled, self._bound(compiled, values))

    def insert_many(self, model: type[Model], names: tuple[str, ...], rows: Iterable[Sequence[Value]]) -> None:
        """Insert rows given as tuples in the order of `names`."""
        self.dialect.insert_many(self.connection, model, names, rows)

    def analyze(self, model: type[Model]) -> None:
        """Let the planner know that this transaction has made a table much larger."""
        self.dialect.analyze(self.connection, model)

    def update(self, model: type[Model], key: int, **values: Value) -> None:
        """Change columns of the row with this integer key."""
        self._execute(change(model, tuple(values)), {**values, "_id": key})

    def _execute(self, statement: Statement[Any], values: dict[str, Value]) -> Any:
        compiled = statement.compiled.get(self.dialect.name) or statement.on(self.dialect)
        return self.connection.execute(compiled.sql, self._bound(compiled, values))

    def _bound(self, compiled: Compiled[Any], values: dict[str, Value]) -> list[Value]:
        """Return the parameters in the order of their places."""
        bound = [values[name] if name else constant for name, constant in compiled.places]
        return [self.dialect.listed(value) if type(value) is list else value for value in bound]

    def close(self) -> None:
        """Close this thread's connection."""
        self.dialect.close()
