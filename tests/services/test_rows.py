"""Each query has the columns that its rows are said to have, also where no other test runs it."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from humanloop_emulator import services
from humanloop_emulator.store.database import Database
from humanloop_emulator.store.schema import migrate
from humanloop_emulator.store.statement import Statement


def statements() -> Iterator[Any]:
    """Yield what modules of the services keep and say the rows of."""
    for module in pkgutil.walk_packages(services.__path__, services.__name__ + "."):
        for name, value in vars(import_module(module.name)).items():
            if inspect.isfunction(value) and hasattr(value, "__wrapped__") and not inspect.signature(value).parameters:
                value = value()
            if isinstance(value, Statement) and value.row is not None:
                yield pytest.param(value, id=f"{module.name.removeprefix(services.__name__ + '.')}.{name}")


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    """Return an empty database."""
    db = Database(":memory:")
    migrate(db)
    yield db
    db.close()


@pytest.mark.parametrize("statement", list(statements()))
def test_the_columns_of_a_query_are_the_fields_of_its_rows(db: Database, statement: Statement[Any]) -> None:
    text = statement.on(db.dialect).sql
    columns = db.connection.execute(text, [0] * text.count("?")).description
    assert statement.row is not None
    assert tuple(column[0] for column in columns) == statement.row._fields
