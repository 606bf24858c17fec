"""What all tables share: their base class and the column types."""

from typing import TYPE_CHECKING, Any

from peewee import SQL, BigIntegerField, BooleanField, ForeignKeyField, IntegerField, Model, TextField


class Table(Model):
    """A table that is bound to no database: one process may serve several."""

    if TYPE_CHECKING:
        id: Any

    class Meta:
        legacy_table_names = False


class Json(TextField):
    """A JSON document as text, spliced into answers without being parsed."""


class Time(TextField):
    """A time in its wire form, which sorts as the time does."""


def counter() -> Any:
    """Return a column that starts at 0 and is kept by whoever changes what it counts."""
    return IntegerField(constraints=[SQL("DEFAULT 0")])


def flag() -> Any:
    """Return a boolean column that starts false."""
    return BooleanField(constraints=[SQL("DEFAULT false")])


def etag() -> Any:
    """Return the column that marks one state of a row (`ids.new_etag`); caches are keyed by it."""
    return BigIntegerField(constraints=[SQL("DEFAULT 0")])


def link(model: Any, *, null: bool = False) -> Any:
    """Return a foreign key without an index of its own, for columns that are never searched or lead another index."""
    return ForeignKeyField(model, null=null, index=False, backref="+")
