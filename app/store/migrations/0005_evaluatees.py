"""The Dataset that older clients give to an Evaluation, and their names for the Logs of a Run."""

from typing import Any

from peewee import SQL, IntegerField, TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    columns, named = ("organisation_id", "batch"), SQL("batch IS NOT NULL")
    migrator.migrate(
        migrator.add_column("evaluation", "dataset_version_id", IntegerField(null=True)),
        migrator.add_column("run", "batch", TextField(null=True)),
        migrator.add_index("run", columns, unique=True, where=named, name="run_batch"),
    )
