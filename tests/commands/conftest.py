"""A database with what converters meet, and its conversions, each made once."""

from functools import cache
from pathlib import Path

import pytest

from tests.builders.conversions import Convert, fill, run
from tests.conftest import Api, make_app
from tests.databases import database_at


@pytest.fixture(scope="package")
def db(tmp_path_factory: pytest.TempPathFactory) -> str:
    db = database_at(tmp_path_factory.mktemp("convert") / "emulator.db")
    app = make_app(db=db)
    fill(Api(app))
    app.extensions["emulator"].runtime.close()
    return db


@pytest.fixture(scope="package")
def convert(db: str, tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Return a function that converts, which succeeds, and returns the folder; the same is converted once."""

    @cache
    def convert(format: str, *words: str) -> Path:
        folder = tmp_path_factory.mktemp("converted") / format
        done = run(format, *words, "--db", db, "-o", str(folder))
        assert done.exit_code == 0, done.output
        assert done.stderr == ((folder / "notes.txt").read_text() if (folder / "notes.txt").exists() else "")
        return folder

    return convert
