"""Snapshots and resets while others work, and when the process is killed: the old state or the new one."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from humanloop_emulator.errors import Replaced
from tests.conftest import Api, make_app
from tests.databases import database_at

OLD, NEW = ["old/prompt"], ["new/first", "new/second"]
ROOT = Path(__file__).resolve().parents[2]


def store(app: Flask, paths: list[str]) -> None:
    for path in paths:
        Api(app).post("/prompts", {"path": path, "model": "gpt-4o"})


def paths(app: Flask) -> list[str]:
    return sorted(record["path"] for record in Api(app).get("/prompts")["records"])


@pytest.fixture(params=["memory", "file"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """Return an application with the snapshots `old` and `new`, in the state `new`."""
    app = make_app(db=":memory:" if request.param == "memory" else database_at(tmp_path / "emulator.db"))
    state = app.extensions["emulator"].state
    for name, contents in (("old", OLD), ("new", NEW)):
        state.reset()
        store(app, contents)
        state.save(name)
    return app


class Workers:
    """Threads that do something again and again until the test ends; what they raise fails it."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def add(self, work: Callable[[], None]) -> None:
        began = threading.Event()

        def repeat() -> None:
            try:
                while not self._done.is_set() and not self._errors:
                    work()
                    began.set()
            except BaseException as error:
                self._errors.append(error)
            began.set()

        thread = threading.Thread(target=repeat)
        self._threads.append(thread)
        thread.start()
        began.wait()

    def stop(self) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()
        for error in self._errors:
            raise error


def test_snapshots_are_listed_by_name(app: Flask) -> None:
    state = app.extensions["emulator"].state
    for name in ("old-2", "old.b"):
        state.save(name)
    assert [snapshot.name for snapshot in state.snapshots.list()] == ["new", "old", "old-2", "old.b"]


def test_requests_see_one_state_or_the_other(app: Flask) -> None:
    state = app.extensions["emulator"].state
    workers = Workers()

    def read() -> None:
        seen = paths(app)
        assert seen in (OLD, NEW), seen

    def write() -> None:
        assert Api(app).post("/flows", {"path": "written/flow", "attributes": {}})["path"] == "written/flow"

    for work in (read, read, write):
        workers.add(work)
    try:
        for _ in range(8):
            state.load("old")
            state.load("new")
    finally:
        workers.stop()


def test_snapshots_saved_while_others_write_are_whole(app: Flask) -> None:
    """Each Log counts in its File and in the totals: a snapshot has both or neither."""
    state = app.extensions["emulator"].state
    workers = Workers()
    workers.add(lambda: Api(app).post("/prompts/log", {"path": "new/first", "output": "x", "prompt": {"model": "m"}}))
    try:
        for _ in range(10):
            state.save("during")
    finally:
        workers.stop()
    state.load("during")
    [counts] = state.counts()
    files = Api(app).get("/prompts")["records"]
    assert counts["logs"] == sum(file["total_logs_count"] for file in files) > 0


def test_work_of_several_transactions_is_refused_when_the_state_was_replaced_between(app: Flask) -> None:
    from humanloop_emulator.services.workspace import open_workspace

    emulator = app.extensions["emulator"]
    ws = open_workspace(emulator.db, "default", emulator.clock, emulator.ids)
    with ws.reading():
        pass
    emulator.state.load("old")
    for transaction in (ws.reading, ws.writing):
        with pytest.raises(Replaced), transaction():
            pass


PROGRAM = """
import os, signal, sys
from pathlib import Path
from humanloop_emulator import create_app
from humanloop_emulator.store.database import Database
from humanloop_emulator.store import snapshot_files
from humanloop_emulator.settings import Settings

action, step, db = sys.argv[1:]
state = create_app(Settings(db=db, jobs="off")).extensions["emulator"].state


def die(*arguments, **options):
    if not isinstance(arguments[0], Database) or db in (arguments[0].path, arguments[1].path):
        os.kill(os.getpid(), signal.SIGKILL)


def before(original):
    def call(*arguments, **options):
        die(*arguments)
        original(*arguments, **options)
    return call


def after(original):
    def call(*arguments, **options):
        original(*arguments, **options)
        die(*arguments)
    return call


owner, _, name = step.partition(".")
owner = {"Database": Database, "Path": Path, "files": snapshot_files, "shutil": snapshot_files.shutil}[owner]
place, _, when = name.partition(" ")
original = getattr(owner, place)
setattr(owner, place, before(original) if when == "before" else after(original))
getattr(state, action)(*([] if action == "reset" else ["old"]))
"""
STEPS = {
    "save": [
        "Database.replace_with before",
        "Database.replace_with after",
        "Path.replace before",
        "Path.replace after",
    ],
    "load": [
        "shutil.copyfile before",
        "shutil.copyfile after",
        "Database.replace_with before",
        "Database.replace_with after",
    ],
    "reset": ["Database.replace_with before", "Database.replace_with after"],
}


def killed(action: str, step: str, db: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, action, step, str(db)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(("action", "step"), [(action, step) for action, steps in STEPS.items() for step in steps])
def test_killed_at_each_step_all_is_old_or_new(tmp_path: Path, action: str, step: str) -> None:
    db = tmp_path / "emulator.db"
    app = make_app(db=str(db))
    state = app.extensions["emulator"].state
    store(app, OLD)
    state.save("old")
    state.reset()
    store(app, NEW)
    killed(action, step, db)
    reached = step.endswith("after") and step != "shutil.copyfile after"
    expected = {"save": NEW, "load": OLD if reached else NEW, "reset": [] if reached else NEW}[action]
    assert paths(app) == expected
    assert [snapshot.name for snapshot in state.snapshots.list()] == ["old"]
    state.load("old")
    assert paths(app) == (NEW if action == "save" and step == "Path.replace after" else OLD)
    assert sound(db)


def test_a_snapshot_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    app = make_app(db=str(tmp_path / "emulator.db"))
    state = app.extensions["emulator"].state
    store(app, OLD)
    state.save("old")
    with closing(sqlite3.connect(tmp_path / "emulator.db.snapshots" / "old.db")) as connection:
        connection.executescript("DROP TABLE timeline; DELETE FROM schema_migration WHERE name = '0008_timeline'")
    state.reset()
    state.load("old")
    assert paths(app) == OLD


def sound(db: Path) -> bool:
    with closing(sqlite3.connect(db)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


LOOP = """
import sys
from humanloop_emulator import create_app
from humanloop_emulator.settings import Settings

state = create_app(Settings(db=sys.argv[1], jobs="off")).extensions["emulator"].state
while True:
    for name in ("old", "new"):
        state.load(name)
        print(name, flush=True)
"""


def test_killed_in_the_middle_of_loading_all_is_old_or_new(tmp_path: Path) -> None:
    """The process is killed while the database writes, wherever that is just then."""
    db = database_at(tmp_path / "emulator.db")
    app = make_app(db=db)
    state = app.extensions["emulator"].state
    for name, contents in (("old", OLD), ("new", NEW)):
        state.reset()
        store(app, contents)
        state.save(name)
    for lines in range(1, 7):
        loader = subprocess.Popen([sys.executable, "-c", LOOP, db], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert loader.stdout
        for _ in range(lines):
            assert loader.stdout.readline()
        loader.kill()
        loader.communicate()
        assert paths(app) in (OLD, NEW)
        assert not Path(db).exists() or sound(Path(db))
