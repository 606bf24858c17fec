"""Statements: what their rows are stands beside them, and is checked."""

from typing import NamedTuple

import pytest

from humanloop_emulator.store.database import Database
from humanloop_emulator.store.statement import kept, sql


class Pair(NamedTuple):
    one: int
    two: int


def test_rows_are_what_stands_beside_the_query() -> None:
    db = Database(":memory:")
    assert db.all(sql("SELECT 1 AS one, 2 AS two", Pair)) == [Pair(1, 2)]
    assert db.first(sql("SELECT 1 AS one, 2 AS two WHERE 1 = 2", Pair)) is None
    assert db.one(kept(Pair)(lambda: sql("SELECT 3 AS one, 4 AS two", Pair))()).two == 4


def test_a_query_with_other_columns_than_its_rows_is_refused() -> None:
    with pytest.raises(TypeError, match="Pair has the fields one, two; its query: two, one"):
        Database(":memory:").all(sql("SELECT 1 AS two, 2 AS one", Pair))
