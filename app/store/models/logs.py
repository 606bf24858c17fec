"""Logs of all five kinds, and the verdict that counts of each Evaluator Version on each Log."""

from peewee import SQL, CompositeKey, FloatField, ForeignKeyField, TextField

from .base import Json, Table, Time, link
from .datasets import Datapoint
from .files import File, Version
from .organisations import Organisation


class Log(Table):
    """A Log.

    `document` holds the fields that are only stored and shown. `trace_parent` is the Log it is nested in and
    `trace` the topmost one; `parent` is the Log that an Evaluator Log judges.
    """

    organisation = link(Organisation)
    uid = TextField()
    file = link(File)
    version = link(Version)
    created_at = Time()
    start_time = Time(null=True)
    end_time = Time(null=True)
    status = TextField(null=True)
    inputs = Json(null=True)
    output = TextField(null=True)
    error = TextField(null=True)
    metadata = Json(null=True)
    document = Json()
    datapoint = link(Datapoint, null=True)
    parent = link("self", null=True)
    trace_parent = link("self", null=True)
    trace = link("self", null=True)

    class Meta:
        indexes = (
            (("organisation", "uid"), True),
            (("file", "created_at"), False),
            (("version", "created_at"), False),
        )


Log.add_index(SQL("CREATE INDEX log_datapoint ON log (datapoint_id, version_id) WHERE datapoint_id IS NOT NULL"))
Log.add_index(SQL("CREATE INDEX log_parent ON log (parent_id) WHERE parent_id IS NOT NULL"))
Log.add_index(SQL("CREATE INDEX log_trace_parent ON log (trace_parent_id) WHERE trace_parent_id IS NOT NULL"))
Log.add_index(SQL("CREATE INDEX log_trace ON log (trace_id) WHERE trace_id IS NOT NULL"))


class Verdict(Table):
    """The latest judgment of an Evaluator Version on a Log; both `number` and `judgment` null: withdrawn or failed.

    `number` holds numbers and booleans (1 or 0), `judgment` the JSON of everything else.
    """

    log = link(Log)
    evaluator_version = link(Version)
    evaluator_log = ForeignKeyField(Log)
    outcome = TextField()
    number = FloatField(null=True)
    judgment = Json(null=True)

    class Meta:
        primary_key = CompositeKey("log", "evaluator_version")
        clustered = True
