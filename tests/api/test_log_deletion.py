"""Deletion of Logs, with all that hangs on them and all that counts them."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import LOGGED, Files, Logs
from tests.conftest import Api


@pytest.fixture
def logs(api: Api) -> Logs:
    return Logs(api)


def gone(logs: Logs, *created: JsonObject) -> bool:
    """Tell whether none of these Logs is found."""
    return all(logs.api.detail("GET", f"/logs/{log['id']}", status=404) for log in created)


@pytest.mark.parametrize("kind", LOGGED)
def test_a_deleted_log_is_gone(logs: Logs, kind: str) -> None:
    needed: JsonObject = (
        {"parent_id": logs.create("flow", "judged")["id"], "judgment": True} if kind == "evaluator" else {}
    )
    kept, doomed = logs.create(kind, **needed), logs.create(kind, **needed)
    file = logs.get(kept["id"])[kind]
    logs.delete(doomed["id"])
    assert gone(logs, doomed)
    assert logs.ids(file["id"]) == [kept["id"]]
    assert logs.page(file["id"])["total"] == 1
    assert logs.api.detail("DELETE", "/logs", status=404, query_string={"id": doomed["id"]})


def test_several_are_deleted_at_once(logs: Logs) -> None:
    created = [logs.create("flow") for _ in range(4)]
    doomed = [created[0]["id"], created[2]["id"], created[0]["id"]]
    logs.delete(*doomed)
    assert logs.ids(created[0]["flow_id"]) == [created[3]["id"], created[1]["id"]]


def test_an_unknown_id_deletes_nothing_and_is_named(logs: Logs) -> None:
    log = logs.create("flow")
    ids = [log["id"], "no_such", "nor_this"]
    detail = logs.api.detail("DELETE", "/logs", status=404, query_string={"id": ids})
    assert "'no_such'" in detail["description"]
    assert "'nor_this'" in detail["description"]
    assert log["id"] not in detail["description"]
    assert logs.get(log["id"])


def test_without_ids_nothing_is_deleted(logs: Logs) -> None:
    log = logs.create("flow")
    assert logs.api.detail("DELETE", "/logs", status=422)["loc"] == ["query", "id"]
    assert logs.get(log["id"])


def test_all_below_in_the_trace_goes_and_all_above_stays(logs: Logs) -> None:
    top = logs.create("flow")
    agent = logs.create("agent", "agent", trace_parent_id=top["id"])
    tool = logs.create("tool", "tool", trace_parent_id=agent["id"])
    beside = logs.create("prompt", "prompt", trace_parent_id=top["id"])
    logs.delete(agent["id"])
    assert gone(logs, agent, tool)
    assert [child["id"] for child in logs.get(top["id"])["trace_children"]] == [beside["id"]]
    logs.delete(top["id"])
    assert gone(logs, top, beside)


def test_the_judgments_on_a_log_go_with_it(logs: Logs) -> None:
    log = logs.create("flow")
    judgment = logs.judge(log["id"], judgment=True)
    on_judgment = logs.judge(judgment["id"], "second judge", judgment=False)
    logs.delete(log["id"])
    assert gone(logs, judgment, on_judgment)


def test_a_deleted_judgment_leaves_its_log(logs: Logs) -> None:
    log = logs.create("flow")
    first, second = (logs.judge(log["id"], judgment=value) for value in (True, False))
    logs.delete(second["id"])
    assert [judgment["id"] for judgment in logs.get(log["id"])["evaluator_logs"]] == [first["id"]]
    logs.delete(first["id"])
    assert logs.get(log["id"])["evaluator_logs"] == []


def test_counts_go_down(logs: Logs) -> None:
    prompts = Files(logs.api, "prompt")
    first = logs.create("prompt")
    second = logs.create("prompt", prompt={"model": "other"})
    logs.create("prompt", prompt={"model": "other"})
    logs.delete(second["id"])
    shown = prompts.get(first["prompt_id"])
    assert (shown["version_logs_count"], shown["total_logs_count"]) == (1, 2)
    other = prompts.get(first["prompt_id"], version_id=second["version_id"])
    assert other["version_logs_count"] == 1
    logs.delete(first["id"])
    assert prompts.get(first["prompt_id"])["version_logs_count"] == 0


def test_its_id_is_free_again(logs: Logs) -> None:
    logs.delete(logs.create("flow", log_id="mine", output="first")["id"])
    assert logs.create("prompt", "prompt", log_id="mine", output="second")["id"] == "mine"
    assert logs.get("mine")["output"] == "second"


def test_a_deleted_log_leaves_its_runs(logs: Logs) -> None:
    kept, doomed = logs.create("flow"), logs.create("flow")
    run = run_of(logs.api, kept, doomed)
    logs.delete(doomed["id"])
    page = logs.api.get(f"/evaluations/{run['evaluation']}/logs")
    assert ([record["log"]["id"] for record in page["records"]], page["total"]) == ([kept["id"]], 1)
    [stats] = logs.api.get(f"/evaluations/{run['evaluation']}/stats")["run_stats"]
    assert stats["num_logs"] == 1


def run_of(api: Api, *created: JsonObject) -> Any:
    """Link Logs of one Flow to a Run of a new Evaluation."""
    evaluation = api.post("/evaluations", {"evaluators": [], "file": {"id": created[0]["flow_id"]}})
    run = api.post(f"/evaluations/{evaluation['id']}/runs")
    api.post(f"/evaluations/{evaluation['id']}/runs/{run['id']}/logs", {"log_ids": [log["id"] for log in created]})
    return {"evaluation": evaluation["id"], "run": run["id"]}


def test_a_deleted_version_of_a_file_keeps_its_logs(logs: Logs) -> None:
    first = logs.create("flow")
    second = logs.create("flow", flow={"attributes": {"number": 2}})
    logs.api.delete(f"/flows/{first['flow_id']}/versions/{second['version_id']}")
    assert logs.ids(first["flow_id"]) == [second["id"], first["id"]]
    assert logs.get(second["id"])["flow"]["version_id"] == second["version_id"]


def test_the_logs_of_a_deleted_file_are_listed_no_more(logs: Logs) -> None:
    log = logs.create("flow")
    logs.api.delete(f"/flows/{log['flow_id']}")
    query = {"file_id": log["flow_id"]}
    assert logs.api.detail("GET", "/logs", status=404, query_string=query)["loc"] == ["query", "file_id"]
    assert logs.get(log["id"])["flow"]["id"] == log["flow_id"]
