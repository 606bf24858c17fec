"""Datapoints, and the ordered members of a Dataset Version."""

from peewee import CompositeKey, IntegerField, TextField

from .base import Json, Table, link
from .files import Version
from .organisations import Organisation


class Datapoint(Table):
    """A datapoint; its id is derived from its content, so equal ones are one row."""

    organisation = link(Organisation)
    uid = TextField()
    document = Json()

    class Meta:
        indexes = ((("organisation", "uid"), True),)


class DatasetMember(Table):
    """A datapoint at its place in a Dataset Version."""

    version = link(Version)
    position = IntegerField()
    datapoint = link(Datapoint)

    class Meta:
        primary_key = CompositeKey("version", "position")
        without_rowid = True
        indexes = ((("version", "datapoint"), True),)
