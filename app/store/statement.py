"""Statements: built once, written down for each database when they first run there, and kept.

Building a query with Peewee costs ten times what SQLite takes to run it. So a query is built once, by a function
marked `@kept`; what is easier to read as SQL is written as such, `RUNS = sql("SELECT …", Run)`. Both have named places
(`arg("path")` and `:path`) and may use the words that each dialect spells in its own way, see `dialects/base.py`. Rows
come back as the named tuples that stand beside the query.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, TypeVar, overload

from peewee import ColumnBase, Context, Model, Node, Query

if TYPE_CHECKING:
    from .dialects.base import Dialect

P = ParamSpec("P")
R = TypeVar("R")

Value: TypeAlias = Any
"""What a column holds, or a place is given: a number, a text, bytes or null; or a list, see `integers` and `texts`."""

AnyConnection: TypeAlias = Any
"""A connection of the driver: one of sqlite3, or one of psycopg, which have no class in common."""

Expression: TypeAlias = Any
"""What Peewee builds queries of: its fields and operators are not typed."""

_PLACE = re.compile(r"(?<!:):([a-z_]+)")


class _Place:
    """What an Arg leaves among the values of a compiled query."""

    def __init__(self, name: str) -> None:
        self.name = name


class Arg(Node):
    """A place in a kept query that each execution fills by name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __sql__(self, ctx: Context) -> Context:
        written: Context = ctx.value(_Place(self.name), converter=False)
        return written


def arg(name: str) -> Expression:
    """Name a value that is given when the query runs."""
    return Arg(name)


class Compiled(Generic[R]):
    """A statement as one database runs it."""

    def __init__(self, text: str, places: Iterable[Arg | Value], dialect: "Dialect", row: type[R] | None) -> None:
        self.sql = dialect.spell(text)
        self.places = [(p.name, None) if isinstance(p, _Place | Arg) else (None, p) for p in places]
        """Where each parameter comes from: a name among the values, or a constant."""
        self.row = row
        self.make_row: Callable[[Iterable[Value]], R] | None = None

    def see(self, columns: list[str]) -> Callable[[Iterable[Value]], R]:
        """Return what makes a row, now that the columns are known. TypeError: the rows are said to be others."""
        row: Any = self.row or namedtuple("Row", columns, rename=True)
        if self.row and list(row._fields) != columns:
            raise TypeError(f"{row.__name__} has the fields {', '.join(row._fields)}; its query: {', '.join(columns)}.")
        self.make_row = row._make
        return self.make_row


class Statement(Generic[R]):
    """SQL that each database is given in its own spelling."""

    def __init__(self, source: str | Query, row: type[R] | None = None) -> None:
        """Take a Peewee query, or SQL with places like `:name`, and the named tuple of its rows."""
        self._source = source
        self.row = row
        self.compiled: dict[str, Compiled[R]] = {}
        """The statement for each dialect, by its name, once it has run there."""

    def on(self, dialect: "Dialect") -> Compiled[R]:
        """Return the statement as a database runs it, compiled on first use."""
        compiled = self.compiled.get(dialect.name)
        if compiled is None:
            compiled = self.compiled[dialect.name] = self._compile(dialect)
        return compiled

    def _compile(self, dialect: "Dialect") -> Compiled[R]:
        if isinstance(self._source, str):
            text = _PLACE.sub("?", self._source)
            return Compiled(text, [Arg(name) for name in _PLACE.findall(self._source)], dialect, self.row)
        text, places = Context(**dialect.context).sql(self._source).query()
        return Compiled(text, places, dialect, self.row)


@overload
def sql(text: str) -> Statement[Any]: ...
@overload
def sql(text: str, row: type[R]) -> Statement[R]: ...
def sql(text: str, row: type[Any] | None = None) -> Statement[Any]:
    """Keep a statement that is written by hand, its places `:name`, and say what its rows are.

    `row` is a NamedTuple whose fields are the columns, in their order: rows come back as such, and mypy knows them.
    """
    return Statement(text, row)


@overload
def kept(row: type[R], /) -> Callable[[Callable[P, Expression]], Callable[P, Statement[R]]]: ...  # type: ignore[overload-overlap]
@overload
def kept(build: Callable[P, Expression], /) -> Callable[P, Statement[Any]]: ...
def kept(given: Any, /) -> Any:
    """Keep a query for as long as the process lives, one for each shape that it is built in.

    `@kept(File)` says what its rows are, as the second argument of `sql` does; plain `@kept` leaves it open.
    """
    return partial(_kept, given) if isinstance(given, type) else _kept(None, given)


def _kept(row: type[R] | None, build: Callable[P, Expression]) -> Callable[P, Statement[R]]:
    @cache
    def built(*args: Any, **kwargs: Any) -> Statement[R]:
        query = build(*args, **kwargs)
        return query if isinstance(query, Statement) else Statement(query, row)

    @wraps(build)
    def shaped(*args: P.args, **kwargs: P.kwargs) -> Statement[R]:
        return built(*args, **kwargs)  # type: ignore[arg-type]

    return shaped


def columns_of(model: type[Model], names: Iterable[str]) -> str:
    """Return the columns of these fields, as they are listed in SQL."""
    return ", ".join(f'"{model._meta.fields[name].column_name}"' for name in names)


@cache
def insertion(model: type[Model], names: tuple[str, ...]) -> Statement[Any]:
    """Return what inserts one row with values for these fields."""
    places = ", ".join(f":{name}" for name in names)
    return Statement(f'INSERT INTO "{model._meta.table_name}" ({columns_of(model, names)}) VALUES ({places})')


@cache
def change(model: type[Model], names: tuple[str, ...]) -> Statement[Any]:
    """Return what changes these fields of the row with the key `_id`."""
    fields = {model._meta.fields[name]: Arg(name) for name in names}
    return Statement(model.update(fields).where(model._meta.primary_key == Arg("_id")))


class _Spelled(ColumnBase):
    """A piece of SQL around columns and places, in the words that the dialects spell."""

    def __init__(self, *parts: Expression) -> None:
        self.parts = parts

    def __sql__(self, ctx: Context) -> Context:
        for part in self.parts:
            ctx = ctx.literal(part) if isinstance(part, str) else ctx.sql(part)
        return ctx


def integers(name: str) -> Expression:
    """Stand for the members of a list of integers of any length: `File.id.in_(integers("keys"))`."""
    return _Spelled("(SELECT value FROM integers(", Arg(name), "))")


def texts(name: str) -> Expression:
    """Stand for the members of a list of texts of any length: `File.uid.in_(texts("uids"))`."""
    return _Spelled("(SELECT value FROM texts(", Arg(name), "))")


def contains(column: Expression, name: str) -> Expression:
    """Test whether a text holds the needle given as `name` (casefolded), ignoring case in every alphabet."""
    return _Spelled("contains_text(", column, ", ", Arg(name), ")")
