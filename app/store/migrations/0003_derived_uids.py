"""The ids that the content of imported Versions and datapoints derives: they keep those that they came with."""

from typing import Any

from peewee import SQL, TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    for table in ("version", "datapoint"):
        columns, named = ("organisation_id", "derived_uid"), SQL("derived_uid IS NOT NULL")
        migrator.migrate(
            migrator.add_column(table, "derived_uid", TextField(null=True)),
            migrator.add_index(table, columns, where=named, name=f"{table}_derived"),
        )
