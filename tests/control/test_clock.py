"""The clock, seeded ids, and the delay with which finished Runs are shown as completed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.clock import Clock
from humanloop_emulator.control.transitions.transitions import Delay
from tests.conftest import Api, make_app
from tests.databases import database_at

START = "2025-03-01T12:00:00.000000Z"


def tell(app: Flask, **what: Any) -> Any:
    answer = app.test_client().post("/_emulator/clock", json=what)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_frozen_clock_is_a_microsecond_later_at_each_call() -> None:
    clock = Clock(START)
    assert [clock.now() for _ in range(3)] == [START[:-2] + f"{tick}Z" for tick in range(3)]
    assert clock.read() == datetime(2025, 3, 1, 12)


def test_advance_set_resume_reset() -> None:
    clock = Clock(START)
    clock.advance(90.5)
    assert clock.now() == "2025-03-01T12:01:30.500000Z"
    clock.set("2024-01-01T01:00:00+01:00")
    assert clock.now() == "2024-01-01T00:00:00.000000Z"
    clock.resume()
    assert not clock.frozen
    assert timedelta(0) <= clock.read() - datetime(2024, 1, 1) < timedelta(minutes=1)
    clock.reset()
    assert clock.now() == START


def test_running_clock_is_moved_and_strictly_later() -> None:
    clock = Clock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(set(times))
    before = datetime.now(UTC).replace(tzinfo=None)
    clock.advance(3600)
    assert clock.read() - before >= timedelta(hours=1)
    clock.set("2020-02-02")
    assert clock.now().startswith("2020-02-02T00:00:0")
    clock.freeze()
    assert clock.read() == clock.read()
    clock.freeze(datetime(2021, 1, 1, tzinfo=UTC))
    assert clock.now() == "2021-01-01T00:00:00.000000Z"
    clock.reset()
    assert abs(clock.read() - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)


@pytest.mark.parametrize("seconds", [-1, 1e12, float("nan")])
def test_clock_refuses_to_go_back_or_out_of_time(seconds: float) -> None:
    for clock in (Clock(), Clock(START)):
        before = clock.frozen
        with pytest.raises(ValueError):
            clock.advance(seconds)
        assert clock.frozen == before


def test_rows_keep_their_order_while_the_clock_stands_still() -> None:
    api = Api(make_app(clock=START))
    for number in range(5):
        api.post("/flows", {"path": f"F{number}", "attributes": {}})
    files = api.get("/files")["records"]
    assert [file["name"] for file in files] == ["F4", "F3", "F2", "F1", "F0"]
    assert all(file["created_at"].startswith("2025-03-01T12:00:00.0000") for file in files)


def test_clock_over_http(app: Flask, api: Api) -> None:
    assert tell(app, freeze="2025-03-01 12:00") == {"time": START, "frozen": True}
    assert tell(app, advance=60)["time"] == "2025-03-01T12:01:00.000000Z"
    assert api.post("/flows", {"path": "F", "attributes": {}})["created_at"].startswith("2025-03-01T12:01:00")
    assert tell(app, set=START)["time"] == START
    assert tell(app, freeze=1732000000.5)["time"] == tell(app, set="1732000000.5")["time"]
    assert tell(app, resume="yes")["frozen"] is False
    assert tell(app, freeze=True)["frozen"] is True
    assert app.test_client().delete("/_emulator/clock").status_code == 204
    assert app.test_client().get("/_emulator/clock").get_json()["frozen"] is False


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, []),
        ({"freeze": True, "advance": 1}, []),
        ({"stop": True}, ["stop"]),
        ({"freeze": False}, ["freeze"]),
        ({"resume": False}, ["resume"]),
        ({"set": "tomorrow"}, ["set"]),
        ({"set": "9999-12-31T23:59:59.999999"}, ["set"]),
        ({"advance": -1}, ["advance"]),
        ({"advance": 1e12}, ["advance"]),
    ],
)
def test_wrong_word_to_the_clock_is_422(app: Flask, body: Any, place: list[str]) -> None:
    answer = app.test_client().post("/_emulator/clock", json=body)
    assert answer.status_code == 422
    detail = answer.get_json()["detail"]
    [problem] = detail if isinstance(detail, list) else [detail]
    assert problem["loc"] == ["body", *place]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("route", ["transitions", "faults", "journal"])
def test_what_counts_the_requests_of_one_process_refuses_several(tmp_path: Path, route: str, method: str) -> None:
    app = make_app(db=database_at(tmp_path / "emulator.db"), workers=2)
    answer = app.test_client().open(f"/_emulator/{route}", method=method)
    assert answer.status_code == 409
    assert "--workers 1" in answer.get_json()["detail"]["description"]


def test_the_journal_refuses_several_processes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be 1 with --journal"):
        make_app(db=database_at(tmp_path / "emulator.db"), workers=2, journal=5)


@pytest.mark.parametrize(("option", "value"), [("clock", "noon"), ("journal", -1)])
def test_wrong_options_are_refused(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"--{option}"):
        make_app(**{option: value})


def make_things(app: Flask) -> list[bytes]:
    """Return the bytes of answers that are full of ids and times."""
    api = Api(app)
    answers = [
        api.request("POST", "/prompts", json={"path": "a/P", "model": "gpt-4o"}),
        api.request("POST", "/prompts/log", json={"path": "a/P", "output": "Paris"}),
        api.request("POST", "/datasets", json={"path": "D", "datapoints": [{"inputs": {"n": 1}}]}),
        api.request("POST", "/evaluations", json={"evaluators": []}),
        api.request("GET", "/files"),
        api.request("GET", "/prompts/environments"),
        api.request("GET", "/directories"),
    ]
    return [answer.data for answer in answers]


def test_same_seed_and_time_give_the_same_bytes() -> None:
    first, second = (make_things(make_app(seed_ids="7", clock=START)) for _ in range(2))
    assert first == second
    assert first != make_things(make_app(seed_ids="8", clock=START))


def test_reset_gives_the_same_bytes_again() -> None:
    app = make_app(seed_ids="7", clock=START)
    first = make_things(app)
    app.extensions["emulator"].clock.advance(5)
    app.extensions["emulator"].faults.add(status=500)
    app.extensions["emulator"].transitions.set(after_reads=2)
    assert app.test_client().post("/_emulator/reset").status_code == 204
    assert make_things(app) == first
    assert app.test_client().get("/_emulator/transitions").get_json()["completed"]["after_reads"] == 0


def test_ids_are_random_without_a_seed() -> None:
    assert make_things(make_app(clock=START)) != make_things(make_app(clock=START))


def test_ids_of_a_database_are_not_made_again(tmp_path: Path) -> None:
    options: dict[str, Any] = {"db": database_at(tmp_path / "emulator.db"), "seed_ids": "7"}
    ids = set()
    for start in range(3):
        app = make_app(**options)
        ids.add(Api(app).post("/flows", {"path": f"F{start}", "attributes": {}})["id"])
        app.extensions["emulator"].db.close()
    assert len(ids) == 3


Look = Callable[[], list[str]]


@pytest.fixture
def looks(app: Flask, api: Api) -> Look:
    """Return a function that polls a finished Run three times for its status, and that of its Evaluation."""
    flow = api.post("/flows", {"path": "F", "attributes": {}})
    evaluation = api.post("/evaluations", {"evaluators": []})["id"]
    run = api.post(f"/evaluations/{evaluation}/runs", {"version": {"version_id": flow["version_id"]}})["id"]
    log = api.post("/flows/log", {"path": "F", "output": "x", "log_status": "complete"})["id"]
    api.post(f"/evaluations/{evaluation}/runs/{run}/logs", {"log_ids": [log]})

    def look() -> list[str]:
        return [api.get(f"/evaluations/{evaluation}/stats")["status"] for _ in range(3)]

    return look


def delay(app: Flask, **completed: Any) -> Any:
    return app.test_client().post("/_emulator/transitions", json={"completed": completed})


def test_finished_run_is_completed_at_once(looks: Look) -> None:
    assert looks() == ["completed"] * 3


def test_finished_run_is_completed_after_some_answers(app: Flask, looks: Look) -> None:
    assert delay(app, after_reads=2).get_json() == {"completed": {"after_reads": 2, "after_seconds": 0.0}}
    assert looks() == ["running", "running", "completed"]
    assert looks() == ["completed"] * 3
    delay(app)
    assert looks() == ["completed"] * 3


def test_finished_run_is_completed_after_some_time_of_the_clock(app: Flask, looks: Look) -> None:
    tell(app, freeze=START)
    delay(app, after_seconds=5)
    assert looks() == ["running"] * 3
    tell(app, advance=4.9)
    assert looks() == ["running"] * 3
    tell(app, advance=0.1)
    assert looks() == ["completed"] * 3
    app.test_client().delete("/_emulator/transitions")
    assert app.test_client().get("/_emulator/transitions").get_json()["completed"]["after_seconds"] == 0


def test_a_run_that_goes_on_is_delayed_anew(app: Flask) -> None:
    delayed, clock = Delay(after_reads=1, after_seconds=0), app.extensions["emulator"].clock
    shown = [delayed.shows(7, finished, clock) for finished in (True, True, False, True, True)]
    assert shown == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("body", "place"),
    [({}, ["completed"]), ({"completed": {"after_reads": -1}}, ["completed", "after_reads"]), ({"run": {}}, ["run"])],
)
def test_wrong_transitions_are_422(app: Flask, body: Any, place: list[str]) -> None:
    answer = app.test_client().post("/_emulator/transitions", json=body)
    assert answer.status_code == 422
    assert ["body", *place] in [problem["loc"] for problem in answer.get_json()["detail"]]
