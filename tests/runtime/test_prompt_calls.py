"""Calls of Prompts: the answer, the Log, and what a call may say."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.builders.models import Models
from tests.conftest import Api

CHAT = [{"role": "system", "content": "You speak {{language}}."}, {"role": "user", "content": "Say {{word}}."}]


def prompt(api: Api, **content: Any) -> JsonObject:
    return api.post("/prompts", {"path": "qa/say", "model": "gpt-4o", "template": CHAT} | content)


def call(api: Api, **body: Any) -> JsonObject:
    return api.post("/prompts/call", {"path": "qa/say", "inputs": {"language": "French", "word": "hi"}} | body)


def test_a_call_is_answered_and_logged(api: Api, models: Models) -> None:
    version = prompt(api)
    models.answer("Salut", match={"message": "Say hi"}, tokens={"prompt": 12, "output": 2})
    answer = call(api)
    assert [(log["index"], log["output"]) for log in answer["logs"]] == [(0, "Salut")]
    assert answer["logs"][0]["output_message"]["role"] == "assistant"
    assert (answer["logs"][0]["prompt_tokens"], answer["logs"][0]["output_tokens"]) == (12, 2)
    assert answer["prompt"]["version_id"] == version["version_id"]
    assert answer["inputs"] == {"language": "French", "word": "hi"}
    log = api.get(f"/logs/{answer['id']}")
    assert log["output"] == "Salut"
    assert log["prompt"]["version_id"] == version["version_id"]
    assert log["finish_reason"] == "stop"
    assert log["start_time"] < log["end_time"]
    assert log["provider_latency"] > 0


def test_the_log_id_of_an_answer_is_its_id(api: Api) -> None:
    prompt(api)
    answer = call(api)
    assert answer["log_id"] == answer["id"]
    assert call(api, log_id="own")["log_id"] == "own"


def test_without_a_rule_the_answer_says_so(api: Api) -> None:
    prompt(api)
    assert "no rule" in call(api)["logs"][0]["output"]


def test_the_content_of_a_call_makes_the_version(api: Api) -> None:
    answer = call(api, prompt={"model": "gpt-4o", "template": CHAT})
    assert answer["prompt"]["path"] == "qa/say"
    assert answer["prompt"]["version_id"] == prompt(api)["version_id"]


def test_the_text_of_a_prompt_file_makes_the_version(api: Api) -> None:
    text = "---\nmodel: gpt-4o\n---\n<user>\nSay {{word}}\n</user>"
    assert call(api, prompt=text)["prompt"]["template"][0]["content"].strip() == "Say {{word}}"


def test_the_query_picks_the_version(api: Api) -> None:
    first, second = prompt(api), prompt(api, model="other")
    api.post(
        "/prompts/call?version_id=" + second["version_id"], {"path": "qa/say", "inputs": {"language": "", "word": ""}}
    )
    assert api.get(f"/prompts/{first['id']}?version_id={second['version_id']}")["version_logs_count"] == 1


def test_the_callers_messages_follow_the_template(api: Api, models: Models) -> None:
    prompt(api)
    models.answer("Seen: {{message}}", match={"message": "Encore"})
    answer = call(api, messages=[{"role": "user", "content": "Encore"}])
    assert answer["logs"][0]["output"] == "Seen: Encore"
    assert answer["messages"][0]["content"] == "Encore"


def test_a_missing_input_stores_nothing(api: Api) -> None:
    detail = api.detail(
        "POST", "/prompts/call", {"path": "qa/new", "prompt": {"model": "m", "template": CHAT}}, status=422
    )
    assert detail["loc"] == ["body", "inputs"]
    api("POST", "/files/retrieve-by-path", {"path": "qa/new"}, status=404)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source_datapoint_id": "dp_none"}, 404),
        ({"trace_parent_id": "log_none"}, 404),
        ({"log_id": "taken"}, 409),
        ({"num_samples": 0}, 422),
        ({"path": "qa/nowhere"}, 404),
    ],
)
def test_what_the_log_would_be_refused_for_asks_no_model(
    api: Api, models: Models, body: JsonObject, status: int
) -> None:
    version = prompt(api)
    call(api, log_id="taken")
    api.detail(
        "POST", "/prompts/call", {"path": "qa/say", "inputs": {"language": "", "word": ""}} | body, status=status
    )
    assert api.get(f"/prompts/{version['id']}")["total_logs_count"] == 1


def test_samples_have_a_log_each(api: Api, models: Models) -> None:
    version = prompt(api)
    models.answer(replies=["one", "two", "three", "four"])
    answer = call(api, num_samples=3, log_id="mine")
    assert [log["index"] for log in answer["logs"]] == [0, 1, 2]
    assert answer["id"] == "mine"
    logs = api.get(f"/logs?file_id={version['id']}")["records"]
    assert sorted(log["output"] for log in logs) == sorted(log["output"] for log in answer["logs"])


def test_inputs_are_left_out_of_the_answer_alone(api: Api) -> None:
    prompt(api)
    answer = call(api, return_inputs=False)
    assert answer["inputs"] == {}
    assert api.get(f"/logs/{answer['id']}")["inputs"]["word"] == "hi"


def test_what_is_not_saved_is_still_answered(api: Api, models: Models) -> None:
    prompt(api)
    models.answer("secret")
    answer = call(api, save=False)
    assert answer["logs"][0]["output"] == "secret"
    log = api.get(f"/logs/{answer['id']}")
    assert (log["output"], log["inputs"], log["provider_request"]) == (None, None, None)
    assert log["output_tokens"] is not None


def test_a_call_takes_its_place_in_a_trace(api: Api, lab: Lab) -> None:
    prompt(api)
    flow = lab.log(lab.flow())
    answer = call(api, trace_parent_id=flow)
    assert answer["trace_id"] == flow
    assert [child["id"] for child in api.get(f"/logs/{flow}")["trace_children"]] == [answer["id"]]


def test_what_the_caller_says_stands_in_the_log(api: Api) -> None:
    prompt(api)
    said = {"source": "test", "metadata": {"a": 1}, "user": "u1", "environment": "staging", "log_id": "own"}
    answer = call(api, **said)
    log = api.get("/logs/own")
    assert {name: log[name] for name in said} == said == {name: answer[name] for name in said}


def test_tool_calls_are_answered(api: Api, models: Models) -> None:
    tool = {"name": "search", "description": "Search.", "parameters": {"type": "object", "properties": {}}}
    prompt(api, tools=[tool])
    models.answer(tool_calls=[{"name": "search", "arguments": {"q": "x"}}])
    log = call(api)["logs"][0]
    assert log["output"] is None
    assert log["finish_reason"] == "tool_calls"
    assert log["output_message"]["tool_calls"][0]["function"] == {"name": "search", "arguments": '{"q":"x"}'}


def test_a_provider_that_fails_is_told_and_logged(api: Api, models: Models) -> None:
    version = prompt(api)
    models.answer(error={"status": 429, "type": "rate_limit_error", "message": "Slow down.", "code": 429})
    detail = api.detail("POST", "/prompts/call", {"path": "qa/say", "inputs": {"language": "", "word": ""}}, status=429)
    assert (detail["type"], detail["message"], detail["code"]) == ("rate_limit_error", "Slow down.", 429)
    assert api.get(f"/logs?file_id={version['id']}")["records"][0]["error"] == "Slow down."


def test_the_mock_provider_asks_nobody(api: Api, models: Models) -> None:
    prompt(api, provider="mock")
    models.answer("a rule")
    assert call(api)["logs"][0]["output"] != "a rule"


def test_a_text_template_completes(api: Api, models: Models) -> None:
    prompt(api, endpoint="complete", template="Once upon {{word}}")
    models.answer("{{message}} there was", match={"message": "^Once upon hi$"})
    assert call(api)["logs"][0]["output"] == "Once upon hi there was"
