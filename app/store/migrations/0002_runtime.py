"""What the runtime keeps: the judgments that are still to be made, and the rules of scripted models."""

from typing import Any

from peewee import SQL, BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, Model, TextField


class Log(Model):
    pass


class Version(Model):
    pass


class Assignment(Model):
    log = ForeignKeyField(Log, index=False)
    evaluator_version = ForeignKeyField(Version, index=False)
    token = BigIntegerField(constraints=[SQL("DEFAULT 0")])

    class Meta:
        primary_key = CompositeKey("log", "evaluator_version")
        clustered = True


class ModelRule(Model):
    source = TextField(null=True)
    rule = TextField()
    uses = IntegerField(constraints=[SQL("DEFAULT 0")])

    class Meta:
        table_name = "model_rule"


def up(migrator: Any, db: Any) -> None:
    """Create the tables."""
    db.create_tables([Assignment, ModelRule])
