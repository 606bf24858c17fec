"""The schema of a database: made or migrated on start.

A new database gets it from the models, and the migrations count as done: to run them would take ten times as long.
`tests/store/test_schema.py` holds that both ways lead to the same.
"""

from functools import cache
from pathlib import Path
from typing import Any

from peewee import Database as Peewee

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
    with db.migrating() as peewee:
        runner = _runner(peewee)
        known, applied = _known(), runner.applied()
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


def newest() -> str:
    """Return the name of the last migration."""
    return _known()[-1]


def apply(peewee: Peewee, last: str) -> None:
    """Apply the migrations up to this one that have not been, in the transaction that is open."""
    _runner(peewee).up(last)


def _runner(peewee: Peewee) -> Any:
    from playhouse.migrations import Runner

    return Runner(peewee, str(DIRECTORY))


@cache
def _known() -> list[str]:
    return sorted(path.stem for path in DIRECTORY.glob("[0-9]*.py"))
