"""The journal: what it keeps of requests and answers, what it hides, how it is asked, and what its errors say."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from flask import Flask

from humanloop_emulator.control.faults.rules import ConnectionCut
from humanloop_emulator.control.journal.journal import Journal
from tests.conftest import Api, make_app

PROMPT = {"path": "P", "model": "gpt-4o"}


@pytest.fixture
def app() -> Iterator[Flask]:
    app = make_app(journal=20, clock="2025-03-01T12:00:00")
    yield app
    app.extensions["emulator"].db.close()


@pytest.fixture
def journal(app: Flask) -> Journal:
    found: Journal = app.extensions["emulator"].journal
    return found


def test_entry_holds_request_and_answer(api: Api, journal: Journal) -> None:
    made = api.post("/prompts", PROMPT, query_string={"environment": "production", "tag": ["a", "b"]})
    [entry] = journal.requests()
    document = entry.document()
    assert document["duration"] > 0
    assert document["answer_size"] > 100
    assert document["headers"]["X-Api-Key"] == "***"
    assert document["answer_headers"]["Content-Type"] == "application/json"
    shown = ("number", "time", "method", "path", "operation", "organisation", "body", "status", "answer", "fault")
    assert {name: document[name] for name in shown} == {
        "number": 1,
        "time": "2025-03-01T12:00:00.000000Z",
        "method": "POST",
        "path": "/v5/prompts",
        "operation": "prompts.upsert",
        "organisation": "default",
        "body": PROMPT,
        "status": 200,
        "answer": made,
        "fault": None,
    }
    assert entry.parameters == {"environment": "production", "tag": ["a", "b"]}
    assert str(entry) == "1. POST /v5/prompts?environment=production&tag=a&tag=b 200"


def test_off_it_says_how_to_switch_it_on_while_the_server_runs() -> None:
    app = make_app()
    api, http = Api(app), app.test_client()
    hint = http.get("/_emulator/journal").get_json()["hint"]
    body = re.search(r"POST (\{.*?\}) here", hint)
    assert body, hint
    assert http.post("/_emulator/journal", data=body[1], content_type="application/json").get_json() == {"size": 1000}
    api.get("/files")
    shown = http.get("/_emulator/journal").get_json()
    assert (shown["size"], shown["count"], "hint" in shown) == (1000, 1, False)
    http.post("/_emulator/reset")
    api.get("/flows")
    assert [item["path"] for item in http.get("/_emulator/journal").get_json()["requests"]] == ["/v5/flows"]
    http.post("/_emulator/journal", json={"size": 0})
    api.get("/files")
    assert http.get("/_emulator/journal").get_json()["count"] == 0


def test_a_smaller_journal_keeps_the_newest(api: Api, app: Flask) -> None:
    for path in ("/files", "/flows", "/tools"):
        api.get(path)
    http = app.test_client()
    http.post("/_emulator/journal", json={"size": 2})
    assert [item["number"] for item in http.get("/_emulator/journal").get_json()["requests"]] == [2, 3]
    for body in ({}, {"size": -1}, {"size": 1, "sise": 2}):
        assert http.post("/_emulator/journal", json=body).status_code == 422
    assert http.get("/_emulator/journal").get_json()["size"] == 2


def test_off_it_keeps_nothing() -> None:
    app = make_app()
    Api(app).get("/files")
    answer = app.test_client().get("/_emulator/journal").get_json()
    assert {**answer, "hint": ""} == {"size": 0, "count": 0, "requests": [], "hint": ""}
    assert "--journal 1000" in answer["hint"]
    with pytest.raises(RuntimeError, match="size is 0"):
        app.extensions["emulator"].journal.assert_called("GET", "/files")


def test_newest_requests_stay(journal: Journal, api: Api) -> None:
    for _ in range(25):
        api.get("/files")
    assert [entry.number for entry in journal.requests()] == list(range(6, 26))
    assert [entry.number for entry in journal.requests(since=22, limit=2)] == [24, 25]
    journal.clear()
    assert journal.count() == 0
    api.get("/files")
    assert [entry.number for entry in journal.requests()] == [1]


def test_secrets_are_hidden(app: Flask, api: Api, journal: Journal) -> None:
    secret = "sk-very-secret"
    api.http.post(
        "/v5/prompts/call",
        json={"provider_api_keys": {"openai": secret}, "inputs": {"a": [{"provider_api_keys": {"x": secret}}]}},
        headers={"X-API-KEY": "", "Authorization": f"Bearer {secret}", "Cookie": secret},
    )
    tool = api.post("/tools", {"path": "T", "function": {"name": "f", "description": "d"}})
    api.post(f"/tools/{tool['id']}/environment-variables", [{"name": "TOKEN", "value": secret}])
    api.get(f"/tools/{tool['id']}/environment-variables")
    assert journal.count() == 4
    assert secret not in api.http.get("/_emulator/journal").text
    assert secret not in "".join(map(repr, journal.requests()))
    assert journal.count(text="TOKEN") == 2


def test_secrets_of_a_long_body_are_hidden(api: Api, journal: Journal) -> None:
    body = {"provider_api_keys": {"openai": "sk-secret"}, "path": "P", "prompt": PROMPT, "output": "x" * 100_000}
    api.request("POST", "/prompts/log", data=orjson.dumps(body), content_type="application/json")
    [entry] = journal.requests()
    assert entry.request.cut
    assert entry.body == '{"provider_api_keys'


def test_secrets_of_what_is_no_json_are_hidden(api: Api, journal: Journal) -> None:
    sent = str({"path": "P", "provider_api_keys": {"openai": "sk-secret"}})
    api.request("POST", "/prompts/log", data=sent, headers={"X-Emulator-Key": "admin-secret"})
    assert "secret" not in api.http.get("/_emulator/journal").text


def test_long_bodies_are_cut(api: Api, journal: Journal) -> None:
    api.post("/prompts", {**PROMPT, "description": "x" * 200_000})
    [entry] = journal.requests()
    document = entry.document()
    assert document["body_size"] > 200_000
    assert len(document["body"]) == 2**16


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"method": "post"}, [1, 2]),
        ({"path": "/prompts*"}, [1, 2, 3]),
        ({"path": "/v5/prompts/log"}, [2]),
        ({"operation": "*.list_files"}, [3]),
        ({"status": 422}, [2]),
        ({"organisation": "default", "method": "GET"}, [3, 4]),
        ({"body": {"model": "gpt-4o"}}, [1]),
        ({"body": {"inputs": {"country": "France"}}}, [2]),
        ({"query": {"size": "5"}}, [3]),
        ({"text": "Frankfurt"}, [2]),
        ({"unhandled": True}, [4]),
        ({"method": "GET", "limit": 1}, [4]),
        ({"since": 3}, [4]),
        ({"limit": 0}, []),
    ],
)
def test_filters(api: Api, journal: Journal, filters: dict[str, Any], numbers: list[int]) -> None:
    api.post("/prompts", PROMPT)
    api.post("/prompts/log", {"inputs": {"country": "France", "town": "Frankfurt"}}, status=422)
    api.get("/prompts?size=5")
    api.get("/nothing", status=404)
    assert [entry.number for entry in journal.requests(**filters)] == numbers
    query = {name: orjson.dumps(value) if isinstance(value, dict) else value for name, value in filters.items()}
    answer = api.http.get("/_emulator/journal", query_string=query).get_json()
    assert [entry["number"] for entry in answer["requests"]] == numbers
    assert answer["count"] == len(numbers)


@pytest.mark.parametrize("query", ["colour=red", "status=high", "body={", "limit=-1"])
def test_wrong_filter_is_422(api: Api, query: str) -> None:
    answer = api.http.get(f"/_emulator/journal?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


def test_unhandled_requests(api: Api, journal: Journal) -> None:
    api.get("/nothing", status=404)
    api.request("PUT", "/prompts")
    api.get("/prompts/pr_nothing", status=404)  # a route that finds nothing
    assert [(entry.path, entry.status) for entry in journal.unhandled] == [("/v5/nothing", 404), ("/v5/prompts", 405)]


def test_faults_are_noted(app: Flask, api: Api, journal: Journal) -> None:
    faults = app.extensions["emulator"].faults
    faults.add(status=503, delay=2, times=1)
    faults.add(cut=True, times=1)
    api.request("GET", "/files")
    with pytest.raises(ConnectionCut):
        api.get("/files")
    assert [(entry.status, entry.fault) for entry in journal.requests()] == [
        (503, {"delay": 2.0, "status": 503}),
        (None, {"cut": True}),
    ]
    assert str(journal.requests()[1]) == "2. GET /v5/files without an answer"


def test_own_routes_are_not_kept(api: Api, journal: Journal) -> None:
    api.http.get("/_emulator/health")
    assert journal.count() == 0
    assert api.http.delete("/_emulator/journal").status_code == 204


def test_assert_called_returns_what_it_found(api: Api, journal: Journal) -> None:
    api.post("/prompts", PROMPT)
    api.get("/files")
    [entry] = journal.assert_called("POST", "/prompts", body={"path": "P"}, times=1)
    assert entry.number == 1
    assert journal.assert_called(operation="files.*")
    assert journal.assert_called("DELETE", times=0) == []


def test_assert_called_shows_the_nearest_request(api: Api, journal: Journal) -> None:
    log = {"path": "P", "prompt": {"model": "gpt-4o"}, "inputs": {"country": "Peru"}, "output": "Lima"}
    api.post("/prompts/log", log)
    api.post("/prompts", PROMPT)
    api.get("/files")
    with pytest.raises(AssertionError) as caught:
        journal.assert_called("POST", "/prompts/log", body={"inputs": {"country": "France", "year": 1}}, status=200)
    assert str(caught.value).splitlines() == [
        "Expected at least one request with body={'inputs': {'country': 'France', 'year': 1}}, status=200, "
        "method='POST', path='/prompts/log', found none.",
        "The closest of 3 other requests was 1. POST /v5/prompts/log 200",
        "  body.inputs.country: expected 'France', was 'Peru'",
        "  body.inputs.year: expected 1, was nothing",
    ]


def test_assert_called_counts(api: Api, journal: Journal) -> None:
    with pytest.raises(AssertionError, match="There was no other request"):
        journal.assert_called("GET")
    api.get("/files")
    api.get("/files")
    with pytest.raises(AssertionError) as caught:
        journal.assert_called("GET", "/files", times=1)
    assert str(caught.value).splitlines() == [
        "Expected 1 request with method='GET', path='/files', found 2.",
        "1. GET /v5/files 200",
        "2. GET /v5/files 200",
    ]
    with pytest.raises(AssertionError, match=r"body: expected {'a': 1}, was nothing"):
        journal.assert_called("GET", body={"a": 1})


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        ({"attributes": {"a": [1, 2]}}, "body.attributes.a.1: expected 2, was 3"),
        ({"attributes": {"a": [1]}}, r"body.attributes.a: expected \[1\], was \[1, 3\]"),
        ({"attributes": {"b": 1}}, "body.attributes.b: expected 1, was True"),
        ({"attributes": []}, r"body.attributes: expected \[\], was {'a'"),
    ],
)
def test_parts_of_bodies(api: Api, journal: Journal, expected: Any, line: str) -> None:
    api.post("/flows", {"path": "F", "attributes": {"a": [1, 3], "b": True}})
    journal.assert_called(body={"attributes": {"b": True}})
    with pytest.raises(AssertionError, match=line):
        journal.assert_called(body=expected)
