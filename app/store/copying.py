"""All rows of a database, for another one of whichever kind: the keys of rows stay what they are."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from peewee import BooleanField, Model

from .models import TABLES
from .statement import Statement, sql

if TYPE_CHECKING:
    from .database import Database


class Copied(NamedTuple):
    """A table, and how its rows are read."""

    table: type[Model]
    columns: str
    read: Statement
    booleans: tuple[int, ...]


@cache
def _copied() -> tuple[Copied, ...]:
    found = []
    for table in TABLES:
        fields = table._meta.sorted_fields
        columns = ", ".join(f'"{field.column_name}"' for field in fields)
        read = sql(f'SELECT {columns} FROM "{table._meta.table_name}"')
        booleans = tuple(place for place, field in enumerate(fields) if isinstance(field, BooleanField))
        found.append(Copied(table, columns, read, booleans))
    return tuple(found)


def tables_of(source: "Database") -> Iterator[tuple[Copied, Iterator[list[Any]]]]:
    """Yield each table, after those it refers to, with its rows, booleans as such."""
    for copied in _copied():
        yield copied, _converted(source.each(copied.read), copied.booleans)


def _converted(rows: Iterator[tuple[Any, ...]], booleans: tuple[int, ...]) -> Iterator[list[Any]]:
    for row in rows:
        values = list(row)
        for place in booleans:
            values[place] = bool(values[place])
        yield values
