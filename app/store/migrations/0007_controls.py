"""A way to the control of an Evaluation that does not pass by its other Runs."""

from typing import Any

from peewee import SQL


def up(migrator: Any, db: Any) -> None:
    """Add the index."""
    columns, name = ("evaluation_id",), "evaluation_run_control"
    migrator.migrate(migrator.add_index("evaluation_run", columns, where=SQL("control"), name=name))
