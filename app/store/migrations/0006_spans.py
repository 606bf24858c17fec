"""What is kept of the spans of OpenTelemetry, so that their Logs hang as they do whatever comes first."""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE "span" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "trace_id" TEXT NOT NULL,
        "span_id" TEXT NOT NULL,
        "parent_id" TEXT NOT NULL,
        "log" TEXT,
        "flow_path" TEXT,
        "flow_log" TEXT,
        "start_time" TEXT,
        "end_time" TEXT,
        "error" TEXT,
        "told" TEXT,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id")
    )
    """,
    """
    CREATE UNIQUE INDEX "span_organisation_id_trace_id_span_id"
    ON "span" ("organisation_id", "trace_id", "span_id")
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
