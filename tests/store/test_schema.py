"""The database schema: what the migrations make is what the models say, and starting again changes nothing."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playhouse.migrations import Runner

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.schema import DIRECTORY, NewerDatabase, migrate
from humanloop_emulator.store.statement import sql
from tests.databases import bare_database

NAMES = sorted(path.stem for path in DIRECTORY.glob("0*.py"))
ORGANISATION = "INSERT INTO organisation (id, name, created_at) VALUES (7, 'ours', '')"


def schema_in_sqlite(db: Database) -> Any:
    rows = db.connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"[\s\"]+", "", text) for name, text in rows if not name.startswith("schema_migration")}


def schema_in_postgresql(db: Database) -> Any:
    columns, indexes, constraints = (
        db.connection.execute(query).fetchall()
        for query in (
            """
            SELECT table_name, column_name, ordinal_position, data_type, collation_name, is_nullable, column_default
            FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 3
            """,
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1",
            """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2
            """,
        )
    )
    return columns, indexes, constraints


SCHEMA_IN: dict[str, Callable[[Database], Any]] = {"sqlite": schema_in_sqlite, "postgresql": schema_in_postgresql}


def _at(path: Path) -> str:
    new = bare_database()
    return str(path) if new == ":memory:" else new


def schema_of(db: Database) -> Any:
    return SCHEMA_IN[db.dialect.name](db)


def migrated_to(name: str) -> Database:
    """Return a database as the version made it whose last migration this is, with an organisation."""
    db = Database(bare_database())
    with db.migrating() as peewee:
        Runner(peewee, str(DIRECTORY)).up(name)
        peewee.execute_sql(ORGANISATION)
    return db


def test_the_migrations_make_the_tables_of_the_models() -> None:
    made = Database(bare_database())
    migrate(made)
    assert schema_of(migrated_to(NAMES[-1])) == schema_of(made)
    timeline = sql("SELECT * FROM timeline")
    assert made.tuples(timeline) == [(1, 0, "", 0, "", "", 0, "")]


@pytest.mark.parametrize("version", NAMES)
def test_a_database_of_each_version_is_brought_up_to_date(version: str) -> None:
    made, old = Database(bare_database()), migrated_to(version)
    migrate(made)
    migrate(old)
    assert schema_of(old) == schema_of(made)
    assert old.tuples(sql("SELECT id, name FROM organisation")) == [(7, "ours")]
    assert old.tuples(sql("SELECT * FROM timeline")) == made.tuples(sql("SELECT * FROM timeline"))


def test_a_database_of_a_newer_version_is_left_alone() -> None:
    db = migrated_to(NAMES[1])
    with db.migrating() as peewee:
        Runner(peewee, str(DIRECTORY)).History.create(name="9999_tomorrow")
    before = schema_of(db)
    with pytest.raises(NewerDatabase, match=r"Cannot use the database .*newer version .*9999_tomorrow"):
        migrate(db)
    assert schema_of(db) == before


def test_what_fails_in_between_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    db = migrated_to(NAMES[0])
    before = schema_of(db)
    load = Runner._run

    def run(runner: Runner, name: str, *arguments: Any, **options: Any) -> None:
        load(runner, name, *arguments, **options)
        if name == NAMES[2]:
            raise OSError("killed")

    monkeypatch.setattr(Runner, "_run", run)
    with pytest.raises(OSError, match="killed"):
        migrate(db)
    assert schema_of(db) == before


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    path = _at(tmp_path / "data" / "humanloop.db")
    first = Database(path)
    migrate(first)
    before = schema_of(first)
    first.close()
    again = Database(path)
    migrate(again)
    assert schema_of(again) == before
    again.close()


@pytest.mark.parametrize("version", [None, NAMES[0]], ids=["new", "old"])
def test_processes_that_start_together_make_one_schema(tmp_path: Path, version: str | None) -> None:
    path = _at(tmp_path / "humanloop.db")
    if version:
        old = Database(path)
        with old.migrating() as peewee:
            Runner(peewee, str(DIRECTORY)).up(version)
    program = (
        "import sys; from humanloop_emulator.store.database import Database;"
        "from humanloop_emulator.store.schema import migrate;"
        "db = Database(sys.argv[1]); migrate(db); print('migrated')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in processes] == ["migrated"] * 4
    made = Database(bare_database())
    migrate(made)
    assert schema_of(Database(path)) == schema_of(made)
