"""The clock and the ids of all processes that share the database: one row."""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE "timeline" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "revision" INTEGER NOT NULL DEFAULT 0,
        "seed" TEXT NOT NULL,
        "sequence" INTEGER NOT NULL DEFAULT 0,
        "start" TEXT NOT NULL,
        "frozen" TEXT NOT NULL,
        "offset" INTEGER NOT NULL DEFAULT 0,
        "last" TEXT NOT NULL
    )
    """,
    """INSERT INTO "timeline" ("id", "seed", "start", "frozen", "last") VALUES (1, '', '', '', '')""",
)


def up(migrator: Any, db: Any) -> None:
    """Add the table and its row: the real time, and random ids."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
