"""The ids that the content of imported Versions and datapoints derives: they keep those that they came with."""

from typing import Any

STATEMENTS = (
    'ALTER TABLE "version" ADD COLUMN "derived_uid" TEXT',
    'ALTER TABLE "datapoint" ADD COLUMN "derived_uid" TEXT',
    "CREATE INDEX version_derived ON version (organisation_id, derived_uid) WHERE derived_uid IS NOT NULL",
    "CREATE INDEX datapoint_derived ON datapoint (organisation_id, derived_uid) WHERE derived_uid IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
