"""emulate(): code that makes its own client of the real API runs against the emulator, all else is left alone."""

import asyncio
import http.server
import os
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import requests
import urllib3
from humanloop import AsyncHumanloop, Humanloop
from opentelemetry.sdk.trace import TracerProvider

from humanloop_emulator.testing import Handle, UnusableOpenTelemetry, compatibility, emulate, intercept

REAL = "https://api.humanloop.com/v5"
KEY = {"X-API-KEY": "any"}
SPANS = "/v5/import/otel/v1/traces"


class Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"elsewhere")

    def log_message(self, format: str, *arguments: object) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Return the URL of a server that is not Humanloop's."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def own_client() -> Humanloop:
    return Humanloop(api_key="my-key")


def test_clients_of_the_real_api_are_answered() -> None:
    with emulate() as humanloop:
        made = own_client().flows.upsert(path="a/flow", attributes={})
        assert humanloop.client().flows.get(made.id).path == "a/flow"
        assert made.id == own_client().files.retrieve_by_path(path="a/flow").id


def test_clients_made_before_are_answered_too() -> None:
    client = own_client()
    with emulate() as humanloop:
        client.flows.upsert(path="a/flow", attributes={})
        humanloop.journal.assert_called("POST", "/v5/flows", times=1)


def test_asynchronous_clients_are_answered() -> None:
    async def use() -> str:
        client = AsyncHumanloop(api_key="my-key")
        return (await client.flows.upsert(path="a/flow", attributes={})).path

    with emulate():
        assert asyncio.run(use()) == "a/flow"


def test_decorators_record_their_traces() -> None:
    """Their exporter does not use the client's transport, but requests."""
    provider = TracerProvider()
    with emulate() as humanloop:
        client = Humanloop(api_key="my-key", opentelemetry_tracer_provider=provider)

        @client.tool(path="a/double")
        def double(number: int) -> int:
            return 2 * number

        @client.flow(path="a/flow")
        def answer(number: int) -> int:
            return double(number)

        answer(21)
        provider.shutdown()
        reader = humanloop.client()
        [log] = reader.logs.list(file_id=reader.files.retrieve_by_path(path="a/flow").id)
        [child] = reader.logs.get(log.id)["trace_children"]
        assert (log.output, child["output"]) == ("42", "42")


def test_what_goes_elsewhere_is_left_alone(elsewhere: str) -> None:
    async def get() -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(elsewhere)).text

    with emulate() as humanloop:
        assert requests.get(elsewhere, timeout=10).text == "elsewhere"
        assert httpx.get(elsewhere).text == "elsewhere"
        assert asyncio.run(get()) == "elsewhere"
        assert humanloop.journal.requests() == []


def test_links_lead_to_the_server_once_there_is_one() -> None:
    def link(client: Humanloop) -> str:
        flow = client.flows.upsert(path="a/flow", attributes={})
        made = client.evaluations.create(name=None, file={"id": flow.id}, evaluators=[])
        return str(made.url)

    with emulate() as humanloop:
        client = Humanloop(api_key="any")
        assert link(client).startswith("https://api.humanloop.com/project/")
        url = humanloop.url
        assert link(client).startswith(f"{url}/project/")
        assert httpx.get(link(client)).status_code == 200


@pytest.mark.parametrize(("installed", "warned"), [("1.41.1", False), ("1.42.0", True), ("1.45.2", True)])
def test_an_opentelemetry_that_the_sdk_does_not_work_with_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, installed: str, warned: bool
) -> None:
    monkeypatch.setattr(compatibility, "version", {"opentelemetry-sdk": installed}.__getitem__)
    compatibility.warn_of_opentelemetry.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            with emulate():
                pass
    told = [str(warning.message) for warning in caught if warning.category is UnusableOpenTelemetry]
    assert len(told) == warned
    assert all(installed in text and "pip install 'opentelemetry-sdk<1.42'" in text for text in told)
    monkeypatch.undo()
    compatibility.warn_of_opentelemetry.cache_clear()


def test_other_base_urls_are_answered_where_they_are_named(elsewhere: str) -> None:
    proxy = f"{elsewhere}/humanloop/v5"
    with emulate(proxy):
        client = Humanloop(api_key="any", base_url=proxy)
        assert client.flows.upsert(path="a/flow", attributes={}).path == "a/flow"
        assert requests.get(f"{proxy}/flows", headers=KEY, timeout=10).json()["total"] == 1
        assert requests.get(f"{elsewhere}/other", timeout=10).text == "elsewhere"
    assert requests.get(f"{proxy}/flows", headers=KEY, timeout=10).text == "elsewhere"
    with pytest.raises(ValueError, match="http://"), emulate("localhost:80"):
        pass


@pytest.mark.parametrize("data", [b'{"path": "a/f", "attributes": {}}', '{"path": "a/é", "attributes": {}}'])
def test_requests_of_all_forms_arrive(data: str | bytes) -> None:
    with emulate() as humanloop:
        answer = requests.post(f"{REAL}/flows?x=%20", data=data, headers={**KEY, "Content-Type": "application/json"})
        assert (answer.status_code, answer.reason, answer.json()["type"]) == (200, "OK", "flow")
        assert answer.headers["content-type"] == "application/json"
        assert humanloop.journal.requests()[0].parameters == {"x": " "}
        assert requests.get(f"{REAL}/nothing", headers=KEY).status_code == 404


def test_requests_receives_streams_piece_by_piece() -> None:
    with emulate() as humanloop:
        humanloop.client().prompts.upsert(path="a/prompt", model="gpt-4o")
        humanloop.models.add(reply="one two")
        body = {"path": "a/prompt", "messages": [{"role": "user", "content": "?"}], "stream": True}
        answer = requests.post(f"{REAL}/prompts/call", json=body, headers=KEY, stream=True)
        pieces = answer.iter_content(None)
        assert b'"one"' in next(pieces)
        assert humanloop.state.counts()[0]["logs"] == 0
        assert b" two" in b"".join(pieces)


def test_requests_meets_cut_connections() -> None:
    with emulate() as humanloop:
        humanloop.faults.add(path="/v5/flows", cut=True, times=1)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{REAL}/flows", headers=KEY)
        humanloop.faults.add(path="/v5/flows", truncate=3)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(f"{REAL}/flows", headers=KEY)


@pytest.mark.parametrize("timeout", [0.5, (9, 0.5), urllib3.Timeout(read=0.5)])
def test_requests_meets_timeouts(timeout: Any) -> None:
    with emulate(clock="2025-05-01T12:00:00") as humanloop:
        humanloop.faults.add(path="/v5/flows", delay=3)
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{REAL}/flows", headers=KEY, timeout=timeout)
        assert requests.get(f"{REAL}/flows", headers=KEY).json()["total"] == 0


@pytest.mark.parametrize("url", ["http://xn--a.invalid/", f"http://other.invalid/{'x' * 70_000}"])
def test_urls_of_others_may_have_any_form(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda _, request: sent.append(request.url))
    request = requests.PreparedRequest()
    request.url = url
    with emulate():
        requests.adapters.HTTPAdapter().send(request)
    assert sent == [url]


def test_spans_that_wait_at_the_end_are_sent_before_it() -> None:
    client = own_client()

    @client.flow(path="a/flow")
    def answer() -> str:
        return "42"

    with Handle() as handle:
        with intercept(handle):
            answer()
        handle.journal.assert_called("POST", SPANS, times=1)


def test_spans_that_cannot_be_sent_are_dropped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is held up in the emulator; the second one waits behind it."""
    monkeypatch.setattr("humanloop_emulator.testing.spans.MOST_SECONDS", 0.0)
    arrived, go_on = threading.Event(), threading.Event()
    elsewhere: list[str] = []
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda _, request, **__: elsewhere.append(request.url))
    provider = TracerProvider()
    client = Humanloop(api_key="my-key", opentelemetry_tracer_provider=provider)

    @client.flow(path="a/flow")
    def answer() -> str:
        return "42"

    def hold(seconds: float) -> None:
        arrived.set()
        go_on.wait(20)

    with Handle() as handle:
        handle.clock.sleep = hold  # type: ignore[method-assign]
        handle.faults.add(path=SPANS, delay=1)
        with intercept(handle):
            answer()
            assert arrived.wait(20)
            answer()
        go_on.set()
        provider.shutdown()
        handle.journal.assert_called("POST", SPANS, times=1)
    assert elsewhere == []


def transports() -> list[object]:
    return [
        httpx.HTTPTransport.handle_request,
        httpx.AsyncHTTPTransport.handle_async_request,
        requests.adapters.HTTPAdapter.send,
    ]


@pytest.mark.parametrize("error", [None, RuntimeError])
def test_everything_is_as_before_at_the_end(error: type[Exception] | None) -> None:
    before = transports()
    try:
        with emulate():
            assert not set(transports()) & set(before)
            if error:
                raise error
    except RuntimeError:
        pass
    assert transports() == before


def test_nested_use_is_refused() -> None:
    before = transports()
    with emulate() as humanloop:
        with pytest.raises(RuntimeError, match="cannot be nested"), emulate():
            pass
        own_client().flows.upsert(path="a/flow", attributes={})
        assert humanloop.journal.count() == 1
    assert transports() == before
    with emulate():
        pass


def test_each_use_begins_anew() -> None:
    again = emulate(strict=True)
    for _ in range(2):
        with again as humanloop:
            assert humanloop.settings.strict
            own_client().flows.upsert(path="a/flow", attributes={})
            assert humanloop.state.counts()[0]["versions"] == 1


@emulate()
def decorated(number: int) -> int:
    own_client().flows.upsert(path="a/flow", attributes={})
    return number


@emulate()
async def decorated_coroutine(number: int) -> int:
    await AsyncHumanloop(api_key="k").flows.upsert(path="a/flow", attributes={})
    return number


def test_functions_are_decorated() -> None:
    before = transports()
    assert [decorated(1), decorated(2), asyncio.run(decorated_coroutine(3))] == [1, 2, 3]
    assert decorated.__name__ == "decorated"
    assert transports() == before


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [generator, async_generator, Elsewhere])
def test_what_cannot_be_decorated_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="use `with emulate"):
        emulate()(function)


def test_a_key_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUMANLOOP_API_KEY", raising=False)
    with emulate():
        assert Humanloop(api_key=os.environ["HUMANLOOP_API_KEY"]).flows.list().items == []
    assert "HUMANLOOP_API_KEY" not in os.environ
    monkeypatch.setenv("HUMANLOOP_API_KEY", "mine")
    with emulate():
        assert os.environ["HUMANLOOP_API_KEY"] == "mine"


def test_a_handle_alone_intercepts_nothing(elsewhere: str) -> None:
    before = transports()
    with Handle():
        assert transports() == before
