"""The database schema: what the migrations make is what the models say, and starting again changes nothing."""

import re
import subprocess
import sys
from pathlib import Path

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.models import TABLES
from humanloop_emulator.store.schema import migrate


def schema_of(db: Database) -> dict[str, str]:
    rows = db.connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"[\s\"]+", "", sql) for name, sql in rows if not name.startswith("schema_migration")}


def test_the_migrations_make_the_tables_of_the_models() -> None:
    migrated, declared = Database(":memory:"), Database(":memory:")
    migrate(migrated)
    with declared.dialect.peewee.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        declared.dialect.peewee.create_tables(TABLES)
    assert schema_of(migrated) == schema_of(declared)


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "data" / "humanloop.db")
    first = Database(path)
    migrate(first)
    before = schema_of(first)
    first.close()
    again = Database(path)
    migrate(again)
    assert schema_of(again) == before
    again.close()


def test_processes_that_start_together_make_one_schema(tmp_path: Path) -> None:
    path = str(tmp_path / "humanloop.db")
    program = (
        "import sys; from humanloop_emulator.store.database import Database;"
        "from humanloop_emulator.store.schema import migrate;"
        "db = Database(sys.argv[1]); migrate(db); print('migrated')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in processes] == ["migrated"] * 4
