"""The schema of a database: created and migrated on start."""

from pathlib import Path
from typing import Any

from .database import Database
from .statement import kept, sql

DIRECTORY = Path(__file__).parent / "migrations"


def migrate(db: Database) -> None:
    """Apply the migrations that this database has not seen."""
    from playhouse.migrations import Runner

    with db.migrating():
        Runner(db.peewee, str(DIRECTORY)).up()


@kept
def _extent() -> Any:
    from .models import TABLES

    tables = [table._meta.table_name for table in TABLES if "uid" in table._meta.fields]
    newest = ", ".join(f"(SELECT max(id) FROM {table})" for table in tables)
    return sql(f"SELECT {newest}")


def extent(db: Database) -> str:
    """Tell how far the keys of all things with ids have come: another text whenever one was added."""
    with db.reading():
        return str(db.tuples(_extent()))
