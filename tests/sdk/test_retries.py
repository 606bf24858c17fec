"""How the official SDKs retry, proven against faults: 429 with Retry-After, 503 twice and then success, a cut."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from humanloop import Humanloop
from humanloop.core.api_error import ApiError
from humanloop.core.request_options import RequestOptions

from humanloop_emulator.control.faults.rules import Faults
from tests.builders.processes import ServerProcess

TWICE = RequestOptions(max_retries=4)  # the SDK counts its attempts from 2: with 3 it retries once, with 4 twice


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the SDK's pauses pass at once, and return a list that they are noted in."""
    noted: list[float] = []
    monkeypatch.setattr("humanloop.core.http_client.time", SimpleNamespace(time=time.time, sleep=noted.append))
    return noted


def upsert(client: Humanloop, **options: Any) -> str:
    return client.flows.upsert(path="F", attributes={"a": 1}, **options).path


def test_python_waits_as_long_as_429_asks(client: Humanloop, faults: Faults, pauses: list[float]) -> None:
    rule = faults.add(status=429, retry_after=7, times=1)
    assert upsert(client, request_options=TWICE) == "F"
    assert (pauses, rule.matched) == ([7], 2)


def test_python_gets_through_after_two_503(client: Humanloop, faults: Faults, pauses: list[float]) -> None:
    rule = faults.add(operation="flows.upsert", status=503, times=2)
    assert upsert(client, request_options=TWICE) == "F"
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]
    assert (rule.matched, rule.fired) == (3, 2)


@pytest.mark.parametrize("options", [{}, {"request_options": RequestOptions(max_retries=2)}])
def test_python_retries_nothing_by_default(
    client: Humanloop, faults: Faults, pauses: list[float], options: Any
) -> None:
    rule = faults.add(status=503, times=1)
    with pytest.raises(ApiError) as caught:
        upsert(client, **options)
    assert (caught.value.status_code, caught.value.body) == (503, {"detail": "Service Unavailable"})
    assert (pauses, rule.matched) == ([], 1)


@pytest.mark.parametrize("status", [408, 409, 500])
def test_python_retries_these_too(client: Humanloop, faults: Faults, pauses: list[float], status: int) -> None:
    faults.add(status=status, times=1)
    assert upsert(client, request_options=TWICE) == "F"
    assert len(pauses) == 1


def test_python_gives_up(client: Humanloop, faults: Faults, pauses: list[float]) -> None:
    rule = faults.add(status=503)
    with pytest.raises(ApiError):
        upsert(client, request_options=TWICE)
    assert (len(pauses), rule.matched) == (2, 3)


def test_python_does_not_retry_a_cut_connection(server: ServerProcess, pauses: list[float]) -> None:
    client = Humanloop(api_key="cut", base_url=f"{server.url}/v5")
    rules = f"{server.url}/_emulator/faults"
    httpx.post(rules, json={"cut": True, "path": "/flows", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        upsert(client, request_options=TWICE)
    httpx.delete(rules)
    assert pauses == []
    assert list(client.flows.list()) == []  # it was not served


@pytest.fixture(scope="module")
def npm(node: Callable[[str], Any]) -> Any:
    """Return what the npm SDK did about each fault."""
    return node("retries.mjs")


def test_npm_retries_429_after_its_own_pause(npm: Any) -> None:
    seen = npm["limited"]
    assert (seen["path"], seen["matched"]) == ("Npm/Retried", [2])
    assert [800 <= pause <= 1200 for pause in seen["pauses"]] == [True]  # it does not read Retry-After


def test_npm_gets_through_after_two_503(npm: Any) -> None:
    seen = npm["recovering"]
    assert (seen["path"], seen["matched"], len(seen["pauses"])) == ("Npm/Retried", [3], 2)
    assert seen["pauses"][0] < seen["pauses"][1]
    assert (npm["timedOut"]["path"], npm["timedOut"]["matched"]) == ("Npm/Retried", [2])


def test_npm_gives_up_after_three_attempts(npm: Any) -> None:
    assert (npm["down"]["statusCode"], npm["down"]["matched"]) == (503, [3])
    assert npm["down"]["body"] == {"detail": "Service Unavailable"}
    assert (npm["asked"]["statusCode"], npm["asked"]["matched"]) == (503, [1])


def test_npm_does_not_retry_a_conflict(npm: Any) -> None:
    assert (npm["taken"]["statusCode"], npm["taken"]["matched"]) == (409, [1])
    assert npm["taken"]["body"]["detail"]["type"] == "conflict_error"


@pytest.mark.parametrize("fault", ["cut", "truncated"])
def test_npm_does_not_retry_a_cut_connection(npm: Any, fault: str) -> None:
    seen = npm[fault]
    assert (seen.get("statusCode"), seen["matched"], seen["pauses"]) == (None, [1], [])
    assert seen["message"]
