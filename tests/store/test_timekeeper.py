"""One clock and one source of ids for all processes of a database: here two applications stand for two processes."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.application import Emulator, assemble, create_app, join
from humanloop_emulator.clock import TICK, read_time
from humanloop_emulator.ids import derived_id
from humanloop_emulator.settings import Settings
from humanloop_emulator.store.database import Database
from tests.builders.processes import run
from tests.conftest import Api
from tests.databases import database_at

START = "2025-03-01T12:00:00.000000Z"
CODE = "def check(log):\n    return True\n"
SPEC = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "boolean", "code": CODE}

Start = Callable[..., Flask]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a server with these settings, and then a process beside it with each call."""
    made: list[Flask] = []

    def begin(**options: Any) -> Flask:
        settings = Settings(**{"db": database_at(tmp_path / "emulator.db"), "seed": "none", "jobs": "off", **options})
        app = assemble(Emulator(settings, Database(settings.db))) if made else create_app(settings)
        made.append(app)
        return app

    yield begin
    for app in made:
        emulator_of(app).runtime.close()


def emulator_of(app: Flask) -> Emulator:
    emulator: Emulator = app.extensions["emulator"]
    return emulator


def tell(app: Flask, **what: Any) -> Any:
    answer = app.test_client().post("/_emulator/clock", json=what)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def seen(app: Flask) -> Any:
    return app.test_client().get("/_emulator/clock").get_json()


def log(app: Flask) -> Any:
    return Api(app).post("/flows/log", {"path": "F", "flow": {"attributes": {}}})


def test_whatever_the_clock_is_told_holds_in_all_processes(start: Start) -> None:
    first, second = start(clock=START, workers=2), start(clock=START, workers=2)
    assert seen(first) == seen(second) == {"time": START, "frozen": True}
    tell(first, advance=86_400)
    assert seen(second)["time"] == "2025-03-02T12:00:00.000000Z"
    tell(second, set="2024-01-01T00:00:00Z")
    assert Api(first).post("/flows", {"path": "F", "attributes": {}})["created_at"].startswith("2024-01-01T00:00:00")
    assert tell(first, resume=True)["frozen"] is seen(second)["frozen"] is False
    assert seen(second)["time"].startswith("2024-01-01T00:0")
    assert tell(second, freeze="2026-06-06")["time"] == seen(first)["time"] == "2026-06-06T00:00:00.000000Z"
    assert second.test_client().delete("/_emulator/clock").status_code == 204
    assert seen(first) == {"time": START, "frozen": True}


def test_a_running_clock_that_was_moved_is_moved_everywhere(start: Start) -> None:
    first, second = start(), start()
    tell(first, set="2031-01-01T00:00:00Z")
    assert log(second)["id"]
    assert Api(second).get("/flows")["records"][0]["created_at"].startswith("2031-01-01T00:0")


def test_no_tick_and_no_id_comes_twice(start: Start) -> None:
    apps = [start(clock=START, seed_ids="s", workers=2), start(clock=START, seed_ids="s", workers=2)]
    for number in range(6):
        Api(apps[number % 2]).post("/flows", {"path": f"F{number}", "attributes": {}})
    files = Api(apps[0]).get("/flows")["records"]
    assert [file["name"] for file in files] == [f"F{number}" for number in reversed(range(6))]
    assert len({file["created_at"] for file in files}) == len({file["id"] for file in files}) == 6


def test_processes_in_turn_give_the_ids_of_one(start: Start) -> None:
    def ids(apps: list[Flask]) -> list[str]:
        return [Api(apps[n % len(apps)]).post("/flows", {"path": f"F{n}", "attributes": {}})["id"] for n in range(4)]

    alone = ids([create_app(Settings(db=":memory:", seed="none", jobs="off", seed_ids="s"))])
    assert ids([start(seed_ids="s"), start(seed_ids="s")]) == alone


def test_ids_stay_apart_when_threads_and_processes_write_at_once(start: Start) -> None:
    apps = [start(seed_ids="s"), start(seed_ids="s")]
    log(apps[0])
    found: list[str] = []

    def write(app: Flask) -> None:
        for _ in range(10):
            found.append(log(app)["id"])
        emulator_of(app).db.close()

    threads = [threading.Thread(target=write, args=(app,)) for app in apps * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 40


def test_ids_outside_of_a_transaction_are_stored_too(start: Start) -> None:
    first, second = emulator_of(start(seed_ids="s")), emulator_of(start(seed_ids="s"))
    made = [emulator.ids.new("log") for emulator in (first, second, first, second)]
    assert made == [derived_id("log", b"s", b"%d" % number) for number in range(1, 5)]


def test_what_is_rolled_back_takes_no_id_and_no_tick(start: Start) -> None:
    emulator = emulator_of(start(seed_ids="s", clock=START))
    with pytest.raises(ZeroDivisionError), emulator.db.writing():
        lost = emulator.ids.new("log")
        raise ZeroDivisionError
    with emulator.db.writing():
        assert emulator.ids.new("log") == lost


def test_who_joins_follows_the_server_and_does_not_start_it_anew(start: Start) -> None:
    server = start(clock=START, seed_ids="s")
    tell(server, advance=60)
    settings = emulator_of(server).settings
    worker = join(Settings(db=settings.db, seed="none", jobs="off"))
    assert worker.ids.seed == "s"
    assert worker.clock.now().startswith("2025-03-01T12:01:00")
    assert seen(server)["time"].startswith("2025-03-01T12:01:00")
    worker.db.close()


def test_a_server_that_starts_again_sets_clock_and_seed(tmp_path: Path) -> None:
    def restarted(**options: str) -> Emulator:
        settings = Settings(db=database_at(tmp_path / "db"), seed="none", jobs="off", **options)  # type: ignore[arg-type]
        emulator = emulator_of(create_app(settings))
        emulator.db.close()
        return emulator

    first = restarted(clock=START, seed_ids="s")
    made = first.ids.new("log")
    first.clock.advance(60)
    second = restarted(clock=START, seed_ids="s")
    assert second.clock.now() == START
    assert second.ids.new("log") != made
    third = restarted()
    assert not third.clock.frozen and third.ids.seed == ""
    for emulator in (first, second, third):
        emulator.db.close()


@pytest.mark.parametrize("place", [":memory:", "file"])
def test_reset_sets_the_clock_back_and_a_snapshot_leaves_it(start: Start, tmp_path: Path, place: str) -> None:
    app = start(clock=START, seed_ids="s", db=place if place == ":memory:" else database_at(tmp_path / "db"))
    first = log(app)["id"]
    state = emulator_of(app).state
    state.save("one")
    second = log(app)["id"]
    tell(app, advance=60)
    state.load("one")
    assert seen(app)["time"] == "2025-03-01T12:01:00.000000Z"
    assert log(app)["id"] == second
    state.reset()
    assert seen(app)["time"] == START
    assert log(app)["id"] == first


def test_a_process_that_comes_after_a_snapshot_was_loaded_has_the_clock_of_the_others(start: Start) -> None:
    app = start(clock=START)
    emulator_of(app).state.save("one")
    tell(app, advance=60)
    emulator_of(app).state.load("one")
    assert seen(start())["time"] == seen(app)["time"] == "2025-03-01T12:01:00.000000Z"


def test_the_command_that_resets_is_noticed_by_a_server(start: Start) -> None:
    server = start(clock=START, seed_ids="s", seed="default")
    seed = Api(server).get("/evaluators")
    first = log(server)["id"]
    tell(server, advance=60)
    assert run("reset", "--db", emulator_of(server).settings.db, "--seed", "default").returncode == 0
    assert seen(server)["time"] == START
    assert seed["records"] and Api(server).get("/evaluators") == seed
    assert log(server)["id"] == first


def test_a_database_without_a_server_has_the_real_time(tmp_path: Path) -> None:
    db = Database(database_at(tmp_path / "db"))
    from humanloop_emulator.store.schema import migrate
    from humanloop_emulator.store.timekeeper import Timekeeper

    migrate(db)
    timekeeper = Timekeeper(db)
    assert not timekeeper.clock.frozen and timekeeper.ids.seed == ""
    assert timekeeper.ids.new("log") != timekeeper.ids.new("log")
    db.close()


def test_a_clock_that_could_not_be_stored_is_as_before(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    app = start(clock=START)
    emulator = emulator_of(app)
    with monkeypatch.context() as patch:
        patch.setattr(emulator.db, "update", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            emulator.clock.advance(60)
    assert seen(app)["time"] == START


def test_judgments_of_another_process_follow_clock_and_seed(start: Start) -> None:
    """A judgment was dated before its Log, and had a random id."""
    server = start(clock=START, seed_ids="s")
    api = Api(server)
    judge = api.post("/evaluators", {"path": "E", "spec": SPEC})
    flow = api.post("/flows", {"path": "F", "attributes": {}})
    api.post(f"/flows/{flow['id']}/evaluators", {"activate": [{"evaluator_version_id": judge["version_id"]}]})
    worker = join(Settings(db=emulator_of(server).settings.db, seed="none", jobs="immediate"))
    tell(server, advance=30 * 86_400)
    api.post("/flows/log", {"path": "F", "output": "x", "log_status": "complete"})
    worker.runtime.jobs.resume()
    worker.runtime.close()
    [judgment] = api.get(f"/logs?file_id={judge['id']}")["records"]
    [judged] = api.get(f"/logs?file_id={flow['id']}")["records"]
    assert judged["created_at"] < judgment["start_time"] < judgment["created_at"] < "2025-03-31T12:00:00.001Z"
    assert judgment["id"] in [derived_id("log", b"s", b"%d" % number) for number in range(100)]


def test_a_write_that_is_rolled_back_takes_no_times(start: Start) -> None:
    emulator = emulator_of(start(clock=START))

    def write(*, fails: bool) -> str:
        with emulator.db.writing():
            time = emulator.clock.now()
            if fails:
                raise ZeroDivisionError
        return time

    first = read_time(write(fails=False))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            write(fails=True)
    assert read_time(write(fails=False)) - first == TICK
