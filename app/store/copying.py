"""All rows of a database, for another one of whichever kind: the keys of rows stay what they are."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from peewee import BooleanField, Model

from .models import TABLES
from .statement import Statement, columns_of, sql

if TYPE_CHECKING:
    from .database import Database

STEP = 1_000  # rows between two tellings of how far it is
Advance = Callable[[int], None]
"""Is told how much more is done, in rows or in whatever is counted."""


class NotEmpty(Exception):
    """The database that was to be filled holds something."""


class Copied(NamedTuple):
    """A table, and how its rows are read."""

    table: type[Model]
    names: tuple[str, ...]
    """All of its fields, in the order of its columns."""
    columns: str
    read: Statement[Any]
    counting: Statement[Any]
    booleans: tuple[int, ...]


def count_rows(source: "Database") -> dict[str, int]:
    """Return how many rows each table has."""
    return {copied.table._meta.table_name: source.value(copied.counting) for copied in _copied()}


def tables_of(source: "Database", advance: Advance = lambda rows: None) -> Iterator[tuple[Copied, Iterator[list[Any]]]]:
    """Yield each table, after those it refers to, with its rows, booleans as such; hold none of them."""
    for copied in _copied():
        yield copied, _converted(source.each(copied.read), copied.booleans, advance)


@cache
def _copied() -> tuple[Copied, ...]:
    found = []
    for table in TABLES:
        fields, name = table._meta.fields, table._meta.table_name
        names = tuple(table._meta.sorted_field_names)
        columns = columns_of(table, names)
        read, count = sql(f'SELECT {columns} FROM "{name}"'), sql(f'SELECT count(*) FROM "{name}"')
        booleans = tuple(place for place, own in enumerate(names) if isinstance(fields[own], BooleanField))
        found.append(Copied(table, names, columns, read, count, booleans))
    return tuple(found)


def _converted(rows: Iterator[tuple[Any, ...]], booleans: tuple[int, ...], advance: Advance) -> Iterator[list[Any]]:
    done = 0
    for row in rows:
        values = list(row)
        for place in booleans:
            values[place] = bool(values[place])
        yield values
        done += 1
        if done == STEP:
            advance(done)
            done = 0
    advance(done)
