"""Organisations, and what each has from its first day: a user and its environments."""

from peewee import TextField

from .base import Table, Time, link


class Organisation(Table):
    """The owner of every other row; `name` is what API keys are mapped to."""

    name = TextField(unique=True)
    created_at = Time()


class User(Table):
    """Who `created_by` names."""

    organisation = link(Organisation)
    uid = TextField()
    email_address = TextField()
    full_name = TextField(null=True)

    class Meta:
        table_name = "account"
        indexes = ((("organisation", "uid"), True),)


class Environment(Table):
    """A place to deploy to; exactly one of an organisation has the tag `default`."""

    organisation = link(Organisation)
    uid = TextField()
    name = TextField()
    tag = TextField()
    created_at = Time()

    class Meta:
        indexes = ((("organisation", "uid"), True), (("organisation", "name"), True))
