"""The stats that an export tells of Runs whose Logs it does not hold."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    db.execute_sql('ALTER TABLE "run" ADD COLUMN "stored_stats" TEXT')
