"""Streams of Agents: every event in its shape and place, and a whole Log whatever the client does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.schemas.calls import AgentCallStreamResponse, AgentContinueCallStreamResponse
from tests.builders.agents import ASK, agent, answers, call, conclude, inline, linked, use, weather
from tests.builders.evaluations import Lab
from tests.builders.models import Models
from tests.conftest import Api
from tests.contract.sdk_models import read
from tests.exact import problems_in

SHAPES = {"call": AgentCallStreamResponse, "continue": AgentContinueCallStreamResponse}


def open_stream(api: Api, route: str = "call", **body: Any) -> Any:
    if route == "call":
        body = {"path": "agents/helper", "messages": ASK, **body}
    response = api.http.post(f"/v5/agents/{route}", json={**body, "stream": True}, headers=api.headers)
    assert response.status_code == 200, response.text
    assert response.mimetype == "text/event-stream"
    return response


def events(response: Any, route: str = "call") -> Iterator[JsonObject]:
    """Read events, each of which comes as one chunk, and hold them to our schema and to the SDK's model."""
    shape = SHAPES[route]
    for chunk in response.iter_encoded():
        assert chunk.startswith(b"data: ")
        assert chunk.endswith(b"\n\n")
        text = chunk.removeprefix(b"data: ")
        event = json.loads(text)
        assert not problems_in(event, shape), event
        read(shape.__name__, text)
        yield event


def stream(api: Api, route: str = "call", **body: Any) -> list[JsonObject]:
    return list(events(open_stream(api, route, **body), route))


def types(received: list[JsonObject]) -> list[str]:
    """Return the types of events, those that repeat once."""
    names = [event["type"] for event in received]
    return [name for position, name in enumerate(names) if position == 0 or names[position - 1] != name]


TURN = ["agent_start", "agent_update", "agent_end"]
TOOL = ["tool_start", "tool_end"]


def test_a_turn_is_told_from_its_start_to_its_log(api: Api, models: Models) -> None:
    version = agent(api)
    models.answer("It is sunny.")
    received = stream(api)
    assert types(received) == ["agent_turn_start", *TURN, "agent_turn_end"]
    pieces = [event["payload"] for event in received if event["type"] == "agent_update"]
    assert "".join(piece["output"] for piece in pieces) == "It is sunny."
    assert len(pieces) > 2
    assert {piece["agent_id"] for piece in pieces} == {version["id"]}
    log = received[-1]["payload"]
    assert {event["log_id"] for event in received} == {log["id"]} == {piece["id"] for piece in pieces}
    assert log == api.get(f"/logs/{log['id']}") | {"trace_children": None}
    assert (log["output"], log["log_status"]) == ("It is sunny.", "complete")
    assert [event["created_at"] for event in received] == sorted(event["created_at"] for event in received)


def test_tools_are_told_with_their_logs(api: Api, models: Models, lab: Lab) -> None:
    flow = lab.log(lab.flow())
    agent(api, linked(weather(api)))
    use(models, "weather", city="Paris")
    conclude(models)
    received = stream(api, trace_parent_id=flow)
    assert types(received) == ["agent_turn_start", *TURN, *TOOL, *TURN, "agent_turn_end"]
    (start,) = [event["payload"] for event in received if event["type"] == "tool_start"]
    assert start["function"] == {"name": "weather", "arguments": '{"city":"Paris"}'}
    (tool,) = [event["payload"] for event in received if event["type"] == "tool_end"]
    stored = api.get(f"/logs/{tool['id']}")
    assert tool | {"created_at": None, "tool": None} == stored | {"created_at": None, "tool": None}
    assert (tool["output"], tool["trace_id"]) == ("Rain in Paris", flow)


def test_what_is_called_inside_is_told_as_it_comes(api: Api, models: Models) -> None:
    inner = agent(api, path="agents/inner", model="inner")
    prompt = api.post("/prompts", {"path": "ask", "model": "inner", "template": "{{text}}"})
    agent(api, linked(inner), linked(prompt))
    calls = [{"name": "inner", "arguments": {"message": "a"}}, {"name": "ask", "arguments": {"text": "b"}}]
    models.answer("Two words.", match={"model": "inner"})
    models.answer(match={"role": "user", "model": "gpt-4o"}, tool_calls=calls)
    conclude(models)
    received = stream(api)
    updated = ["tool_start", "tool_update", "tool_end"]
    assert types(received) == ["agent_turn_start", *TURN, *updated, *updated, *TURN, "agent_turn_end"]
    pieces = [event["payload"] for event in received if event["type"] == "tool_update"]
    told = "".join(piece["output"] for piece in pieces)
    assert told == "Two words.Two words."
    assert [("agent_id" in piece, "prompt_id" in piece) for piece in (pieces[0], pieces[-1])] == [
        (True, False),
        (False, True),
    ]
    logs = [event["payload"] for event in received if event["type"] == "tool_end"]
    assert [log["output"] for log in logs] == ["Two words.", "Two words."]
    assert [log["id"] for log in logs] == [pieces[0]["id"], pieces[-1]["id"]]


def test_a_call_of_nothing_ends_without_a_log(api: Api, models: Models) -> None:
    agent(api)
    use(models, "magic")
    conclude(models)
    (end,) = [event for event in stream(api) if event["type"] == "tool_end"]
    assert end["payload"] is None


def test_waiting_and_going_on_are_told(api: Api, models: Models) -> None:
    agent(api, inline("look"))
    use(models, "look", place="Paris")
    conclude(models)
    received = stream(api)
    assert types(received) == ["agent_turn_start", *TURN, "agent_turn_suspend"]
    log = received[-1]["payload"]
    assert log["log_status"] == "incomplete"
    messages = answers({"previous_agent_message": log["output_message"]}, "Fog")
    received = stream(api, "continue", log_id=log["id"], messages=messages)
    assert types(received) == ["agent_turn_continue", *TURN, "agent_turn_end"]
    assert (received[-1]["payload"]["id"], received[-1]["payload"]["output"]) == (log["id"], "So: Fog")


def test_an_event_is_there_before_the_model_has_finished(api: Api, models: Models) -> None:
    agent(api)
    models.answer("One two three.")
    response = open_stream(api)
    received = events(response)
    kinds = [next(received)["type"] for _ in range(3)]
    assert kinds == ["agent_turn_start", "agent_start", "agent_update"]
    assert api.get("/logs?file_id=" + api.get("/agents")["records"][0]["id"])["total"] == 0
    response.close()


@pytest.mark.parametrize("read_first", [1, 3, 6])
def test_a_client_that_leaves_leaves_a_whole_log(api: Api, models: Models, read_first: int) -> None:
    agent(api, linked(weather(api)))
    use(models, "weather", city="Paris")
    conclude(models)
    response = open_stream(api)
    received = events(response)
    uid = {next(received)["log_id"] for _ in range(read_first)}.pop()
    response.close()
    log = api.get(f"/logs/{uid}")
    assert (log["output"], log["log_status"]) == ("So: Rain in Paris", "complete")
    assert [child["output"] for child in log["trace_children"]] == ["Rain in Paris"]


def test_a_failure_at_once_is_answered_with_its_status(api: Api, models: Models) -> None:
    agent(api)
    models.answer(error={"message": "It broke."})
    body = {"path": "agents/helper", "messages": ASK, "stream": True}
    assert api.detail("POST", "/agents/call", body, status=503)["message"] == "It broke."


def test_a_failure_on_the_way_is_an_event(api: Api, models: Models) -> None:
    agent(api)
    models.answer("So far so good", error={"message": "It broke.", "after_chunks": 2})
    received = stream(api)
    assert types(received) == ["agent_turn_start", "agent_start", "agent_update", "agent_turn_error"]
    assert received[-1]["message"] == "It broke."
    log = received[-1]["payload"]
    assert (log["output"], log["error"], log["log_status"]) == ("So far", "It broke.", "complete")


def test_a_failure_on_the_way_on_leaves_the_log_waiting(api: Api, models: Models) -> None:
    agent(api, inline("look"))
    use(models, "look")
    waiting = call(api)
    models.answer("So far so good", match={"role": "tool"}, error={"message": "It broke.", "after_chunks": 2})
    received = stream(api, "continue", log_id=waiting["id"], messages=answers(waiting, "Fog"))
    assert types(received)[-1] == "agent_turn_error"
    assert received[-1]["payload"] == api.get(f"/logs/{waiting['id']}") | {"trace_children": None}
    assert received[-1]["payload"]["log_status"] == "incomplete"


def test_what_cannot_be_stored_is_an_error(api: Api, models: Models, lab: Lab) -> None:
    flow = lab.log(lab.flow())
    agent(api)
    models.answer("Two words.")
    received = events(open_stream(api, trace_parent_id=flow))
    first = next(received)
    api.patch(f"/flows/logs/{flow}", {"log_status": "complete"})
    last = list(received)[-1]
    assert (last["type"], last["payload"]) == ("error", None)
    assert last["message"] == f"Log '{flow}' is complete and takes no more logs."
    api.detail("GET", f"/logs/{first['log_id']}", status=404)
