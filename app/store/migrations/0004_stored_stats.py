"""The stats that an export tells of Runs whose Logs it does not hold."""

from typing import Any

from peewee import TextField


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    migrator.migrate(migrator.add_column("run", "stored_stats", TextField(null=True)))
