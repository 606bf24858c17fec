"""A crash at any step leaves the old state or the new one; the next attempt completes it."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.store import staging
from humanloop_emulator.store.copying import tables_of
from tests.builders.files import Files, Logs
from tests.builders.trees import answers, contents, export_to, import_from
from tests.conftest import Api, make_app
from tests.databases import database_at


class Crash(Exception):
    """What ends an attempt."""


class CrashAt:
    """Ends the attempt at one of its steps."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.steps = 0

    def __call__(self) -> None:
        self.steps += 1
        if self.steps == self.number:
            raise Crash


@contextmanager
def app_on(db: Path | str) -> Iterator[Flask]:
    app = make_app(db=str(db))
    try:
        yield app
    finally:
        app.extensions["emulator"].db.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small tree in it, and a database with a File of its own."""
    home = tmp_path_factory.mktemp("small")
    app = make_app()
    api = Api(app)
    logs = Logs(api)
    top = logs.create("flow", "traced")["id"]
    for number in range(5):
        log = logs.create("prompt", trace_parent_id=top, log_id=f"log-{number}")["id"]
        logs.judge(log, judgment=bool(number % 2))
    Files(api, "dataset").upsert("points")
    export_to(app, home / "tree")
    with app_on(home / "old.db") as old:
        Files(Api(old), "prompt").upsert("mine")
    return home


def copied(small: Path, tmp_path: Path) -> Path:
    shutil.copy(small / "old.db", tmp_path / "db")
    return tmp_path / "db"


def rows(app: Flask) -> list[str]:
    """Return all that is stored, as SQL."""
    return list(app.extensions["emulator"].db.connection.iterdump())


def all_rows(app: Flask) -> list[list[Any]]:
    return [list(rows) for _, rows in tables_of(app.extensions["emulator"].db)]


def state(db: str) -> dict[str, bytes]:
    with app_on(db) as app:
        return answers(Api(app))


@pytest.fixture
def many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BATCH", 5)


def steps_of_an_import(small: Path, tmp_path: Path) -> tuple[int, dict[str, bytes]]:
    """Return how many steps an undisturbed import takes, and what is answered after it."""
    counter = CrashAt(0)
    with app_on(copied(small, tmp_path)) as app:
        import_from(app, small / "tree", step=counter)
        return counter.steps, answers(Api(app))


def test_an_import_that_crashes_at_any_step_changes_nothing(small: Path, tmp_path: Path, many_steps: None) -> None:
    steps, _ = steps_of_an_import(small, tmp_path)
    assert steps > 40
    with app_on(copied(small, tmp_path)) as app:
        old = rows(app)
        for number in range(1, steps):  # the last step comes after the transaction
            with pytest.raises(Crash):
                import_from(app, small / "tree", step=CrashAt(number))
            assert rows(app) == old
            (tmp_path / "db.import").unlink()


def test_an_import_that_crashes_changes_nothing_in_any_database(
    app: Flask, api: Api, small: Path, tmp_path: Path, many_steps: None
) -> None:
    Files(api, "prompt").upsert("mine")
    steps, _ = steps_of_an_import(small, tmp_path)
    old = all_rows(app)
    for number in range(7, steps, 16):
        with pytest.raises(Crash):
            import_from(app, small / "tree", step=CrashAt(number))
        assert all_rows(app) == old
    import_from(app, small / "tree")
    assert api.get("/logs/log-3")


def test_an_import_that_crashed_is_completed_later(small: Path, tmp_path: Path, many_steps: None) -> None:
    steps, complete = steps_of_an_import(small, tmp_path)
    for number in (*range(1, steps, 8), steps):
        with app_on(copied(small, tmp_path)) as app:
            with pytest.raises(Crash):
                import_from(app, small / "tree", step=CrashAt(number))
            import_from(app, small / "tree")
            assert answers(Api(app)) == complete
        assert not list(tmp_path.glob("*.import*"))


def test_an_import_goes_on_where_the_last_one_ended(small: Path, tmp_path: Path, many_steps: None) -> None:
    with app_on(copied(small, tmp_path)) as app:
        whole, rest = CrashAt(0), CrashAt(0)
        with pytest.raises(Crash):
            import_from(app, small / "tree", step=CrashAt(8))
        import_from(app, small / "tree", step=rest)
        with app_on(tmp_path / "other") as other:
            import_from(other, small / "tree", step=whole)
        assert rest.steps <= whole.steps - 6


def test_an_import_begins_anew_when_the_tree_has_changed(small: Path, tmp_path: Path, many_steps: None) -> None:
    tree = Path(shutil.copytree(small / "tree", tmp_path / "tree"))
    with app_on(copied(small, tmp_path)) as app:
        with pytest.raises(Crash):
            import_from(app, tree, step=CrashAt(8))
        for path in tree.rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes().replace(b"log-3", b"log-changed"))
        import_from(app, tree)
        Api(app).get("/logs/log-changed")
        Api(app).get("/logs/log-3", status=404)


def test_a_second_import_at_the_same_time_is_refused(small: Path, tmp_path: Path) -> None:
    def meanwhile() -> None:
        with app_on(path) as other, pytest.raises(staging.Busy):
            import_from(other, small / "tree")

    path = copied(small, tmp_path)
    with app_on(path) as app:
        steps = iter([meanwhile])
        import_from(app, small / "tree", step=lambda: next(steps, lambda: None)())
        assert Api(app).get("/logs/log-3")


def test_an_export_that_crashes_at_any_step_leaves_nothing_and_is_made_later(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    with app_on(copied(small, tmp_path)) as app:
        import_from(app, small / "tree")
        whole = contents(export_to(app, tmp_path / "whole"))
        for number in count(1):
            with pytest.raises(Crash):
                export_to(app, target, step=CrashAt(number))
            if target.exists():
                break
        assert number > len(list(target.rglob("*.json")))
    assert contents(target) == whole
    assert not list(tmp_path.glob(".target.*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from typing import Any
from tests.conftest import make_app
from tests.builders import trees

left = [int(sys.argv[1])]

def step():
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

getattr(trees, sys.argv[2])(make_app(db=sys.argv[3]), Path(sys.argv[4]), step=step)
"""


@pytest.fixture
def used(tmp_path: Path) -> str:
    """Return a database with a File of its own, whichever kind it is."""
    db = database_at(tmp_path / "db")
    with app_on(db) as app:
        Files(Api(app), "prompt").upsert("mine")
    return db


def kill(at: int, name: str, db: str, folder: Path) -> None:
    """Do it in a process that kills itself at a step."""
    command = [sys.executable, "-c", KILLED, str(at), name, db, str(folder)]
    assert subprocess.run(command, timeout=60).returncode == -signal.SIGKILL


@pytest.mark.parametrize("at", [2, 30])
def test_a_killed_import_changes_nothing_and_is_completed_later(small: Path, used: str, at: int) -> None:
    old = state(used)
    kill(at, "import_from", used, small / "tree")
    assert state(used) == old
    with app_on(used) as app:
        import_from(app, small / "tree")
        assert Api(app).get("/logs/log-3")


def test_a_killed_export_leaves_nothing_and_is_made_later(used: str, tmp_path: Path) -> None:
    kill(5, "export_to", used, tmp_path / "target")
    assert not (tmp_path / "target").exists()
    with app_on(used) as app:
        assert export_to(app, tmp_path / "target").is_dir()
