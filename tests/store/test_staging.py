"""Staged rows are tables of the database for one transaction, whichever database it is."""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.dialects import driver_errors
from humanloop_emulator.store.schema import migrate
from humanloop_emulator.store.staging import Busy, Count, Staging
from humanloop_emulator.store.statement import sql
from tests.databases import new_database


class Thing(NamedTuple):
    id: Count | None
    uid: str
    good: bool
    note: str | None
    listed: int


ROWS = {Thing: ("uid",)}
GOOD = sql("SELECT id, uid, note, listed FROM staged_thing WHERE good ORDER BY uid")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file with three rows."""
    path = tmp_path / "staging"
    with closing(opened(path)) as staging:
        for row in (
            Thing(None, "b", True, "nul \0, tab \t, \\N", 1),
            Thing(None, "bad", False, "not shown", 1),
            Thing(None, "Z", True, None, 2**40),
            Thing(None, "b", True, "a mention is not believed", 0),
        ):
            staging.put(row)
        staging.commit()
    return path


def opened(path: Path, origin: str = "here") -> Staging:
    staging = Staging(path, ROWS, origin, lambda: None)
    staging.begin()
    return staging


def count(staging: Staging) -> int:
    found: int = staging.value("SELECT count(*) FROM staged_thing")
    return found


def test_statements_find_the_staged_rows_until_the_transaction_ends(path: Path) -> None:
    db = Database(new_database())
    migrate(db)
    for _ in range(2):
        with db.merging(db.writing(), path, ROWS):
            assert db.tuples(GOOD) == [(3, "Z", None, 2**40), (1, "b", "nul \0, tab \t, \\N", 1)]
        with pytest.raises(driver_errors()), db.reading():
            db.tuples(GOOD)
    db.close()


def test_what_was_committed_is_found_again_unless_it_has_another_origin(path: Path) -> None:
    with closing(opened(path)) as staging:
        assert count(staging) == 3
        staging.put(Thing(None, "lost", True, None, 1))
    with closing(opened(path)) as staging:
        assert count(staging) == 3
    with closing(opened(path, "elsewhere")) as staging:
        assert count(staging) == 0


def test_a_file_that_is_open_is_busy(path: Path) -> None:
    with closing(opened(path)), pytest.raises(Busy):
        opened(path)
