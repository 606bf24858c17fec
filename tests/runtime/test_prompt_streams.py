"""Streams of Prompt calls: events as they come, and a whole Log whatever the client does."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Flask

from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.runtime.providers.base import Chunk, ModelError, ModelRequest, Usage
from humanloop_emulator.schemas.calls import PromptCallStreamResponse
from tests.builders.models import Models
from tests.conftest import Api
from tests.exact import problems_in

BODY = {
    "path": "qa/say",
    "prompt": {"model": "m", "template": "Say {{word}}."},
    "inputs": {"word": "hi"},
    "stream": True,
}


class Stepwise:
    """A model that gives each word only after the one before was taken, and notes how far it came."""

    def __init__(self, *words: str, failing: bool = False) -> None:
        self.words, self.failing = words, failing
        self.given = 0

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        for word in self.words:
            self.given += 1
            yield Chunk(word)
        if self.failing:
            raise ModelError("It broke.", type="server_error", code=500, origin="stub", status=500)
        yield Chunk(finish_reason="stop", usage=Usage(3, len(self.words)))


class Uneven:
    """A model whose second sample fails while the first one goes on; it notes that the first one was ended."""

    def __init__(self) -> None:
        self.ended = False

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        yield Chunk("one")
        if request.index == 1:
            raise ModelError("It broke.", type="server_error", code=500, origin="stub", status=500)
        try:
            yield Chunk("two")
            yield Chunk("three", finish_reason="stop", usage=Usage(3, 3))
        finally:
            self.ended = True


def use(app: Flask, model: Any) -> Any:
    app.extensions["emulator"].runtime.__dict__["models"] = model
    return model


def events(chunks: Iterator[bytes]) -> Iterator[JsonObject]:
    """Read events, each of which comes as one chunk, and check their shape."""
    for chunk in chunks:
        assert chunk.startswith(b"data: ")
        assert chunk.endswith(b"\n\n")
        event = json.loads(chunk.removeprefix(b"data: "))
        assert not problems_in(event, PromptCallStreamResponse)
        yield event


def stream(api: Api, **body: Any) -> Any:
    response = api.http.post("/v5/prompts/call", json=BODY | body, headers=api.headers)
    assert response.status_code == 200
    assert response.mimetype == "text/event-stream"
    return response


def test_each_piece_is_an_event(app: Flask, api: Api) -> None:
    use(app, Stepwise("Sa", "lut"))
    received = list(events(stream(api).iter_encoded()))
    assert [event["output"] for event in received] == ["Sa", "lut", ""]
    assert received[-1]["finish_reason"] == "stop"
    assert received[-1]["output_tokens"] == 2
    log = api.get(f"/logs/{received[0]['id']}")
    assert log["output"] == "Salut"
    assert log["prompt"]["version_id"] == received[0]["version_id"]
    assert log["prompt"]["id"] == received[0]["prompt_id"]


def test_a_failure_ends_the_other_samples(app: Flask, api: Api) -> None:
    model = use(app, Uneven())
    received = list(events(stream(api, num_samples=2).iter_encoded()))
    assert [event["output"] for event in received] == ["one", "one", "two", ""]
    assert model.ended
    first, second = (api.get(f"/logs/{event['id']}") for event in received[:2])
    assert (first["output"], first["error"]) == ("onetwo", None)
    assert (second["output"], second["error"]) == ("one", "It broke.")
    for log in (first, second):
        assert log["start_time"] <= log["end_time"]
        assert log["provider_latency"] >= 0


def test_an_event_is_there_before_the_model_has_finished(app: Flask, api: Api) -> None:
    model = use(app, Stepwise("Sa", "lu", "t"))
    response = stream(api)
    received = events(response.iter_encoded())
    assert next(received)["output"] == "Sa"
    assert model.given == 1
    assert next(received)["output"] == "lu"
    assert model.given == 2
    response.close()


def test_a_client_that_leaves_leaves_a_whole_log(app: Flask, api: Api) -> None:
    model = use(app, Stepwise("Sa", "lu", "t"))
    response = stream(api)
    first = next(events(response.iter_encoded()))
    response.close()
    assert model.given == 3
    log = api.get(f"/logs/{first['id']}")
    assert (log["output"], log["finish_reason"]) == ("Salut", "stop")


def test_a_client_that_leaves_before_the_first_event_leaves_a_whole_log(app: Flask, api: Api) -> None:
    use(app, Stepwise("Sa", "lut"))
    with app.test_request_context("/v5/prompts/call", method="POST", json=BODY, headers=api.headers):
        response = app.full_dispatch_request()
    response.close()
    file = api.post("/files/retrieve-by-path", {"path": "qa/say"})
    assert [log["output"] for log in api.get(f"/logs?file_id={file['id']}")["records"]] == ["Salut"]


def test_samples_take_turns(app: Flask, api: Api) -> None:
    use(app, Stepwise("a", "b"))
    received = list(events(stream(api, num_samples=2).iter_encoded()))
    assert [event["index"] for event in received] == [0, 1, 0, 1, 0, 1]
    logs = {event["index"]: event["id"] for event in received}
    assert len(set(logs.values())) == 2
    assert all(api.get(f"/logs/{log}")["output"] == "ab" for log in logs.values())


def test_a_failure_at_once_is_answered_with_its_status(app: Flask, api: Api) -> None:
    use(app, Stepwise(failing=True))
    response = api.http.post("/v5/prompts/call", json=BODY, headers=api.headers)
    assert response.status_code == 503
    assert response.get_json()["detail"]["message"] == "It broke."
    file = api.post("/files/retrieve-by-path", {"path": "qa/say"})
    assert api.get(f"/logs?file_id={file['id']}")["records"][0]["error"] == "It broke."


def test_a_failure_on_the_way_is_an_event(app: Flask, api: Api) -> None:
    use(app, Stepwise("Sa", failing=True))
    received = list(events(stream(api).iter_encoded()))
    assert [(event["output"], event["error"]) for event in received] == [("Sa", None), ("", "It broke.")]
    log = api.get(f"/logs/{received[0]['id']}")
    assert (log["output"], log["error"]) == ("Sa", "It broke.")


def test_a_tool_call_is_a_message_in_an_event(api: Api, models: Models) -> None:
    models.answer(tool_calls=[{"name": "search", "arguments": {"q": "x"}}])
    received = list(events(stream(api).iter_encoded()))
    messages = [event["output_message"] for event in received if event["output_message"]]
    assert messages[0]["tool_calls"][0]["function"]["name"] == "search"
    assert all(event["output"] is not None for event in received)
