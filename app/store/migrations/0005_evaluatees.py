"""The Dataset that older clients give to an Evaluation, and their names for the Logs of a Run."""

from typing import Any

STATEMENTS = (
    'ALTER TABLE "evaluation" ADD COLUMN "dataset_version_id" INTEGER',
    'ALTER TABLE "run" ADD COLUMN "batch" TEXT',
    "CREATE UNIQUE INDEX run_batch ON run (organisation_id, batch) WHERE batch IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
