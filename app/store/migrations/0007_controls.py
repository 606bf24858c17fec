"""A way to the control of an Evaluation that does not pass by its other Runs."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the index."""
    db.execute_sql("CREATE INDEX evaluation_run_control ON evaluation_run (evaluation_id) WHERE control")
