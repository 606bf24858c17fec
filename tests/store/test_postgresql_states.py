"""The state as a whole on PostgreSQL: snapshots are schemas, starts are shared, readers see one state throughout."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from humanloop_emulator.application import Emulator
from humanloop_emulator.errors import Invalid
from humanloop_emulator.store.database import Database
from humanloop_emulator.store.models import Organisation
from humanloop_emulator.store.schema import migrate, newest
from humanloop_emulator.store.statement import sql
from tests.conftest import make_app
from tests.databases import bare_database, new_database

pytestmark = pytest.mark.postgresql_only("a snapshot of SQLite is a file, not a schema")

ROOT = Path(__file__).resolve().parents[2]
NAMES = sql("SELECT name FROM organisation ORDER BY id")
UIDS = sql("SELECT uid FROM file ORDER BY id")
Make = Callable[..., Emulator]


@pytest.fixture
def url() -> str:
    return new_database()


@pytest.fixture
def make(url: str) -> Make:
    """Return a function that makes a server of the database."""
    return lambda **settings: make_app(**{"db": url, **settings}).extensions["emulator"]


def add(db: Database, *names: str) -> None:
    with db.writing():
        for name in names:
            db.insert(Organisation, name=name, created_at="")


def schemas(db: Database) -> set[str]:
    rows = db.connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%_snapshot_%'").fetchall()
    return {name for (name,) in rows}


def test_all_servers_go_back_to_the_ids_of_the_first(make: Make) -> None:
    first, second = make(seed="default"), make(seed="default")
    ids = first.db.column(UIDS)
    for server in (second, first, make(seed="default")):
        with server.db.writing():
            server.db.run(sql("UPDATE file SET uid = uid || '-changed'"))
        server.reset()
        assert first.db.column(UIDS) == ids


def test_a_server_with_another_seed_goes_back_to_its_own(make: Make, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("type: flow\npath: seeded/flow\nattributes: {}\n")
    first = make(seed="default")
    ids = first.db.column(UIDS)
    other = make(seed=str(tmp_path))
    other.reset()
    [own] = first.db.column(UIDS)
    first.reset()
    assert first.db.column(UIDS) == ids
    other.reset()
    assert first.db.column(UIDS) == [own]
    (tmp_path / "one.yaml").write_text("type: flow\npath: seeded/flow\nattributes: {changed: true}\n")
    other.reset()
    assert first.db.column(UIDS) != [own]


def test_new_rows_get_keys_that_none_has(make: Make) -> None:
    server = make()
    add(server.db, "one", "two")
    server.state.save("two")
    server.reset()
    add(server.db, "three")
    server.state.load("two")
    add(server.db, "four")
    assert server.db.column(NAMES) == ["one", "two", "four"]


def test_a_snapshot_that_is_saved_again_or_deleted_leaves_no_schema(make: Make) -> None:
    server = make()
    before = schemas(server.db)
    for name in ("one", "two"):
        add(server.db, name)
        server.state.save("same")
    assert len(schemas(server.db) - before) == 1
    server.reset()
    server.state.load("same")
    assert server.db.column(NAMES) == ["one", "two"]
    server.state.snapshots.delete("same")
    assert schemas(server.db) == before


def test_a_snapshot_of_an_older_version_is_brought_up_to_date(make: Make) -> None:
    server = make()
    add(server.db, "old")
    server.state.save("old")
    [schema] = server.db.connection.execute(
        "SELECT 'public_snapshot_' || id FROM snapshot WHERE name = 'old'"
    ).fetchone()
    server.db.connection.execute(f"DROP TABLE {schema}.timeline")
    server.db.connection.execute("UPDATE snapshot SET migration = '0002_runtime' WHERE name = 'old'")
    server.reset()
    server.state.load("old")
    assert server.db.column(NAMES) == ["old"]
    assert server.db.value(sql("SELECT count(*) FROM timeline")) == 1
    found = server.db.connection.execute("SELECT migration FROM snapshot WHERE name = 'old'").fetchone()
    assert found == (newest(),)
    assert not {name for name in schemas(server.db) if name.endswith("_new")}


@pytest.fixture
def limited() -> Iterator[str]:
    """Return a database for a user who may make tables in it, but no schemas."""
    url, user = bare_database(), f"limited_{uuid4().hex}"
    db = Database(url)
    db.connection.execute(f"CREATE ROLE {user} LOGIN; GRANT CREATE ON SCHEMA public TO {user}")
    yield url.replace("emulator@", f"{user}@")
    db.connection.execute(f"DROP OWNED BY {user}; DROP ROLE {user}")
    db.close()


def test_without_the_right_to_make_schemas_there_are_no_snapshots(limited: str) -> None:
    server = make_app(db=limited).extensions["emulator"]
    add(server.db, "one")
    with pytest.raises(Invalid) as refused:
        server.state.save("one")
    assert "GRANT CREATE ON DATABASE" in refused.value.detail["description"]
    server.reset()
    assert server.db.column(NAMES) == []
    server.db.close()


@pytest.mark.parametrize("small", [0, 2**30], ids=["truncated", "deleted"])
def test_a_reader_sees_one_state_while_another_comes(url: str, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    from humanloop_emulator.store.dialects import states

    monkeypatch.setattr(states, "SMALL", small)
    db, source = Database(url), Database(":memory:")
    for each in (db, source):
        migrate(each)
    add(db, "ours")
    add(source, "theirs")
    replacing = threading.Thread(target=lambda: Database(url).replace_with(source))
    with db.reading():
        state = db.state
        replacing.start()
        if small:
            replacing.join()
        else:
            wait_for_a_lock(Database(url))
        assert db.column(NAMES) == ["ours"]
        assert db.state == state
    replacing.join()
    with db.reading():
        assert db.column(NAMES) == ["theirs"]
        assert db.state > state


def wait_for_a_lock(db: Database) -> None:
    """Wait until somebody waits for the readers."""
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    while not db.connection.execute(waiting).fetchone():
        pass


PROGRAM = """
import os, signal, sys
from humanloop_emulator import create_app
from humanloop_emulator.settings import Settings
from humanloop_emulator.store.dialects import schemas, states

action, name, db = sys.argv[1:]
state = create_app(Settings(db=db, jobs="off", seed="none")).extensions["emulator"].state
place, when = name.split()
owner = states if hasattr(states, place) else schemas
original = getattr(owner, place)


def killed(*arguments):
    if when == "after":
        original(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)


setattr(owner, place, killed)
getattr(state, action)("kept")
"""


@pytest.mark.parametrize(
    ("action", "step"),
    [
        ("save", "_make before"),
        ("save", "_make after"),
        ("save", "_describe after"),
        ("load", "load before"),
        ("load", "_clear after"),
        ("load", "load after"),
    ],
)
def test_killed_at_each_step_all_is_as_before(make: Make, url: str, action: str, step: str) -> None:
    server = make()
    add(server.db, "old")
    server.state.save("kept")
    add(server.db, "new")
    before = schemas(server.db)
    done = subprocess.run([sys.executable, "-c", PROGRAM, action, step, url], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert server.db.column(NAMES) == ["old", "new"]
    assert schemas(server.db) == before
    server.state.load("kept")
    assert server.db.column(NAMES) == ["old"]


def test_servers_that_start_together_keep_one_start(url: str) -> None:
    program = (
        "import sys; from humanloop_emulator import create_app;"
        "from humanloop_emulator.settings import Settings;"
        "create_app(Settings(db=sys.argv[1], jobs='off')); print('started')"
    )
    servers: list[Any] = [
        subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [server.communicate()[0].strip() for server in servers] == ["started"] * 3
    db = Database(url)
    assert db.connection.execute("SELECT count(*) FROM snapshot").fetchone() == (1,)
    ids = db.column(UIDS)
    make_app(db=url, seed="default").extensions["emulator"].reset()
    assert db.column(UIDS) == ids
