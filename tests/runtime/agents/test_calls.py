"""Calls of Agents: their turns, what they call, how they end, wait and go on."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.agents import ASK, agent, call, children, conclude, inline, linked, proceed, roles, use, weather
from tests.builders.evaluations import Lab
from tests.builders.files import function
from tests.builders.models import Models
from tests.conftest import Api


def test_an_agent_without_calls_answers(api: Api, models: Models) -> None:
    version = agent(api)
    models.answer("Sunny.", tokens={"prompt": 5, "output": 2})
    answer = call(api)
    assert (answer["output"], answer["log_status"], answer["error"]) == ("Sunny.", "complete", None)
    assert answer["previous_agent_message"] is None
    assert answer["agent"]["version_id"] == version["version_id"]
    log = api.get(f"/logs/{answer['id']}")
    assert log["output_message"]["content"] == "Sunny."
    assert [message["content"] for message in log["messages"]] == ["Weather in Paris?"]
    assert (log["prompt_tokens"], log["output_tokens"], log["finish_reason"]) == (5, 2, "stop")
    assert log["start_time"] < log["end_time"]


def test_a_linked_tool_is_run_and_its_result_told(api: Api, models: Models) -> None:
    tool = weather(api)
    agent(api, linked(tool))
    use(models, "weather", city="Paris")
    conclude(models)
    answer = call(api)
    assert (answer["output"], answer["log_status"]) == ("So: Rain in Paris", "complete")
    assert roles(answer) == ["user", "assistant", "tool"]
    (child,) = children(api, answer)
    assert (child["output"], child["inputs"], child["tool"]["id"]) == ("Rain in Paris", {"city": "Paris"}, tool["id"])
    assert child["trace_parent_id"] == answer["id"]
    assert answer["trace_children"] is None
    assert [log["id"] for log in call(api, include_trace_children=True)["trace_children"]]


def test_tokens_and_costs_add_up(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)))
    models.answer(
        match={"role": "user"}, tool_calls=[{"name": "weather", "arguments": {}}], tokens={"prompt": 10, "output": 3}
    )
    models.answer("Done.", match={"role": "tool"}, tokens={"prompt": 20, "output": 4})
    answer = call(api)
    assert (answer["prompt_tokens"], answer["output_tokens"]) == (30, 7)
    assert answer["prompt_cost"] > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"city": "Atlantis"}, "Error: ValueError: It sank."),
        ("not json", "Error: The arguments are not valid JSON"),
        ("[1]", "Error: The arguments are not a JSON object."),
        (
            '{"city": ' + "[" * 300 + "]" * 300 + "}",
            "Error: The arguments are not valid JSON: value is nested deeper than 200",
        ),
    ],
)
def test_a_tool_that_fails_is_told_and_the_agent_goes_on(api: Api, models: Models, arguments: Any, told: str) -> None:
    agent(api, linked(weather(api)))
    models.answer(match={"role": "user"}, tool_calls=[{"name": "weather", "arguments": arguments}])
    conclude(models)
    answer = call(api)
    assert answer["output"].startswith(f"So: {told}")
    assert answer["error"] is None


def test_a_tool_that_does_not_exist_is_told(api: Api, models: Models) -> None:
    agent(api)
    use(models, "magic")
    conclude(models)
    assert call(api)["output"] == "So: Error: There is no tool `magic`."


def test_a_linked_prompt_is_called_with_the_arguments(api: Api, models: Models) -> None:
    helper = {"path": "helpers/My Translator!", "model": "helper", "template": "Translate {{text}}"}
    file = api.post("/prompts", helper)
    agent(api, linked(file))
    use(models, "My_Translator_", text="hello")
    models.answer("Salut", match={"model": "helper", "message": "^Translate hello$"})
    conclude(models)
    answer = call(api)
    assert answer["output"] == "So: Salut"
    (child,) = children(api, answer)
    assert (child["prompt"]["id"], child["inputs"], child["output"]) == (file["id"], {"text": "hello"}, "Salut")


def test_a_linked_prompt_that_misses_an_input_is_told(api: Api, models: Models) -> None:
    agent(api, linked(api.post("/prompts", {"path": "helper", "model": "helper", "template": "{{text}}"})))
    use(models, "helper")
    conclude(models)
    answer = call(api)
    assert answer["output"] == "So: Error: The template needs values for: text."
    assert children(api, answer)[0]["error"] == "The template needs values for: text."


def test_a_linked_agent_works_inside(api: Api, models: Models) -> None:
    inner = agent(api, linked(weather(api)), path="agents/inner", model="inner")
    agent(api, linked(inner))
    use(models, "inner", message="Look at Rome.")
    use(models, "weather", model="inner", city="Rome")
    conclude(models, "Inside: {{message}}", model="inner")
    conclude(models)
    answer = call(api)
    assert answer["output"] == "So: Inside: Rain in Rome"
    (child,) = children(api, answer)
    assert (child["agent"]["id"], child["log_status"]) == (inner["id"], "complete")
    assert child["messages"][0]["content"] == "Look at Rome."
    assert [log["output"] for log in child["trace_children"]] == ["Rain in Rome"]


def test_a_linked_agent_that_waits_is_an_error_inside(api: Api, models: Models) -> None:
    inner = agent(api, inline("look"), path="agents/inner", model="inner")
    agent(api, linked(inner))
    use(models, "inner", message="Look.")
    use(models, "look", model="inner")
    conclude(models)
    answer = call(api)
    assert answer["output"] == "So: Error: The agent calls `look`, which the server cannot run."
    assert children(api, answer)[0]["log_status"] == "complete"


def test_agents_that_call_themselves_come_to_an_end(api: Api, models: Models) -> None:
    own = agent(api)
    agent(api, {**linked(own), "link": {"file_id": own["id"]}}, model="again")
    newest = api.get(f"/agents/{own['id']}/versions")["records"][0]
    environment = api.get(f"/agents/{own['id']}/environments")[0]["id"]
    api.post(f"/agents/{own['id']}/environments/{environment}?version_id={newest['version_id']}")
    use(models, "helper", model="again", message="You.")
    conclude(models, model="again")
    answer = call(api)
    assert answer["output"].endswith("Error: Agents can be nested at most 5 levels deep.")
    assert answer["log_status"] == "complete"


def test_a_tool_that_stops_ends_the_agent_with_its_output(api: Api, models: Models) -> None:
    agent(api, linked(weather(api), "stop"), inline("look"))
    calls = [{"name": "look", "arguments": {}}, {"name": "weather", "arguments": {"city": "Paris"}}]
    models.answer(match={"role": "user"}, tool_calls=calls)
    answer = call(api)
    assert (answer["output"], answer["log_status"]) == ("Rain in Paris", "complete")
    assert len(children(api, answer)) == 1


@pytest.mark.parametrize(("arguments", "output"), [({"output": "Final."}, "Final."), ({"score": 1}, '{"score":1}')])
def test_an_inline_tool_that_stops_gives_the_output(
    api: Api, models: Models, arguments: JsonObject, output: str
) -> None:
    agent(api, inline("finish", "stop"), max_iterations=1)
    models.answer(tool_calls=[{"name": "finish", "arguments": arguments}])
    answer = call(api)
    assert (answer["output"], answer["log_status"], answer["error"]) == (output, "complete", None)
    assert answer["output_message"]["tool_calls"][0]["function"]["name"] == "finish"


def test_max_iterations_end_in_an_error(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)), max_iterations=2)
    models.answer(tool_calls=[{"name": "weather", "arguments": {"city": "Paris"}}])
    answer = call(api)
    assert (answer["error"], answer["log_status"]) == ("The agent reached its limit of 2 iterations.", "complete")
    assert answer["output"] is None
    assert len(children(api, answer)) == 2


def test_iterations_count_on_where_an_agent_goes_on(api: Api, models: Models) -> None:
    agent(api, inline("look"), max_iterations=2)
    models.answer(tool_calls=[{"name": "look", "arguments": {}}])
    log = proceed(api, call(api), "one")
    assert log["log_status"] == "incomplete"
    log = proceed(api, log, "two")
    assert (log["error"], log["log_status"]) == ("The agent reached its limit of 2 iterations.", "complete")


def test_a_tool_that_must_be_called_must_be_called_once(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)))
    answer = call(api, tool_choice="required")  # no rule: the echo calls the tool while it has to
    assert answer["tool_choice"] == "required"
    assert roles(answer) == ["user", "assistant", "tool"]
    assert "no rule matches" in answer["output"]


def test_a_model_that_fails_at_once_is_answered_with_its_status(api: Api, models: Models) -> None:
    version = agent(api)
    models.answer(error={"status": 429, "type": "rate_limit_error", "message": "Slow down."})
    detail = api.detail("POST", "/agents/call", {"path": "agents/helper", "messages": ASK}, status=429)
    assert detail["message"] == "Slow down."
    (log,) = api.get(f"/logs?file_id={version['id']}")["records"]
    assert (log["error"], log["log_status"]) == ("Slow down.", "complete")


def test_a_model_that_fails_later_is_the_error_of_the_log(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)))
    use(models, "weather", city="Paris")
    models.answer(match={"role": "tool"}, error={"message": "It broke."})
    answer = call(api)
    assert (answer["error"], answer["log_status"]) == ("It broke.", "complete")
    assert len(children(api, answer)) == 1


def test_what_the_caller_says_stands_in_the_log(api: Api, lab: Lab, models: Models) -> None:
    agent(api, linked(weather(api)))
    use(models, "weather", city="Paris")
    flow = lab.log(lab.flow())
    said = {"source": "test", "metadata": {"a": 1}, "user": "u1", "environment": "staging", "log_id": "own"}
    answer = call(api, trace_parent_id=flow, inputs={"a": "b"}, return_inputs=False, **said)
    log = api.get("/logs/own")
    assert {name: log[name] for name in said} == said == {name: answer[name] for name in said}
    assert (answer["inputs"], log["inputs"]) == ({}, {"a": "b"})
    assert answer["trace_id"] == flow
    (shown,) = api.get(f"/logs/{flow}")["trace_children"]
    assert (shown["id"], shown["trace_children"][0]["user"]) == ("own", "u1")


def test_the_log_id_of_an_answer_is_its_id(api: Api, models: Models) -> None:
    agent(api, inline("look"))
    use(models, "look")
    waiting = call(api)
    assert waiting["log_id"] == waiting["id"]
    done = proceed(api, waiting, "So.")
    assert done["log_id"] == done["id"] == waiting["id"]


def test_what_is_not_saved_is_still_answered(api: Api, models: Models) -> None:
    agent(api, linked(weather(api)))
    use(models, "weather", city="Paris")
    conclude(models)
    answer = call(api, save=False)
    assert answer["output"] == "So: Rain in Paris"
    log = api.get(f"/logs/{answer['id']}")
    assert (log["output"], log["messages"]) == (None, None)
    assert log["trace_children"][0]["output"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source_datapoint_id": "dp_none"}, 404),
        ({"trace_parent_id": "log_none"}, 404),
        ({"log_id": "taken"}, 409),
        ({"path": "agents/nowhere"}, 404),
        ({"agent": {"model": "m", "template": "{{missing}}"}}, 422),
    ],
)
def test_what_the_log_would_be_refused_for_asks_no_model(
    api: Api, models: Models, body: JsonObject, status: int
) -> None:
    file = agent(api)
    call(api, log_id="taken")
    api.detail("POST", "/agents/call", {"path": "agents/helper", "messages": ASK, **body}, status=status)
    shown = api.get(f"/agents/{file['id']}")
    assert (shown["total_logs_count"], len(api.get(f"/agents/{file['id']}/versions")["records"])) == (1, 1)


def test_a_failure_in_storing_leaves_nothing_half(api: Api, lab: Lab, models: Models) -> None:
    """The trace is completed while the agent works."""
    tool = weather(api)
    agent(api, linked(tool))
    use(models, "weather", city="Paris")
    flow = lab.log(lab.flow(), log_id="flow")
    complete = api.app.extensions["emulator"].runtime.models.complete
    calls = 0

    def interrupt(request: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            api.patch(f"/flows/logs/{flow}", {"log_status": "complete"})
        return complete(request)

    api.app.extensions["emulator"].runtime.models.complete = interrupt
    api.detail("POST", "/agents/call", {"path": "agents/helper", "messages": ASK, "trace_parent_id": flow}, status=409)
    assert api.get(f"/tools/{tool['id']}")["total_logs_count"] == 0
    assert api.get(f"/logs/{flow}")["trace_children"] == []


def test_monitors_judge_when_the_agent_has_ended(api: Api, models: Models) -> None:
    version = agent(api, inline("look"))
    code = "def f(log):\n    return len(log['messages'])\n"
    spec = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "number", "code": code}
    judge = api.post("/evaluators", {"path": "judge", "spec": spec})
    activate = [{"evaluator_version_id": judge["version_id"]}]
    api.post(f"/agents/{version['id']}/evaluators", {"activate": activate})
    use(models, "look")
    conclude(models)
    waiting = call(api)
    assert waiting["evaluator_logs"] == []
    done = proceed(api, waiting, "Fog")
    assert [log["judgment"] for log in done["evaluator_logs"]] == [3]


def test_an_orchestrated_run_of_an_agent_is_filled(api: Api, models: Models, lab: Lab) -> None:
    version = agent(api, linked(weather(api)), inline("look"), template="{{question}}")
    use(models, "weather", city="Paris")
    conclude(models)
    models.answer(match={"message": " 1$"}, tool_calls=[{"name": "look", "arguments": {}}])
    run = lab.evaluation(version).create_run(lab.dataset(2), version)
    assert run.status() == "completed"
    first, second = [record["log"] for record in run.evaluation.logs()["records"]]
    assert (first["output"], first["log_status"]) == ("So: Rain in Paris", "complete")
    assert [child["output"] for child in children(api, first)] == ["Rain in Paris"]
    assert second["error"] == "The agent calls `look`, which the server cannot run."
    assert second["log_status"] == "complete"


def test_functions_have_names_that_a_provider_takes_each_once(api: Api, models: Models) -> None:
    seen: list[JsonObject] = []
    prompt = api.post("/prompts", {"path": "a/look", "model": "m", "template": "{{log.output}} {{n}}"})
    flow = api.post("/flows", {"path": "a/Ein Fluß", "attributes": {}})
    agent(api, inline("look"), linked(prompt), linked(flow), linked(weather(api)))
    models_of = api.app.extensions["emulator"].runtime.models
    complete = models_of.complete

    def listen(request: Any) -> Any:
        seen.extend(request.tools)
        return complete(request)

    models_of.complete = listen
    call(api)
    assert [tool["name"] for tool in seen] == ["look", "look_2", "Ein_Flu_", "weather"]
    assert seen[1]["parameters"]["required"] == ["log", "n"]
    assert seen[3] == function("weather", "city")
