"""Logs of the five kinds: what is sent is stored and shown, under the id that the caller chooses."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import LOGGED, TRACED, Files, Logs, content, fresh_api, log_content, spec

each_kind = pytest.mark.parametrize("kind", LOGGED)
MESSAGE = {
    "role": "assistant",
    "content": "Hi",
    "name": None,
    "tool_call_id": None,
    "tool_calls": None,
    "thinking": None,
}
COMMON: JsonObject = {
    "created_at": "2025-05-01T12:00:00.123456Z",
    "start_time": "2025-05-01T11:00:00.000000Z",
    "end_time": "2025-05-01T11:00:02.500000Z",
    "inputs": {"question": "why", "deep": {"list": [1, None, "x"]}},
    "output": "because",
    "error": "It took long.",
    "metadata": {"ticket": 7, "tags": ["a"]},
    "provider_latency": 2.5,
    "stdout": "thinking…",
    "provider_request": {"model": "m"},
    "provider_response": {"choices": [None]},
    "source": "tests",
    "user": "ada",
    "environment": "staging",
    "save": True,
    "log_status": "complete",
}
MODEL: JsonObject = {
    "output_message": MESSAGE,
    "prompt_tokens": 5,
    "reasoning_tokens": 2,
    "output_tokens": 3,
    "prompt_cost": 0.1,
    "output_cost": 0.2,
    "finish_reason": "stop",
    "messages": [MESSAGE | {"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    "tool_choice": {"type": "function", "function": {"name": "search"}},
}
OWN: dict[str, JsonObject] = {
    "prompt": MODEL,
    "agent": MODEL,
    "tool": {},
    "flow": {"messages": MODEL["messages"], "output_message": MESSAGE},
    "evaluator": {"judgment": True, "marked_completed": True, "output_message": MESSAGE},
}
ANSWERS = {
    "prompt": {"id", "prompt_id", "version_id", "session_id"},
    "tool": {"id", "tool_id", "version_id", "session_id"},
    "flow": {"id", "flow_id", "version_id", "log_status", "trace_status"},
    "agent": {"id", "agent_id", "version_id", "log_status", "trace_status"},
    "evaluator": {"id", "parent_id", "version_id", "session_id"},
}


class KindLogs:
    """Logs of one kind at one path; an evaluator's judge a Log that is made for them."""

    def __init__(self, kind: str) -> None:
        self.api = fresh_api()
        self.kind = kind
        self.logs = Logs(self.api)
        self.files = Files(self.api, kind)
        self.needed: JsonObject = {}
        if kind == "evaluator":
            self.needed = {"parent_id": self.logs.create("flow", "judged")["id"], "judgment": True}

    def create(self, **fields: Any) -> JsonObject:
        return self.logs.create(self.kind, **self.needed | fields)

    def refused(self, *, status: int, **fields: Any) -> Any:
        return self.logs.refused(self.kind, status=status, **self.needed | fields)

    def get(self, created: JsonObject) -> JsonObject:
        return self.logs.get(created["id"])

    def file(self) -> JsonObject:
        """Return the File that is logged, at its default version."""
        return self.api.post("/files/retrieve-by-path", {"path": "logged"})

    def total(self) -> int:
        return self.logs.page(self.file()["id"])["total"]


@pytest.fixture
def logs(kind: str) -> KindLogs:
    return KindLogs(kind)


@each_kind
def test_everything_that_is_sent_is_shown(logs: KindLogs, kind: str) -> None:
    created = logs.create(**COMMON, **OWN[kind])
    shown = logs.get(created)
    sent = COMMON | OWN[kind]
    assert {name: shown[name] for name in sent} == sent
    assert shown[kind] == logs.file()


@each_kind
def test_what_is_not_sent_is_null(logs: KindLogs, kind: str) -> None:
    shown = logs.get(logs.create())
    set_by_server = {"id", "created_at", kind, "batches", "evaluator_logs", "parent_id", "judgment", "parent"}
    set_in_traces = (
        {"log_status", "trace_status", "trace_id", "trace_flow_id", "trace_children"} if kind in TRACED else set()
    )
    assert {name for name, value in shown.items() if value is not None} <= set_by_server | set_in_traces
    assert (shown["batches"], shown["evaluator_logs"]) == ([], [])


@each_kind
def test_the_answer_holds_the_ids(logs: KindLogs, kind: str) -> None:
    created = logs.create()
    file = logs.file()
    assert set(created) == ANSWERS[kind]
    assert created["version_id"] == file["version_id"]
    assert created["id"].startswith("log_")
    expected = {f"{kind}_id": file["id"], "session_id": None, "log_status": "incomplete", **logs.needed}
    assert {name: expected[name] for name in created if name in expected} == {
        name: value for name, value in created.items() if name in expected
    }


@each_kind
def test_an_unknown_path_makes_the_file_and_its_directories(logs: KindLogs, kind: str) -> None:
    created = logs.create(path="teams/support/new")
    file = logs.api.post("/files/retrieve-by-path", {"path": "teams/support/new"})
    assert (file["type"], file["version_id"]) == (kind, created["version_id"])
    assert [environment["name"] for environment in file["environments"]] == ["production"]
    assert "teams/support" in [directory["path"] for directory in logs.api.get("/directories")]


@pytest.mark.parametrize(("kind", "missing"), [("prompt", "prompt"), ("agent", "agent"), ("evaluator", "spec")])
def test_an_unknown_path_without_content_is_not_found(logs: KindLogs, missing: str) -> None:
    detail = logs.refused(path="unknown", status=404)
    assert detail["loc"] == ["body", "path"]
    assert "unknown" in detail["description"]
    assert f"`{missing}`" in detail["description"]
    assert logs.files.page()["total"] == 0


@pytest.mark.parametrize("kind", ["flow", "tool"])
def test_an_unknown_path_without_content_makes_a_file_with_an_empty_version(logs: KindLogs, kind: str) -> None:
    created = logs.api.post(f"/{kind}s/log", {"path": "teams/unheard", "output": "So."})
    shown = logs.get(created)[kind]
    assert (shown["path"], shown["version_id"]) == ("teams/unheard", created["version_id"])
    assert not any(shown.get(name) for name in ("attributes", "function", "source_code", "setup_values", "tool_type"))
    again = logs.api.post(f"/{kind}s/log", {"path": "teams/unheard"})
    assert again["version_id"] == created["version_id"]


@each_kind
def test_a_file_without_address_of_another_kind_or_unknown_is_refused(logs: KindLogs, kind: str) -> None:
    Files(logs.api, "dataset").upsert("taken")
    assert logs.refused(**log_content(kind), status=422)["loc"] == ["body"]
    assert logs.refused(path="taken", **log_content(kind), status=409)["loc"] == ["body", "path"]
    assert logs.refused(id="no_such", **log_content(kind), status=404)["loc"] == ["body", "id"]
    assert logs.refused(path="a//b", **log_content(kind), status=422)["loc"] == ["body", "path"]
    assert logs.files.page()["total"] == 0


@each_kind
def test_an_unknown_reference_stores_nothing_at_all(logs: KindLogs, kind: str) -> None:
    for field in ("source_datapoint_id", "trace_parent_id"):
        detail = logs.refused(path="new/file", **log_content(kind), **{field: "no_such"}, status=404)
        assert detail["loc"] == ["body", field]
        assert "'no_such'" in detail["description"]
    assert logs.files.page()["total"] == 0
    assert "new" not in [directory["path"] for directory in logs.api.get("/directories")]
    logs.create()
    changed = {"evaluator": {"spec": spec("number")}}.get(kind, {kind: content(kind, 2)})
    logs.refused(path="logged", **changed, source_datapoint_id="no_such", status=404)
    assert logs.total() == 1
    assert len(logs.files.versions(logs.file()["id"])) == 1


@each_kind
def test_a_datapoint_is_remembered(logs: KindLogs) -> None:
    body = {"path": "data", "datapoints": [{"inputs": {"question": "why"}}]}
    query = {"include_datapoints": "true"}
    [point] = logs.api.post("/datasets", body, query_string=query)["datapoints"]
    assert logs.get(logs.create(source_datapoint_id=point["id"]))["source_datapoint_id"] == point["id"]


@each_kind
@pytest.mark.parametrize("uid", ["log_mine", "0", "Grüße an alle", "550e8400-e29b-41d4-a716-446655440000", "a+b %41"])
def test_the_callers_id_is_used_verbatim(logs: KindLogs, uid: str) -> None:
    assert logs.create(log_id=uid)["id"] == uid
    quoted = "".join(f"%{byte:02X}" for byte in uid.encode())
    assert logs.api.get(f"/logs/{quoted}")["id"] == uid
    assert logs.api.get(f"/logs/{quoted}")["log_id"] == uid


@each_kind
def test_an_id_that_is_taken_is_a_conflict(logs: KindLogs) -> None:
    logs.create(log_id="mine", output="first")
    detail = logs.refused(path="logged", log_id="mine", output="second", status=409)
    assert (detail["loc"], detail["type"]) == (["body", "log_id"], "conflict_error")
    assert logs.logs.refused("flow", path="other", flow={"attributes": {}}, log_id="mine", status=409)
    assert logs.total() == 1
    assert logs.logs.get("mine")["output"] == "first"
    assert logs.create()["id"] != "mine"


@each_kind
def test_an_empty_id_is_refused(logs: KindLogs) -> None:
    assert logs.refused(path="logged", log_id="", status=422)[0]["loc"] == ["body", "log_id"]


@each_kind
def test_a_log_that_is_not_saved_keeps_ids_tokens_and_times(logs: KindLogs, kind: str) -> None:
    created = logs.create(**COMMON | {"save": False}, **OWN[kind], log_id="private")
    shown = logs.logs.get("private")
    hidden = {
        *("inputs", "output", "messages", "output_message", "provider_request", "provider_response", "stdout"),
    }
    sent = COMMON | OWN[kind] | {"save": False}
    for name, value in sent.items():
        assert shown[name] == (None if name in hidden else value), name
    assert created["id"] == shown["log_id"] == "private"


@each_kind
def test_counts_and_dates_of_the_file_are_live(logs: KindLogs, kind: str) -> None:
    logs.create()
    before = logs.file()
    logs.create(**{"evaluator": {"spec": spec("number"), "judgment": 1}}.get(kind, {kind: content(kind, 2)}))
    logs.create()
    after = logs.file()
    assert (before["version_logs_count"], after["version_logs_count"]) == (1, 2)
    if kind != "flow":
        assert after["total_logs_count"] == 3
    assert after["last_used_at"] > before["last_used_at"]


@pytest.mark.parametrize("kind", ["prompt", "agent", "flow"])
def test_an_output_message_leaves_the_output_null(logs: KindLogs) -> None:
    shown = logs.get(logs.create(output_message=MESSAGE))
    assert (shown["output"], shown["output_message"]["content"]) == (None, "Hi")
    assert logs.get(logs.create(output_message=MESSAGE, output="said"))["output"] == "said"


@each_kind
def test_times_are_sent_in_any_zone_and_shown_in_utc(logs: KindLogs) -> None:
    shown = logs.get(logs.create(start_time="2025-05-01T12:00:00+02:00", end_time="2025-05-01T12:00:00"))
    assert (shown["start_time"], shown["end_time"]) == ("2025-05-01T10:00:00.000000Z", "2025-05-01T12:00:00.000000Z")


@each_kind
def test_an_unknown_log_is_not_found(logs: KindLogs) -> None:
    assert logs.api.detail("GET", "/logs/no_such", status=404)["loc"] == ["path", "id"]
