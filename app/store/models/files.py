"""Directories, Files of all six kinds, their Versions and where these are deployed."""

from peewee import SQL, CompositeKey, ForeignKeyField, IntegerField, TextField

from .base import Json, Table, Time, counter, etag, link
from .organisations import Environment, Organisation, User


class Directory(Table):
    """A directory; the root has the path `""` and no parent."""

    organisation = link(Organisation)
    uid = TextField()
    parent = ForeignKeyField("self", null=True)
    name = TextField()
    path = TextField()
    description = TextField(null=True)
    readme = TextField(null=True)
    tags = Json(constraints=[SQL("DEFAULT '[]'")])
    created_at = Time()
    updated_at = Time()

    class Meta:
        indexes = ((("organisation", "uid"), True), (("organisation", "path"), True))


class File(Table):
    """A File; `shown_version` is the one deployed to the default environment, else the newest."""

    organisation = link(Organisation)
    uid = TextField()
    kind = TextField()
    directory = ForeignKeyField(Directory)
    name = TextField()
    path = TextField()
    description = TextField(null=True)
    readme = TextField(null=True)
    tags = Json(constraints=[SQL("DEFAULT '[]'")])
    created_at = Time()
    updated_at = Time()
    created_by = link(User)
    last_used_at = Time()
    deleted_at = Time(null=True)
    shown_version = IntegerField(null=True)
    newest_version = IntegerField(null=True)
    logs_count = counter()
    monitors_count = counter()
    etag = etag()

    class Meta:
        indexes = ((("organisation", "uid"), True), (("organisation", "kind"), False))


File.add_index(SQL("CREATE UNIQUE INDEX file_path ON file (organisation_id, path) WHERE deleted_at IS NULL"))


class Version(Table):
    """An immutable Version: `content` decides it, `document` is the part of its wire form that never changes.

    `derived_uid` is the id that the content derives, where the Version came with another one.
    """

    organisation = link(Organisation)
    file = ForeignKeyField(File)
    uid = TextField()
    name = TextField(null=True)
    description = TextField(null=True)
    content = Json()
    document = Json()
    created_at = Time()
    updated_at = Time()
    created_by = link(User)
    deleted_at = Time(null=True)
    logs_count = counter()
    datapoints_count = counter()
    derived_uid = TextField(null=True)

    class Meta:
        indexes = ((("organisation", "uid"), True),)


Version.add_index(
    SQL("CREATE INDEX version_derived ON version (organisation_id, derived_uid) WHERE derived_uid IS NOT NULL")
)
Version.add_index(
    SQL("CREATE UNIQUE INDEX version_name ON version (file_id, name) WHERE deleted_at IS NULL AND name IS NOT NULL")
)


class Deployment(Table):
    """Which Version of a File an environment runs."""

    file = link(File)
    environment = link(Environment)
    version = ForeignKeyField(Version)
    created_at = Time()

    class Meta:
        primary_key = CompositeKey("file", "environment")


class Monitor(Table):
    """An Evaluator that watches a File: one Version, or whatever an environment runs."""

    file = ForeignKeyField(File)
    evaluator_version = link(Version, null=True)
    evaluator = link(File, null=True)
    environment = link(Environment, null=True)
    state = TextField()
    created_at = Time()
    updated_at = Time()


class EnvironmentVariable(Table):
    """A variable of a Tool's runtime."""

    file = link(File)
    name = TextField()
    value = TextField()

    class Meta:
        indexes = ((("file", "name"), True),)
