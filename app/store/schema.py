"""The schema of a database: made or migrated on start.

A new database gets it from the models, and the migrations count as done: to run them would take ten times as long.
`tests/store/test_schema.py` holds that both ways lead to the same.
"""

from pathlib import Path

from .database import Database
from .dialects import shown
from .models import TABLES, Timeline

DIRECTORY = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """A newer version of the emulator has migrated the database; the text is one line for who started this one."""


def migrate(db: Database) -> None:
    """Bring a database to the present schema: all or nothing, by one of several processes that start together.

    Raises NewerDatabase, and changes nothing then.
    """
    from playhouse.migrations import Runner

    with db.migrating() as peewee:
        runner = Runner(peewee, str(DIRECTORY))
        known, applied = [migration.name for migration in runner.migrations()], runner.applied()
        if not applied:
            peewee.create_tables(TABLES)
            Timeline.insert(id=1, seed="", start="", frozen="", last="").execute(peewee)
            runner.History.create_table()
            runner.History.insert_many([{"name": name} for name in known]).execute()
        elif newer := sorted(applied.keys() - set(known)):
            who = f"a newer version of the emulator has migrated it ({', '.join(newer)})"
            raise NewerDatabase(f"Cannot use the database {shown(db.path)}: {who}.")
        else:
            runner.up()
