"""What the runtime has yet to do, and what scripted models answer."""

from peewee import CompositeKey, TextField

from .base import Json, Table, counter, etag, link
from .files import Version
from .logs import Log


class Assignment(Table):
    """A Log that an Evaluator Version has yet to judge on the server; it goes when the verdict is stored.

    `token` is a new one whenever the Log changes: a verdict on what it was before is not the one that is waited for.
    """

    log = link(Log)
    evaluator_version = link(Version)
    token = etag()

    class Meta:
        primary_key = CompositeKey("log", "evaluator_version")
        clustered = True


class ModelRule(Table):
    """A rule of the scripted models: `source` is the file that it comes from, null where it was set at run time."""

    source = TextField(null=True)
    rule = Json()
    uses = counter()
