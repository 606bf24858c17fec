"""Agents that are suspended, and what continues them."""

import pytest

from tests.builders.agents import agent, answers, call, children, conclude, inline, linked, proceed, roles, use, weather
from tests.builders.models import Models
from tests.conftest import Api


def test_an_inline_tool_suspends_and_continue_goes_on(api: Api, models: Models) -> None:
    version = agent(api, inline("look"))
    use(models, "look", reply="One moment.", place="Paris")
    conclude(models)
    waiting = call(api, log_id="mine", user="u1")
    assert (waiting["id"], waiting["log_status"], waiting["output"]) == ("mine", "incomplete", "One moment.")
    assert waiting["previous_agent_message"] == waiting["output_message"]
    (asked,) = waiting["previous_agent_message"]["tool_calls"]
    assert asked["function"] == {"name": "look", "arguments": '{"place":"Paris"}'}
    done = proceed(api, waiting, "Fog")
    assert (done["id"], done["log_status"], done["output"]) == ("mine", "complete", "So: Fog")
    assert done["previous_agent_message"] is None
    assert roles(done) == ["user", "assistant", "tool"]
    log = api.get("/logs/mine")
    assert (log["start_time"], log["user"]) == (waiting["start_time"], "u1")
    assert log["end_time"] > waiting["end_time"]
    assert log["output_tokens"] > waiting["output_tokens"]
    assert api.get(f"/agents/{version['id']}")["total_logs_count"] == 1


def test_results_of_a_mixed_turn_are_kept(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)), inline("look"))
    calls = [{"name": "weather", "arguments": {"city": "Paris"}}, {"name": "look", "arguments": {}}]
    models.answer(match={"role": "user"}, tool_calls=calls)
    conclude(models)
    waiting = call(api)
    assert [child["output"] for child in children(api, waiting)] == ["Rain in Paris"]
    done = proceed(api, waiting, "Fog")
    assert done["output"] == "So: Fog"
    assert [message["content"] for message in done["messages"][2:]] == ["Rain in Paris", "Fog"]
    assert len(children(api, done)) == 1


def test_an_agent_may_wait_again_and_run_more_tools(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)), inline("look"))
    conclude(models, "Enough.")
    models.answer(match={"message": "^second$"}, tool_calls=[{"name": "weather", "arguments": {"city": "Oslo"}}])
    same = [{"id": "call_1", "name": "look", "arguments": {}}]  # a model that repeats its ids
    models.answer(match={"message": "^first$"}, tool_calls=same)
    models.answer(match={"role": "user"}, tool_calls=same)
    again = proceed(api, call(api), "first")
    assert again["log_status"] == "incomplete"
    done = proceed(api, again, "second")
    assert (done["output"], done["log_status"]) == ("Enough.", "complete")
    assert [child["output"] for child in children(api, done)] == ["Rain in Oslo"]


def test_a_user_may_speak_behind_the_answers(api: Api, models: Models) -> None:
    agent(api, inline("look"))
    models.answer("Heard: {{message}}", match={"message": "Hurry"})
    use(models, "look")
    models.answer("Heard: {{message}}", match={"message": "Hurry"})
    waiting = call(api)
    messages = [*answers(waiting, "Fog"), {"role": "user", "content": "Hurry!"}]
    done = api.post("/agents/continue", {"log_id": waiting["id"], "messages": messages})
    assert done["output"] == "Heard: Hurry!"


@pytest.mark.parametrize("kind", ["flow", "json_schema", "no type"])
def test_what_the_server_cannot_run_suspends(api: Api, models: Models, kind: str) -> None:
    if kind == "flow":
        file = api.post("/flows", {"path": "weather", "attributes": {}})
    else:
        file = weather(api, tool_type="json_schema" if kind == "json_schema" else None)
    agent(api, linked(file))
    use(models, "weather")
    conclude(models)
    waiting = call(api)
    assert waiting["log_status"] == "incomplete"
    assert proceed(api, waiting, "Fog")["output"] == "So: Fog"
