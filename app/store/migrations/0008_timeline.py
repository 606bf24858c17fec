"""The clock and the ids of all processes that share the database: one row."""

from typing import Any

from peewee import SQL, BigIntegerField, Model, TextField


class Timeline(Model):
    revision = BigIntegerField(constraints=[SQL("DEFAULT 0")])
    seed = TextField()
    sequence = BigIntegerField(constraints=[SQL("DEFAULT 0")])
    start = TextField()
    frozen = TextField()
    offset = BigIntegerField(constraints=[SQL("DEFAULT 0")])
    last = TextField()


def up(migrator: Any, db: Any) -> None:
    """Add the table and its row: the real time, and random ids."""
    db.create_tables([Timeline])
    Timeline.insert(id=1, seed="", start="", frozen="", last="").execute(db)
