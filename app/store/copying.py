"""Copies all rows from one database into another, whichever kinds they are: the keys of rows stay what they are."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from peewee import BooleanField

from .statement import Statement, sql

if TYPE_CHECKING:
    from .database import Database


@cache
def _tables() -> list[tuple[Any, Statement, list[int]]]:
    """Return the tables, each after those it refers to, with what reads them and which columns are booleans."""
    from .models import TABLES

    found = []
    for table in TABLES:
        fields = table._meta.sorted_fields
        columns = ", ".join(f'"{field.column_name}"' for field in fields)
        booleans = [place for place, field in enumerate(fields) if isinstance(field, BooleanField)]
        found.append((table, sql(f'SELECT {columns} FROM "{table._meta.table_name}"'), booleans))
    return found


def tables_of(source: "Database") -> Iterator[tuple[Any, Iterator[list[Any]]]]:
    """Yield each table with its rows, booleans as such."""
    for table, statement, booleans in _tables():
        yield table, _converted(source.each(statement), booleans)


def _converted(rows: Iterator[tuple[Any, ...]], booleans: list[int]) -> Iterator[list[Any]]:
    for row in rows:
        values = list(row)
        for place in booleans:
            values[place] = bool(values[place])
        yield values


def copied_from(source: "Database") -> "Database":
    """Return a new database in memory with the same rows."""
    from .database import MEMORY, Database
    from .schema import migrate

    target = Database(MEMORY)
    migrate(target)
    with target.writing():
        target.connection.execute("DELETE FROM timeline")  # the row that it has from its first day
        for table, rows in tables_of(source):
            target.insert_many(table, tuple(field.name for field in table._meta.sorted_fields), rows)
    return target
