"""Calls of Tools: what the server runs, what it refuses, and what the Log says."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.builders.files import function
from tests.conftest import Api

ADD = "import json\n\ndef helper(n):\n    return n\n\ndef add(a, b=1):\n    print('adding')\n    return helper(a) + b\n"


def tool(api: Api, **content: Any) -> JsonObject:
    return api.post("/tools", {"path": "tools/add", "function": function("add", "a", "b"), **content})


def call(api: Api, **body: Any) -> JsonObject:
    return api.post("/tools/call", {"path": "tools/add", **body})


def test_python_runs_and_is_logged(api: Api) -> None:
    version = tool(api, source_code=ADD, tool_type="python")
    answer = call(api, inputs={"a": 2, "b": 3})
    assert (answer["output"], answer["error"], answer["stdout"]) == ("5", None, "adding\n")
    assert answer["tool"]["version_id"] == version["version_id"]
    log = api.get(f"/logs/{answer['id']}")
    assert (log["output"], log["inputs"], log["stdout"]) == ("5", {"a": 2, "b": 3}, "adding\n")
    assert answer["log_id"] == answer["id"]
    assert log["start_time"] < log["end_time"]
    assert log["provider_latency"] > 0


def test_a_call_makes_no_empty_tool(api: Api) -> None:
    assert "`tool`" in api.detail("POST", "/tools/call", {"path": "tools/none"}, status=404)["description"]
    assert api.get("/tools")["total"] == 0


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("def f(): return 'as it is'", "as it is"),
        ("def f(): return {'a': [1, None]}", '{"a":[1,null]}'),
        ("def f(): return True", "true"),
        ("def f(): pass", "null"),
    ],
)
def test_a_value_that_is_no_text_is_json(api: Api, code: str, output: str) -> None:
    assert call(api, tool={"source_code": code, "tool_type": "python"})["output"] == output


def test_code_without_a_type_is_python(api: Api) -> None:
    assert call(api, tool={"source_code": ADD}, inputs={"a": 1})["output"] == "2"


def test_the_tools_variables_are_its_environment(api: Api) -> None:
    code = "import os\n\ndef f():\n    return os.environ['KEY']\n"
    file = tool(api, source_code=code, tool_type="python")
    api.post(f"/tools/{file['id']}/environment-variables", [{"name": "KEY", "value": "secret"}])
    assert call(api)["output"] == "secret"


def test_code_that_fails_is_the_error_of_its_log(api: Api) -> None:
    tool(api, source_code="def f(a):\n    print('so far')\n    return 1 / a\n", tool_type="python")
    answer = call(api, inputs={"a": 0})
    assert answer["output"] is None
    assert answer["error"].startswith("ZeroDivisionError")
    assert api.get(f"/logs/{answer['id']}")["error"] == answer["error"]
    assert answer["stdout"] == "so far\n"


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ({"tool_type": "mock", "setup_values": {"output": "sunny"}}, "sunny"),
        ({"tool_type": "mock", "setup_values": {"output": {"sky": "blue"}}}, '{"sky":"blue"}'),
        ({"tool_type": "mock", "attributes": {"output": None}}, "null"),
        ({"tool_type": "mock"}, '{"a":1}'),
        ({"tool_type": "snippet", "source_code": "Be kind."}, "Be kind."),
        ({"tool_type": "snippet", "setup_values": {"text": "Be brief."}}, "Be brief."),
    ],
)
def test_some_tools_hold_their_answer(api: Api, content: JsonObject, output: str) -> None:
    assert call(api, tool=content, inputs={"a": 1})["output"] == output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"tool_type": "google"}, "has no network access, which `google` tools need"),
        ({"tool_type": "pinecone_search"}, "has no network access"),
        ({"tool_type": "get_api_call"}, "has no network access"),
        ({"tool_type": "json_schema", "source_code": ADD}, "no code for the server to run"),
        ({"function": function("add")}, "no code for the server to run"),
        ({"tool_type": "python"}, "no `source_code`"),
        ({"tool_type": "snippet"}, "no text"),
    ],
)
def test_what_cannot_be_run_is_an_error_that_says_why(api: Api, content: JsonObject, reason: str) -> None:
    answer = call(api, tool=content)
    assert reason in answer["error"]
    assert answer["output"] is None


def test_what_the_caller_says_stands_in_the_log(api: Api) -> None:
    tool(api, source_code=ADD, tool_type="python")
    said = {"source": "test", "metadata": {"a": 1}, "user": "u1", "environment": "staging", "log_id": "own"}
    answer = call(api, inputs={"a": 1}, start_time="2024-05-01T10:00:00+00:00", **said)
    log = api.get("/logs/own")
    assert {name: log[name] for name in said} == said == {name: answer[name] for name in said}
    assert log["start_time"].startswith("2024-05-01T10:00:00")


def test_a_call_takes_its_place_in_a_trace(api: Api, lab: Lab) -> None:
    tool(api, source_code=ADD, tool_type="python")
    flow = lab.log(lab.flow())
    answer = call(api, inputs={"a": 1}, trace_parent_id=flow)
    assert answer["trace_id"] == flow
    assert [child["id"] for child in api.get(f"/logs/{flow}")["trace_children"]] == [answer["id"]]


def test_what_is_not_saved_is_still_answered(api: Api) -> None:
    tool(api, source_code=ADD, tool_type="python")
    answer = call(api, inputs={"a": 1}, save=False)
    assert (answer["output"], answer["stdout"]) == ("2", "adding\n")
    log = api.get(f"/logs/{answer['id']}")
    assert (log["output"], log["inputs"], log["stdout"]) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source_datapoint_id": "dp_none"}, 404),
        ({"trace_parent_id": "log_none"}, 404),
        ({"log_id": "taken"}, 409),
        ({"path": "tools/nowhere"}, 404),
    ],
)
def test_what_the_log_would_be_refused_for_runs_nothing(api: Api, body: JsonObject, status: int) -> None:
    file = tool(api, source_code=ADD, tool_type="python")
    call(api, inputs={"a": 1}, log_id="taken")
    api.detail("POST", "/tools/call", {"path": "tools/add", "inputs": {"a": 1}, **body}, status=status)
    assert api.get(f"/tools/{file['id']}")["total_logs_count"] == 1


def test_an_orchestrated_run_of_a_tool_is_filled(api: Api, lab: Lab) -> None:
    version = tool(api, source_code="def answer(question):\n    return question[-1]\n", tool_type="python")
    run = lab.evaluation(version).create_run(lab.dataset(3), version)
    assert run.status() == "completed"
    logs = [record["log"] for record in run.evaluation.logs()["records"]]
    assert [log["output"] for log in logs] == ["0", "1", "2"]
