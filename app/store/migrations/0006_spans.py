"""What is kept of the spans of OpenTelemetry, so that their Logs hang as they do whatever comes first."""

from typing import Any

from peewee import ForeignKeyField, Model, TextField


class Organisation(Model):
    pass


class Span(Model):
    organisation = ForeignKeyField(Organisation, index=False)
    trace_id = TextField()
    span_id = TextField()
    parent_id = TextField()
    log = TextField(null=True)
    flow_path = TextField(null=True)
    flow_log = TextField(null=True)
    start_time = TextField(null=True)
    end_time = TextField(null=True)
    error = TextField(null=True)
    told = TextField(null=True)

    class Meta:
        indexes = ((("organisation", "trace_id", "span_id"), True),)


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    db.create_tables([Span])
