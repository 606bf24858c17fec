"""Changes of Logs: what is given changes, the rest stays."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import TRACED, Logs, update_url
from tests.conftest import Api

UPDATABLE = ("prompt", "tool", "flow", "agent")
each_kind = pytest.mark.parametrize("kind", UPDATABLE)


@pytest.fixture
def logs(api: Api) -> Logs:
    return Logs(api)


@each_kind
def test_given_fields_change_and_the_others_stay(logs: Logs, kind: str) -> None:
    created = logs.create(kind, inputs={"question": "why"}, metadata={"kept": True}, user="ada", output="first")
    before = logs.get(created["id"])
    after = logs.update(kind, created, output="second", error="late")
    assert after == logs.get(created["id"])
    assert after == before | {"output": "second", "error": "late"}


@each_kind
def test_nothing_given_changes_nothing(logs: Logs, kind: str) -> None:
    created = logs.create(kind, output="first", error="early")
    before = logs.get(created["id"])
    assert logs.update(kind, created) == before
    assert logs.update(kind, created, output=None, error=None, log_status=None) == before


@pytest.mark.parametrize("kind", ["prompt", "tool"])
def test_prompts_and_tools_change_all_that_becomes_known_later(logs: Logs, kind: str) -> None:
    created = logs.create(kind)
    changes = {
        "start_time": "2025-05-01T10:00:00.000000Z",
        "end_time": "2025-05-01T10:00:01.000000Z",
        "created_at": "2025-05-01T09:00:00.000000Z",
        "inputs": {"a": 1},
        "metadata": {"b": 2},
        "source": "tests",
        "stdout": "…",
        "provider_latency": 0.5,
        "provider_request": {"c": 3},
        "provider_response": {"d": 4},
    }
    if kind == "prompt":
        changes |= {"prompt_tokens": 3, "output_cost": 0.5, "finish_reason": "stop", "tool_choice": "auto"}
    after = logs.update(kind, created, **changes)
    assert {name: after[name] for name in changes} == changes


@pytest.mark.parametrize("kind", ["prompt", "flow", "agent"])
def test_a_later_output_message_leaves_the_output_null(logs: Logs, kind: str) -> None:
    created = logs.create(kind, messages=[{"role": "user", "content": "Hi"}])
    after = logs.update(kind, created, output_message={"role": "assistant", "content": "Hello"})
    assert (after["output"], after["output_message"]["content"]) == (None, "Hello")
    assert after["messages"][0]["content"] == "Hi"


@each_kind
def test_what_was_not_saved_is_not_saved_later(logs: Logs, kind: str) -> None:
    created = logs.create(kind, save=False)
    after = logs.update(kind, created, output="secret", inputs={"a": "secret"}, error="shown")
    assert (after["output"], after["inputs"], after["error"]) == (None, None, "shown")


@each_kind
def test_any_log_can_be_completed(logs: Logs, kind: str) -> None:
    created = logs.create(kind)
    assert logs.update(kind, created, log_status="complete")["log_status"] == "complete"
    assert logs.update(kind, created, output="still")["log_status"] == "complete"
    detail = logs.api.detail("PATCH", update_url(kind, created), {"log_status": "done"}, status=422)
    assert detail[0]["loc"] == ["body", "log_status"]


@pytest.mark.parametrize("kind", TRACED)
def test_a_complete_trace_does_not_open_again(logs: Logs, kind: str) -> None:
    created = logs.create(kind, log_status="complete", output="first")
    body = {"log_status": "incomplete", "output": "second"}
    detail = logs.api.detail("PATCH", update_url(kind, created), body, status=409)
    assert detail["loc"] == ["body", "log_status"]
    assert logs.get(created["id"])["output"] == "first"
    assert logs.update(kind, created, log_status="complete", output="third")["output"] == "third"


@each_kind
def test_unknown_logs_are_not_found(logs: Logs, kind: str) -> None:
    created = logs.create(kind)
    for wrong in other_addresses(logs, kind, created):
        detail = logs.api.detail("PATCH", wrong, {"output": "changed"}, status=404)
        assert detail["loc"] == ["path", "log_id"]
    assert logs.get(created["id"])["output"] is None


def other_addresses(logs: Logs, kind: str, created: JsonObject) -> list[str]:
    """Return routes that lead to no Log: an unknown one, one of another kind, and one of another File."""
    wrong = [update_url(kind, created | {"id": "no_such"})]
    for other in UPDATABLE:
        if other != kind:
            url = update_url(other, logs.create(other, f"other {other}"))
            wrong.append(url.rpartition("/")[0] + "/" + created["id"])
    if kind != "flow":
        elsewhere = logs.create(kind, "elsewhere")
        wrong.append(update_url(kind, elsewhere | {"id": created["id"]}))
    return wrong


def test_judgments_do_not_change(logs: Logs) -> None:
    judged = logs.create("flow", "judged")
    created = logs.judge(judged["id"], judgment=True)
    evaluator = logs.get(created["id"])["evaluator"]
    assert logs.api.detail("PATCH", f"/evaluators/{evaluator['id']}/log/{created['id']}", {}, status=404)
