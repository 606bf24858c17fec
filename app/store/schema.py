"""The schema of a database: created and migrated on start."""

from pathlib import Path

from .database import Database

DIRECTORY = Path(__file__).parent / "migrations"


def migrate(db: Database) -> None:
    """Apply the migrations that this database has not seen."""
    from playhouse.migrations import Runner

    with db.migrating() as made:
        Runner(db.dialect.peewee, str(DIRECTORY)).up(fake=made)
