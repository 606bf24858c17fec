"""What the runtime keeps: the judgments that are still to be made, and the rules of scripted models."""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE "assignment" (
        "log_id" INTEGER NOT NULL,
        "evaluator_version_id" INTEGER NOT NULL,
        "token" INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY ("log_id", "evaluator_version_id"),
        FOREIGN KEY ("log_id") REFERENCES "log" ("id"),
        FOREIGN KEY ("evaluator_version_id") REFERENCES "version" ("id")
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE "model_rule" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "source" TEXT,
        "rule" TEXT NOT NULL,
        "uses" INTEGER NOT NULL DEFAULT 0
    )
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Create the tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
