"""Faults: which requests meet which, what a client sees then, and that what was not served changed nothing."""

import inspect
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from humanloop_emulator.control.faults.rules import ConnectionCut, Fault, Faults, InvalidRule
from humanloop_emulator.control.faults.schema import ENDINGS, FaultEffect, FaultRule
from humanloop_emulator.errors import NotFound
from tests.conftest import Api, make_app
from tests.databases import database_at

PROMPT = {"path": "P", "model": "gpt-4o"}
START = "2025-03-01T12:00:00.000000Z"


@pytest.fixture
def app() -> Iterator[Flask]:
    """Return an application whose clock is frozen: nobody waits for a delay."""
    app = make_app(clock=START)
    yield app
    app.extensions["emulator"].db.close()


def statuses(api: Api, count: int, path: str = "/files") -> list[int]:
    return [api.request("GET", path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (400, "Bad Request"),
        (401, "Could not validate credentials."),
        (408, "Request Timeout"),
        (429, "Too Many Requests"),
        (500, "Internal server error"),
        (503, "Service Unavailable"),
        (599, "Error"),
    ],
)
def test_status_without_an_object_has_a_text(api: Api, faults: Faults, status: int, detail: str) -> None:
    faults.add(status=status)
    assert api.detail("GET", "/files", status=status) == detail


@pytest.mark.parametrize(("status", "kind"), [(404, "value_error.not_found"), (409, "conflict_error")])
def test_status_of_the_domain_has_an_object(api: Api, faults: Faults, status: int, kind: str) -> None:
    faults.add(status=status)
    detail = api.detail("GET", "/files", status=status)
    assert detail["type"] == kind
    assert set(detail) == {"loc", "msg", "description", "type"}


def test_422_lists_what_is_wrong(api: Api, faults: Faults) -> None:
    faults.add(status=422)
    [problem] = api.detail("GET", "/files", status=422)
    assert set(problem) == {"loc", "msg", "type"}


@pytest.mark.parametrize(
    ("rule", "header"),
    [
        ({"status": 429}, "1"),
        ({"status": 429, "retry_after": 0}, "0"),
        ({"status": 503}, None),
        ({"status": 503, "retry_after": 7}, "7"),
    ],
)
def test_retry_after(api: Api, faults: Faults, rule: dict[str, Any], header: str | None) -> None:
    faults.add(**rule)
    assert api.request("GET", "/files").headers.get("Retry-After") == header


def test_refused_request_changes_nothing(api: Api, faults: Faults) -> None:
    rule = faults.add(status=503, times=1)
    api.post("/prompts", PROMPT, status=503)
    assert (rule.matched, rule.fired) == (1, 1)
    assert api.get("/files")["total"] == 0
    api.post("/prompts", PROMPT)


@pytest.mark.parametrize(
    "which",
    [
        {"method": "post"},
        {"path": "/v5/prompts"},
        {"path": "/prompts"},
        {"path": "prompts*"},
        {"operation": "prompts.upsert"},
        {"operation": "prompts.*"},
        {"method": "P*", "path": "*", "organisation": "default"},
    ],
)
def test_rule_is_for_requests_that_it_selects(api: Api, faults: Faults, which: dict[str, str]) -> None:
    api.get("/files")  # the organisation is there
    faults.add(status=503, **which)
    api.post("/prompts", PROMPT, status=503)
    assert api.get("/files")["total"] == 0
    assert [rule.matched for rule in faults.list()] == [1]


@pytest.mark.parametrize(
    "which",
    [
        {"method": "PUT"},
        {"path": "/prompts/*"},
        {"path": "/p[r]ompt?"},
        {"operation": "prompts.get"},
        {"organisation": "other"},
    ],
)
def test_rule_lets_others_pass(api: Api, faults: Faults, which: dict[str, str]) -> None:
    faults.add(status=503, **which)
    api.post("/prompts", PROMPT)
    assert [rule.matched for rule in faults.list()] == [0]


def test_rule_for_one_organisation() -> None:
    app = make_app(api_keys="a=red,b=blue")
    app.extensions["emulator"].faults.add(status=503, organisation="red")
    assert statuses(Api(app, "a"), 1) == [503]
    assert statuses(Api(app, "b"), 1) == [200]
    assert statuses(Api(app, "wrong"), 1) == [401]


def test_after_and_times(api: Api, faults: Faults) -> None:
    rule = faults.add(status=500, after=1, times=2)
    assert statuses(api, 5) == [200, 500, 500, 200, 200]
    assert (rule.matched, rule.fired) == (5, 2)


def test_rules_are_asked_in_order(api: Api, faults: Faults) -> None:
    faults.add(status=503, times=2)
    faults.add(status=429, times=1)
    assert statuses(api, 4) == [503, 503, 429, 200]


def test_probability_repeats_with_its_seed(api: Api, faults: Faults) -> None:
    def draw(seed: int) -> list[int]:
        faults.clear()
        faults.add(status=500, probability=0.5, seed=seed)
        return statuses(api, 30)

    assert draw(1) == draw(1) != draw(2)
    assert 5 < draw(1).count(500) < 25


@pytest.mark.parametrize(("probability", "status"), [(0.0, 200), (1.0, 500)])
def test_probability_is_exact_at_its_ends(api: Api, faults: Faults, probability: float, status: int) -> None:
    faults.add(status=500, probability=probability)
    assert set(statuses(api, 20)) == {status}


def passed(app: Flask, api: Api) -> float:
    """Return how many seconds of the clock a request takes."""
    clock = app.extensions["emulator"].clock
    before = clock.read()
    api.get("/files")
    return float((clock.read() - before).total_seconds())


def test_delays_add_up_and_go_with_a_status(app: Flask, api: Api, faults: Faults) -> None:
    faults.add(delay=1.5)
    faults.add(delay=2)
    assert passed(app, api) == 3.5
    faults.add(status=503, delay=0.25)
    assert api.request("GET", "/files").status_code == 503
    assert str(app.extensions["emulator"].clock.read()) == "2025-03-01 12:00:07.250000"


@pytest.mark.parametrize("delay", [{"uniform": [2, 3]}, {"lognormal": [0, 0.5]}])
def test_delays_by_chance_repeat_with_their_seed(app: Flask, api: Api, faults: Faults, delay: Any) -> None:
    def draw(seed: int) -> list[float]:
        faults.clear()
        faults.add(delay=delay, seed=seed)
        return [passed(app, api) for _ in range(5)]

    assert draw(1) == draw(1) != draw(2)
    assert len(set(draw(1))) == 5
    if "uniform" in delay:
        assert all(2 <= seconds <= 3 for seconds in draw(3))


def test_running_clock_waits() -> None:
    slept: list[float] = []
    app = make_app()
    app.extensions["emulator"].clock._sleep = slept.append
    app.extensions["emulator"].faults.add(delay=0.2)
    Api(app).get("/files")
    assert slept == [0.2]


def test_cut_reaches_a_caller_in_this_process_as_an_exception(api: Api, faults: Faults) -> None:
    faults.add(cut=True, method="POST")
    with pytest.raises(ConnectionCut):
        api.post("/prompts", PROMPT)
    assert api.get("/files")["total"] == 0


def test_truncated_answer_breaks_off_after_the_request_was_served(app: Flask, api: Api, faults: Faults) -> None:
    faults.add(truncate=10, method="POST")
    client = httpx.Client(transport=httpx.WSGITransport(app), base_url="http://emulator.test")
    received = b""
    with (
        pytest.raises(ConnectionCut),
        client.stream("POST", "/v5/prompts", json=PROMPT, headers=api.headers) as response,
    ):
        for piece in response.iter_bytes():
            received += piece
    assert len(received) == 10
    assert api.get("/files")["total"] == 1


def test_answer_that_is_shorter_is_not_truncated(api: Api, faults: Faults) -> None:
    faults.add(truncate=10_000)
    assert api.get("/files")["total"] == 0


def test_stream_ends_after_some_chunks(api: Api, app: Flask, faults: Faults) -> None:
    @app.get("/v5/events")
    def events() -> Any:
        return (f"data: {number}\n\n" for number in range(5)), {"Content-Type": "text/event-stream"}

    faults.add(chunks=2)
    received = []
    with pytest.raises(ConnectionCut):
        for piece in app.test_client().get("/v5/events").response:
            received.append(piece)
    assert received == [b"data: 0\n\n", b"data: 1\n\n"]
    assert api.get("/files")["total"] == 0  # no stream: it is left whole


@pytest.mark.parametrize(
    ("header", "status"), [("status=503", 503), ("status=409; delay=2", 409), ("delay=1,status=429", 429)]
)
def test_header_asks_for_a_fault_of_one_request(app: Flask, api: Api, header: str, status: int) -> None:
    assert api.request("GET", "/files", headers={"X-Emulator-Fault": header}).status_code == status
    assert statuses(api, 1) == [200]


def test_header_cuts_and_keeps_rules_out(api: Api, faults: Faults) -> None:
    rule = faults.add(status=500)
    with pytest.raises(ConnectionCut):
        api.get("/files", headers={"X-Emulator-Fault": "cut"})
    assert rule.matched == 0


@pytest.mark.parametrize(
    ("header", "place"), [("status=soon", ["status"]), ("explode", ["explode"]), ("cut; status=500", ["cut"]), ("", [])]
)
def test_wrong_header_is_422(api: Api, header: str, place: list[str]) -> None:
    [problem] = api.detail("GET", "/files", status=422, headers={"X-Emulator-Fault": header})
    assert problem["loc"] == ["header", *place]


def test_emulators_own_routes_meet_no_faults(api: Api, faults: Faults) -> None:
    faults.add(status=500)
    answer = api.http.get("/_emulator/health", headers={"X-Emulator-Fault": "cut"})
    assert answer.status_code == 200


def test_rules_over_http(api: Api) -> None:
    rule = {"path": "/files", "status": 503, "times": 1}
    added = api.http.post("/_emulator/faults", json=rule)
    assert added.status_code == 201
    assert added.get_json() == {"id": 1, **rule, "matched": 0, "fired": 0}
    api.http.post("/_emulator/faults", json={"delay": {"uniform": [1, 2]}})
    assert statuses(api, 2) == [503, 200]
    listed = api.http.get("/_emulator/faults").get_json()["faults"]
    assert [(item["id"], item["matched"], item["fired"]) for item in listed] == [(1, 2, 1), (2, 1, 1)]
    assert api.http.delete("/_emulator/faults/1").status_code == 204
    assert api.http.delete("/_emulator/faults/1").status_code == 404
    assert api.http.delete("/_emulator/faults").status_code == 204
    assert api.http.get("/_emulator/faults").get_json() == {"faults": []}


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, []),
        ({"times": 2}, []),
        ({"status": 200}, ["status"]),
        ({"status": 500, "cut": True}, ["cut"]),
        ({"truncate": 0, "chunks": 0}, ["chunks"]),
        ({"status": 500, "probability": 1.5}, ["probability"]),
        ({"status": 500, "times": 0}, ["times"]),
        ({"status": 500, "after": -1}, ["after"]),
        ({"status": 500, "probabillity": 1}, ["probabillity"]),
        ({"status": 500, "operation": "prompts.nothing"}, ["operation"]),
        ({"delay": -1}, ["delay"]),
        ({"delay": {"uniform": [2, 1]}}, ["delay", "uniform"]),
        ({"delay": {"uniform": [1]}}, ["delay", "uniform"]),
        ({"delay": {"lognormal": [0, -1]}}, ["delay", "lognormal", 1]),
        ({"delay": {}}, ["delay"]),
        ({"delay": 1, "retry_after": 1}, ["retry_after"]),
        ([], []),
    ],
)
def test_wrong_rule_is_422_and_changes_nothing(api: Api, faults: Faults, rule: Any, place: list[Any]) -> None:
    answer = api.http.post("/_emulator/faults", json=rule)
    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.get_json()["detail"]] == [["body", *place]]
    assert not faults.list()


def test_wrong_rule_is_a_value_error_in_python(faults: Faults) -> None:
    with pytest.raises(ValueError, match="status: ensure this value is between 400 and 599"):
        faults.add(status=200)
    with pytest.raises(InvalidRule, match="operation: there is no such operation"):
        faults.add(status=500, operation="nothing")
    with pytest.raises(NotFound):
        faults.remove(1)


def test_rules_need_one_server_process(tmp_path: Path) -> None:
    app = make_app(db=database_at(tmp_path / "emulator.db"), workers=2)
    answer = app.test_client().post("/_emulator/faults", json={"status": 500})
    assert answer.status_code == 409
    assert answer.get_json()["detail"]["type"] == "conflict_error"
    assert Api(app).request("GET", "/files", headers={"X-Emulator-Fault": "status=500"}).status_code == 500


def test_what_a_rule_can_say_it_can_also_do() -> None:
    """A fault that is added has its place in the schema, in what a request meets, and in `Faults.add`."""
    assert {field.name for field in fields(Fault)} == FaultEffect().fields.keys()
    assert inspect.signature(Faults.add).parameters.keys() - {"self"} == FaultRule().fields.keys()
    assert set(ENDINGS) <= FaultEffect().fields.keys()
