"""Agents that go on: what they may be answered, and which Logs wait for answers."""

from typing import Any

import pytest

from tests.builders.agents import ASK, agent, answers, call, conclude, inline, proceed, roles, use
from tests.builders.evaluations import Lab
from tests.builders.models import Models
from tests.conftest import Api


def test_a_model_that_fails_when_it_goes_on_leaves_the_log_waiting(api: Api, models: Models) -> None:
    agent(api, inline("look"))
    use(models, "look")
    models.answer("So: {{message}}", match={"role": "tool"})
    models.answer(match={"role": "tool"}, error={"message": "It broke."}, times=1)
    waiting = call(api)
    before = api.get(f"/logs/{waiting['id']}")
    body = {"log_id": waiting["id"], "messages": answers(waiting, "Fog")}
    api.detail("POST", "/agents/continue", body, status=503)
    assert api.get(f"/logs/{waiting['id']}") == before
    assert proceed(api, waiting, "Fog")["output"] == "So: Fog"


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{"role": "user", "content": "Hello"}],
        [{"role": "tool", "content": "Fog", "tool_call_id": "call_other"}],
        [{"role": "tool", "content": "Fog"}],
        ["right", "right"],
        [{"role": "user", "content": "Hello"}, "right"],
    ],
)
def test_continue_wants_an_answer_to_each_open_call(api: Api, models: Models, wrong: list[Any]) -> None:
    agent(api, inline("look"))
    use(models, "look")
    waiting = call(api)
    (right,) = answers(waiting, "Fog")
    before = api.get(f"/logs/{waiting['id']}")
    messages = [right if message == "right" else message for message in wrong]
    detail = api.detail("POST", "/agents/continue", {"log_id": waiting["id"], "messages": messages}, status=422)
    assert detail["loc"] == ["body", "messages"]
    assert api.get(f"/logs/{waiting['id']}") == before


def test_only_a_log_that_waits_can_go_on(api: Api, models: Models, lab: Lab) -> None:
    agent(api, inline("look"))
    use(models, "look")
    conclude(models)
    waiting = call(api)
    proceed(api, waiting, "Fog")
    unsaved = call(api, save=False)
    assert unsaved["previous_agent_message"]["tool_calls"]
    idle = api.post("/agents/log", {"path": "agents/helper", "log_status": "incomplete"})
    for uid, status in [
        (waiting["id"], 409),
        (unsaved["id"], 409),
        (idle["id"], 409),
        (lab.log(lab.flow()), 409),
        ("log_none", 404),
    ]:
        body = {"log_id": uid, "messages": answers(waiting, "Fog")}
        detail = api.detail("POST", "/agents/continue", body, status=status)
        assert detail["loc"] == ["body", "log_id"]
        assert ("`save: false`" in str(detail)) is (uid == unsaved["id"])


@pytest.mark.parametrize("repeats", [False, True])
def test_a_log_of_the_callers_own_can_go_on(api: Api, models: Models, repeats: bool) -> None:
    agent(api, inline("look"))
    conclude(models)
    asked = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    message = {"role": "assistant", "tool_calls": [asked]}
    before = [message, {"role": "tool", "content": "Mist", "tool_call_id": "c1"}] if repeats else []
    said = {"messages": [*ASK, *before], "output_message": message, "log_status": "incomplete"}
    own = {"path": "agents/helper", **said}
    log = api.post("/agents/log", own)
    done = proceed(api, {**log, "previous_agent_message": message}, "Fog")
    assert (done["output"], roles(done)) == ("So: Fog", ["user", *["assistant", "tool"] * (1 + repeats)])


def test_two_that_continue_at_once_do_not_both(api: Api, models: Models) -> None:
    agent(api, inline("look"))
    use(models, "look")
    waiting = call(api)
    models.answer(match={"role": "tool"}, tool_calls=[{"name": "look", "arguments": {}}])
    runtime = api.app.extensions["emulator"].runtime
    complete = runtime.models.complete

    def interrupt(request: Any) -> Any:
        runtime.models.complete = complete
        assert proceed(api, waiting, "faster")["log_status"] == "incomplete"
        return complete(request)

    runtime.models.complete = interrupt
    body = {"log_id": waiting["id"], "messages": answers(waiting, "slower")}
    api.detail("POST", "/agents/continue", body, status=409)
    assert api.get(f"/logs/{waiting['id']}")["messages"][2]["content"] == "faster"
