"""Traces: Logs nested below a Flow or an Agent, open until they are complete."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import LOGGED, TRACED, Logs, log_content
from tests.conftest import Api


class Traces(Logs):
    """Logs that are made below others, each kind at a path of its own."""

    def below(self, parent: JsonObject, kind: str = "prompt", **fields: Any) -> JsonObject:
        return self.create(kind, f"{kind} path", trace_parent_id=parent["id"], **fields)

    def refused_below(self, parent: JsonObject, *, status: int, **fields: Any) -> Any:
        body = {"path": "new", **log_content("tool"), "trace_parent_id": parent["id"], **fields}
        detail = self.refused("tool", status=status, **body)
        assert self.api.get("/files", query_string={"name": "new"})["total"] == 0
        return detail

    def tree(self, created: JsonObject) -> Any:
        """Return the ids of a trace as nested pairs (id, children)."""
        return [nested(child) for child in self.get(created["id"])["trace_children"]]

    def times(self, created: JsonObject) -> tuple[str | None, str | None]:
        """Return the minutes in which a Log starts and ends."""
        shown = self.get(created["id"])
        return minute(shown["start_time"]), minute(shown["end_time"])


def nested(log: JsonObject) -> tuple[str, list[Any]]:
    return log["id"], [nested(child) for child in log["trace_children"]]


def at(number: int) -> str:
    return f"2025-05-01T10:{number:02}:00.000000Z"


def minute(time: str | None) -> str | None:
    return time and time[14:16]


@pytest.fixture
def traces(api: Api) -> Traces:
    return Traces(api)


@pytest.mark.parametrize("root", TRACED)
@pytest.mark.parametrize("kind", [kind for kind in LOGGED if kind != "evaluator"])
def test_every_kind_nests_in_a_trace(traces: Traces, root: str, kind: str) -> None:
    top = traces.create(root, "top")
    child = traces.below(top, kind)
    shown = traces.get(child["id"])
    assert shown["trace_parent_id"] == top["id"]
    assert shown["trace_id"] == top["id"]
    assert shown["trace_flow_id"] == top[f"{root}_id"]
    assert traces.tree(top) == [(child["id"], [])]


def test_a_log_in_no_trace_has_no_trace_ids(traces: Traces) -> None:
    shown = traces.get(traces.create("prompt")["id"])
    assert (shown["trace_id"], shown["trace_flow_id"], shown["trace_parent_id"]) == (None, None, None)


def test_the_top_is_its_own_trace(traces: Traces) -> None:
    top = traces.create("flow")
    shown = traces.get(top["id"])
    assert (shown["trace_id"], shown["trace_flow_id"]) == (top["id"], top["flow_id"])
    assert (shown["trace_parent_id"], shown["trace_children"]) == (None, [])


def test_children_form_a_tree_in_the_order_in_which_they_came(traces: Traces) -> None:
    top = traces.create("flow")
    first, second = traces.below(top, "agent"), traces.below(top, "tool")
    inner = traces.below(first, "flow")
    leaf = traces.below(inner, "prompt")
    last = traces.below(first, "tool")
    assert traces.tree(top) == [
        (first["id"], [(inner["id"], [(leaf["id"], [])]), (last["id"], [])]),
        (second["id"], []),
    ]
    assert traces.tree(first) == [(inner["id"], [(leaf["id"], [])]), (last["id"], [])]
    assert {traces.get(log["id"])["trace_id"] for log in (first, second, inner, leaf, last)} == {top["id"]}
    assert traces.get(leaf["id"])["trace_flow_id"] == top["flow_id"]


def test_children_are_shown_whole(traces: Traces) -> None:
    top = traces.create("flow")
    child = traces.below(top, "prompt", output="because")
    judgment = traces.judge(child["id"], judgment=True)
    [shown] = traces.get(top["id"])["trace_children"]
    assert shown["output"] == "because"
    assert shown["prompt"]["version_id"] == child["version_id"]
    assert [log["id"] for log in shown["evaluator_logs"]] == [judgment["id"]]


def test_a_tool_in_a_trace_may_hold_logs_itself(traces: Traces) -> None:
    top = traces.create("flow")
    tool = traces.below(top, "tool")
    leaf = traces.below(tool, "prompt")
    assert traces.tree(top) == [(tool["id"], [(leaf["id"], [])])]


@pytest.mark.parametrize("kind", ["prompt", "tool"])
def test_a_log_outside_of_traces_holds_none(traces: Traces, kind: str) -> None:
    assert traces.refused_below(traces.create(kind), status=422)["loc"] == ["body", "trace_parent_id"]


@pytest.mark.parametrize("kind", TRACED)
def test_a_trace_is_open_until_it_is_completed(traces: Traces, kind: str) -> None:
    top = traces.create(kind)
    assert top["log_status"] == "incomplete"
    traces.below(top)
    assert traces.update(kind, top, log_status="complete")["log_status"] == "complete"
    detail = traces.refused_below(top, status=409)
    assert (detail["loc"], detail["type"]) == (["body", "trace_parent_id"], "conflict_error")
    assert len(traces.tree(top)) == 1


@pytest.mark.parametrize("kind", TRACED)
def test_a_trace_can_be_complete_from_the_start(traces: Traces, kind: str) -> None:
    top = traces.create(kind, log_status="complete")
    assert top["log_status"] == "complete"
    assert traces.refused_below(top, status=409)


def test_nothing_joins_anywhere_below_a_complete_log(traces: Traces) -> None:
    top = traces.create("flow")
    agent = traces.below(top, "agent")
    tool = traces.below(agent, "tool")
    traces.update("agent", agent, log_status="complete")
    assert traces.refused_below(agent, status=409)
    assert traces.refused_below(tool, status=409)
    beside = traces.below(top, "tool")
    traces.update("flow", top, log_status="complete")
    assert traces.refused_below(beside, status=409)


def test_a_complete_log_that_is_no_trace_takes_logs(traces: Traces) -> None:
    top = traces.create("flow")
    tool = traces.below(top, "tool", log_status="complete")
    leaf = traces.below(tool, "prompt")
    assert traces.tree(top) == [(tool["id"], [(leaf["id"], [])])]


def test_logs_below_a_complete_trace_can_still_be_changed(traces: Traces) -> None:
    top = traces.create("flow")
    child = traces.below(top)
    traces.update("flow", top, log_status="complete", output="done")
    assert traces.update("prompt", child, output="late")["output"] == "late"
    assert traces.get(top["id"])["output"] == "done"


def test_times_of_all_above_widen_over_a_new_log(traces: Traces) -> None:
    top = traces.create("flow")
    agent = traces.below(top, "agent", start_time=at(10), end_time=at(20))
    assert traces.times(top) == ("10", "20")
    traces.below(agent, "tool", start_time=at(5), end_time=at(15))
    assert traces.times(agent) == traces.times(top) == ("05", "20")
    traces.below(agent, "tool", start_time=at(12), end_time=at(30))
    assert traces.times(agent) == traces.times(top) == ("05", "30")


def test_times_never_shrink(traces: Traces) -> None:
    top = traces.create("flow", start_time=at(1), end_time=at(50))
    traces.below(top, start_time=at(10), end_time=at(20))
    assert traces.times(top) == ("01", "50")


def test_times_that_become_known_later_widen_too(traces: Traces) -> None:
    top = traces.create("flow", start_time=at(10))
    child = traces.below(top)
    traces.update("prompt", child, start_time=at(5), end_time=at(40))
    assert traces.times(top) == ("05", "40")


def test_a_log_that_widens_others_is_not_widened_by_them(traces: Traces) -> None:
    top = traces.create("flow")
    one, other = (
        traces.below(top, start_time=at(1), end_time=at(2)),
        traces.below(top, start_time=at(8), end_time=at(9)),
    )
    assert (traces.times(one), traces.times(other)) == (("01", "02"), ("08", "09"))
    assert traces.times(top) == ("01", "09")


def test_only_asked_for_children_are_listed(traces: Traces) -> None:
    top = traces.create("flow")
    child = traces.below(top)
    [listed] = traces.page(top["flow_id"])["records"]
    assert listed["trace_children"] is None
    [listed] = traces.page(top["flow_id"], include_trace_children="true")["records"]
    assert listed == traces.get(top["id"])
    [listed] = traces.page(child["prompt_id"], include_trace_children="true")["records"]
    assert listed["trace_children"] == []
    assert traces.get(child["id"])["trace_children"] is None


def test_the_answer_to_an_update_holds_the_trace(traces: Traces) -> None:
    top = traces.create("flow")
    child = traces.below(top)
    assert [log["id"] for log in traces.update("flow", top, output="x")["trace_children"]] == [child["id"]]


def test_a_trace_is_a_hundred_levels_deep_at_most(traces: Traces) -> None:
    top = log = traces.create("flow")
    for _ in range(99):
        log = traces.below(log, "flow")
    answer = traces.api.http.get(f"/v5/logs/{top['id']}", headers=traces.api.headers)
    assert answer.text.count('"trace_children":[') == 100
    body = {"path": "flow path", "trace_parent_id": log["id"]}
    assert traces.api.detail("POST", "/flows/log", body, status=422)["loc"] == ["body", "trace_parent_id"]
    assert traces.get(log["id"])["trace_children"] == []
