"""Datapoints, and the ordered members of a Dataset Version."""

from peewee import SQL, CompositeKey, IntegerField, TextField

from .base import Json, Table, link
from .files import Version
from .organisations import Organisation


class Datapoint(Table):
    """A datapoint; its id is derived from its content, so equal ones are one row.

    One that came with another id keeps it; `derived_uid` is then the one that its content derives.
    """

    organisation = link(Organisation)
    uid = TextField()
    document = Json()
    derived_uid = TextField(null=True)

    class Meta:
        indexes = ((("organisation", "uid"), True),)


Datapoint.add_index(
    SQL("CREATE INDEX datapoint_derived ON datapoint (organisation_id, derived_uid) WHERE derived_uid IS NOT NULL")
)


class DatasetMember(Table):
    """A datapoint at its place in a Dataset Version."""

    version = link(Version)
    position = IntegerField()
    datapoint = link(Datapoint)

    class Meta:
        primary_key = CompositeKey("version", "position")
        clustered = True
        indexes = ((("version", "datapoint"), True),)
