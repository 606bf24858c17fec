"""How time and ids go on, for all processes that share the database."""

from peewee import SQL, BigIntegerField, TextField

from .base import Table


class Timeline(Table):
    """One row. Times are in their wire form, empty for none; `offset` is in microseconds.

    `revision` grows with each change that other processes are to notice: of the seed, and of the clock unless it only
    ticks. `last` (of a clock that stands still) and `sequence` (of seeded ids) move on with each transaction.
    """

    revision = BigIntegerField(constraints=[SQL("DEFAULT 0")])
    seed = TextField()
    sequence = BigIntegerField(constraints=[SQL("DEFAULT 0")])
    start = TextField()
    frozen = TextField()
    offset = BigIntegerField(constraints=[SQL("DEFAULT 0")])
    last = TextField()
