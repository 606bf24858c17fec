"""Agents and Tools through the Python SDK: called, streamed and continued."""

import pytest
from flask import Flask
from humanloop import Humanloop

from tests.builders.agents import ASK, WEATHER, inline
from tests.builders.models import Models

WEATHER_FUNCTION = {
    "name": "weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def agent(app: Flask, client: Humanloop) -> str:
    """Return the path of an Agent that looks at the weather, then asks its caller, then ends."""
    tool = client.tools.upsert(path="Weather", function=WEATHER_FUNCTION, source_code=WEATHER, tool_type="python")
    models = Models(app)
    models.answer("So: {{message}}", match={"role": "tool", "message": "Fog"})
    models.answer(match={"role": "tool", "message": "Rain"}, tool_calls=[{"name": "look", "arguments": {}}])
    models.answer(match={"role": "user"}, tool_calls=[{"name": "weather", "arguments": {"city": "Paris"}}])
    client.agents.upsert(
        path="Helper", model="gpt-4o", tools=[{"type": "file", "link": {"file_id": tool.id}}, inline("look")]
    )
    return "Helper"


def test_tools_are_called(client: Humanloop) -> None:
    answer = client.tools.call(path="Weather", tool={"source_code": WEATHER}, inputs={"city": "Oslo"})
    assert (answer.output, answer.error, answer.tool.path) == ("Rain in Oslo", None, "Weather")


def test_agents_are_called_and_continued(client: Humanloop, agent: str) -> None:
    waiting = client.agents.call(path=agent, messages=ASK, include_trace_children=True)
    assert waiting.log_status == "incomplete"
    assert [log.output for log in waiting.trace_children] == ["Rain in Paris"]
    (asked,) = waiting.previous_agent_message.tool_calls
    answer = {"role": "tool", "content": "Fog", "tool_call_id": asked.id}
    done = client.agents.continue_call(log_id=waiting.id, messages=[answer])
    assert (done.id, done.output, done.log_status) == (waiting.id, "So: Fog", "complete")


def test_agents_are_streamed(client: Humanloop, agent: str) -> None:
    events = list(client.agents.call_stream(path=agent, messages=ASK))
    assert (events[0].type, events[-1].type) == ("agent_turn_start", "agent_turn_suspend")
    waiting = events[-1].payload
    (asked,) = waiting.output_message.tool_calls
    answer = {"role": "tool", "content": "Fog", "tool_call_id": asked.id}
    further = list(client.agents.continue_call_stream(log_id=waiting.id, messages=[answer]))
    assert (further[0].type, further[-1].type) == ("agent_turn_continue", "agent_turn_end")
    assert "".join(event.payload.output for event in further if event.type == "agent_update") == "So: Fog"
    assert further[-1].payload.output == "So: Fog"
