"""What is kept of the spans of OpenTelemetry that are not the decorators' own."""

from peewee import TextField

from .base import Json, Table, Time, link
from .organisations import Organisation


class Span(Table):
    """A span: where it stands in its trace, and what it says of it; the rest is in its Log.

    Ids are hexadecimal digits. `log` is the id of the Log that the span is. `flow_path` and `flow_log` are what it
    names as the Flow of its trace, `told` what it tells of that.
    """

    organisation = link(Organisation)
    trace_id = TextField()
    span_id = TextField()
    parent_id = TextField()
    log = TextField(null=True)
    flow_path = TextField(null=True)
    flow_log = TextField(null=True)
    start_time = Time(null=True)
    end_time = Time(null=True)
    error = TextField(null=True)
    told = Json(null=True)

    class Meta:
        indexes = ((("organisation", "trace_id", "span_id"), True),)
