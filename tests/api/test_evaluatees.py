"""Evaluations as clients up to 0.8.8 know them: a Dataset, evaluatees instead of Runs, batches of Logs."""

from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.conftest import Api, make_app

OLDER = {"X-Fern-Language": "Python", "X-Fern-SDK-Name": "humanloop", "X-Fern-SDK-Version": "0.8.8"}


class OlderApi(Api):
    """Calls the API as an older client does: with the headers of its version."""

    def __init__(self, app: Flask, **headers: str) -> None:
        super().__init__(app)
        self.headers |= OLDER | headers


@pytest.fixture(params=[False, True], ids=["lenient", "strict"])
def api(request: pytest.FixtureRequest) -> Api:
    return OlderApi(make_app(strict=request.param))


@pytest.fixture
def lab(api: Api) -> Lab:
    return Lab(api)


def named(version: JsonObject, **fields: Any) -> JsonObject:
    return {"version_id": version["version_id"]} | fields


def evaluate(lab: Lab, *evaluatees: JsonObject, **fields: Any) -> JsonObject:
    """Create an Evaluation of the flow on three datapoints."""
    body = {"dataset": named(lab.dataset()), "evaluatees": list(evaluatees), "evaluators": []}
    return lab.api.post("/evaluations", body | {"file": {"path": lab.flow()["path"]}} | fields)


def judged_by(lab: Lab, *evaluators: JsonObject) -> list[JsonObject]:
    return [named(evaluator) for evaluator in evaluators]


def batches_of(evaluation: JsonObject) -> list[tuple[str, str | None]]:
    return [(item["version"]["version_id"], item["batch_id"]) for item in evaluation["evaluatees"]]


def test_an_evaluation_has_a_dataset_evaluatees_and_a_status(lab: Lab) -> None:
    flow, dataset = lab.flow(), lab.dataset()
    evaluation = evaluate(lab, named(flow, orchestrated=False))
    assert evaluation["dataset"]["version_id"] == dataset["version_id"]
    (evaluatee,) = evaluation["evaluatees"]
    assert evaluatee["version"] == lab.api.get(f"/flows/{flow['id']}")
    assert (evaluatee["orchestrated"], evaluatee["pinned"], evaluatee["batch_id"]) == (False, True, None)
    assert evaluation["status"] == "pending"
    assert lab.api.get(f"/evaluations/{evaluation['id']}") == evaluation
    assert lab.api.get(f"/evaluations?file_id={flow['id']}")["records"] == [evaluation]


def test_an_evaluatee_is_a_run_over_the_dataset(lab: Lab) -> None:
    evaluation = evaluate(lab, named(lab.flow()))
    (run,) = lab.api.get(f"/evaluations/{evaluation['id']}/runs")["runs"]
    assert run["dataset"]["version_id"] == evaluation["dataset"]["version_id"]
    assert (run["version"]["version_id"], run["control"]) == (lab.flow()["version_id"], True)


def test_an_evaluatee_has_the_logs_that_its_version_has_for_the_dataset(lab: Lab) -> None:
    lab.logs_of(lab.flow(), lab.dataset())
    evaluation = evaluate(lab, named(lab.flow()))
    stats = lab.api.get(f"/evaluations/{evaluation['id']}/stats")
    assert (stats["version_stats"][0]["num_logs"], stats["status"]) == (3, "completed")


@pytest.mark.parametrize("reference", [{"file_id": "id"}, {"path": "path"}])
def test_evaluatees_and_datasets_are_named_in_every_way(lab: Lab, reference: dict[str, str]) -> None:
    ((key, of),) = reference.items()
    evaluation = evaluate(lab, {key: lab.flow()[of]}, dataset={key: lab.dataset()[of]})
    assert batches_of(evaluation) == [(lab.flow()["version_id"], None)]
    assert evaluation["dataset"]["id"] == lab.dataset()["id"]


@pytest.mark.parametrize("headers", [{"X-Fern-SDK-Version": "0.8.9"}, {"X-Fern-Language": "JavaScript"}])
def test_younger_clients_get_none_of_it(headers: dict[str, str]) -> None:
    api = OlderApi(make_app(), **headers)
    evaluation = evaluate(Lab(api), named(Lab(api).flow()))
    path = f"/evaluations/{evaluation['id']}"
    answers = [evaluation, api.get(path), api.get(path + "/stats")]
    older = {"dataset", "evaluatees", "overall_stats", "version_stats"}
    assert all(older.isdisjoint(answer) for answer in answers)
    assert "status" not in evaluation
    assert evaluation["runs_count"] == 1


def test_the_logs_of_a_batch_are_a_run_that_is_made_with_the_first(lab: Lab) -> None:
    """As `evaluations.run` of these clients does it."""
    judge = lab.evaluator("boolean")
    evaluation = evaluate(lab, evaluators=judged_by(lab, judge))
    assert (evaluation["evaluatees"], evaluation["status"]) == ([], "pending")
    joined = {"evaluation_id": evaluation["id"], "batch_id": "0f3a"}
    path = f"/evaluations/{evaluation['id']}"
    for datapoint in lab.dataset()["datapoints"]:
        assert lab.api.get(path + "/stats")["status"] != "completed"
        lab.judge(judge, lab.log(lab.flow(), datapoint, **joined, trace_status="complete"), True)
    stats = lab.api.get(path + "/stats")
    assert stats["status"] == "completed"
    assert stats["overall_stats"] == {"num_datapoints": 3, "total_logs": 3, "total_evaluator_logs": 3}
    (version,) = stats["version_stats"]
    assert (version["version_id"], version["batch_id"], version["num_logs"]) == (lab.flow()["version_id"], "0f3a", 3)
    assert version["evaluator_version_stats"] == stats["run_stats"][0]["evaluator_stats"]
    assert batches_of(lab.api.get(path)) == [(lab.flow()["version_id"], "0f3a")]
    records = lab.api.get(path + "/logs")["records"]
    assert [record["evaluated_version"] for record in records] == [record["log"]["flow"] for record in records]


def test_the_newest_batch_has_the_last_stats(lab: Lab) -> None:
    evaluation = evaluate(lab)
    point = lab.dataset()["datapoints"][0]
    for batch in ("first", "second"):
        lab.log(lab.flow(), point, evaluation_id=evaluation["id"], batch_id=batch)
    stats = lab.api.get(f"/evaluations/{evaluation['id']}/stats")
    assert [item["batch_id"] for item in stats["version_stats"]] == ["first", "second"]


def test_an_evaluation_without_a_batch_means_its_run_of_the_version(lab: Lab) -> None:
    evaluation = evaluate(lab, named(lab.flow(), orchestrated=False))
    for datapoint in lab.dataset()["datapoints"]:
        lab.log(lab.flow(), datapoint, evaluation_id=evaluation["id"])
    other = lab.flow(step=2)
    lab.log(other, evaluation_id=evaluation["id"])
    stats = lab.api.get(f"/evaluations/{evaluation['id']}/stats")["version_stats"]
    found = [(item["version_id"], item["num_logs"]) for item in stats]
    assert found == [(lab.flow()["version_id"], 3), (other["version_id"], 1)]


@pytest.mark.parametrize("field", [{"batch_id": "mine"}, {"batches": ["mine", "other"]}])
def test_a_batch_may_be_there_before_the_evaluation(lab: Lab, field: JsonObject) -> None:
    prompt = lab.prompt()
    lab.log(prompt, **field)
    lab.log(prompt, **field)
    evaluation = evaluate(lab, named(prompt, batch_id="mine"), file={"id": prompt["id"]})
    assert batches_of(evaluation) == [(prompt["version_id"], "mine")]
    assert lab.api.get(f"/evaluations/{evaluation['id']}/stats")["version_stats"][0]["num_logs"] == 2


def test_a_run_is_the_newer_name_and_wins(lab: Lab) -> None:
    prompt = lab.prompt()
    run = lab.evaluation(prompt).create_run()
    log = lab.log(prompt, run_id=run.id, batch_id="mine", evaluation_id="evr_none")
    records = lab.api.get(f"/evaluations/{run.evaluation.id}/logs")["records"]
    assert [record["log"]["id"] for record in records] == [log]
    body = {"path": prompt["path"], "run_id": "rn_none", "batch_id": "mine"}
    assert lab.api.detail("POST", "/prompts/log", body, status=404)["loc"] == ["body", "run_id"]


def test_what_a_log_joins_must_exist_and_fit(lab: Lab) -> None:
    evaluation = evaluate(lab)
    body = {"path": "qa/answer", "prompt": {"model": "a"}, "batch_id": "new"}
    unknown = lab.api.detail("POST", "/prompts/log", body | {"evaluation_id": "evr_none"}, status=404)
    assert unknown["loc"] == ["body", "evaluation_id"]
    foreign = lab.api.detail("POST", "/prompts/log", body | {"evaluation_id": evaluation["id"]}, status=422)
    assert foreign["loc"] == ["body", "evaluation_id"]
    assert lab.api.get("/prompts")["total"] == 0
    point = lab.dataset(1, "qa/others")["datapoints"][0]["id"]
    body = {"path": lab.flow()["path"], "evaluation_id": evaluation["id"], "source_datapoint_id": point}
    assert lab.api.detail("POST", "/flows/log", body, status=422)["loc"] == ["body", "source_datapoint_id"]
    assert lab.api.get(f"/evaluations/{evaluation['id']}")["evaluatees"] == []


def test_the_set_up_changes_as_a_whole(lab: Lab) -> None:
    first, second = lab.flow(step=1), lab.flow(step=2)
    judges = [lab.evaluator(), lab.evaluator()]
    evaluation = evaluate(lab, named(first), evaluators=judged_by(lab, judges[0]))
    path = f"/evaluations/{evaluation['id']}"
    changed = lab.api.patch(
        path,
        {
            "evaluatees": [named(second, orchestrated=False), named(first)],
            "evaluators": judged_by(lab, judges[1]),
            "name": "Changed",
        },
    )
    assert batches_of(changed) == [(first["version_id"], None), (second["version_id"], None)]
    assert [item["version"]["id"] for item in changed["evaluators"]] == [judges[1]["id"]]
    assert changed["name"] == "Changed"
    assert lab.api.get(path) == changed
    assert lab.api.patch(path, {"name": "Changed"})["name"] == "Changed"
    assert batches_of(lab.api.patch(path, {"evaluatees": [named(second)]})) == [(second["version_id"], None)]
    assert lab.api.patch(path, {}) | {"updated_at": 0} == lab.api.get(path) | {"updated_at": 0}


def test_another_dataset_makes_runs_of_the_same_versions(lab: Lab) -> None:
    other = lab.dataset(2, "qa/others")
    lab.logs_of(lab.flow(), other)
    evaluation = evaluate(lab, named(lab.flow()))
    changed = lab.api.patch(f"/evaluations/{evaluation['id']}", {"dataset": named(other)})
    assert changed["dataset"]["version_id"] == other["version_id"]
    assert batches_of(changed) == batches_of(evaluation)
    stats = lab.api.get(f"/evaluations/{evaluation['id']}/stats")
    assert stats["overall_stats"] == {"num_datapoints": 2, "total_logs": 2, "total_evaluator_logs": 0}


def test_its_own_dataset_counts_whatever_its_runs_are_over(lab: Lab) -> None:
    evaluation = evaluate(lab)
    other = lab.dataset(2, "qa/others")
    run = {"dataset": named(other), "version": named(lab.flow()), "orchestrated": False}
    lab.api.post(f"/evaluations/{evaluation['id']}/runs", run)
    shown = lab.api.get(f"/evaluations/{evaluation['id']}")["dataset"]
    assert shown["version_id"] == lab.dataset()["version_id"]


def test_a_set_up_that_cannot_be_changes_nothing(lab: Lab) -> None:
    evaluation = evaluate(lab, named(lab.flow()), name="Mine")
    evaluate(lab, name="Taken")
    path = f"/evaluations/{evaluation['id']}"
    before = lab.api.get(path)
    assert lab.api.detail("PATCH", path, {"evaluatees": [], "name": "Taken"}, status=409)["loc"] == ["body", "name"]
    unknown = {"evaluatees": [{"version_id": "flv_none"}], "name": "Other"}
    assert lab.api.detail("PATCH", path, unknown, status=404)["loc"] == ["body", "evaluatees", 0]
    file = {"file": {"id": lab.prompt()["id"]}}
    assert lab.api.detail("PATCH", path, file, status=422)["loc"] == ["body", "file"]
    assert lab.api.get(path) == before


def test_the_status_of_all_runs_is_set_at_once(lab: Lab) -> None:
    evaluation = evaluate(lab, named(lab.flow(step=1)), named(lab.flow(step=2)))
    path = f"/evaluations/{evaluation['id']}"
    lab.api.detail("PATCH", path + "/status", {"status": "running"}, status=422)
    assert lab.api.patch(path + "/status", {"status": "cancelled"})["status"] == "cancelled"
    assert {run["status"] for run in lab.api.get(path + "/runs")["runs"]} == {"cancelled"}
    assert lab.api.detail("PATCH", path + "/status", {"status": "completed"}, status=409)["loc"] == ["body", "status"]
    assert lab.api.detail("PATCH", path + "/status", {}, status=422)[0]["loc"] == ["body", "status"]


def test_a_pinned_evaluatee_is_the_control(lab: Lab) -> None:
    first, second = lab.flow(step=1), lab.flow(step=2)
    evaluation = evaluate(lab, named(first))
    path = f"/evaluations/{evaluation['id']}"
    pinned = lab.api.post(path + "/pin-evaluatee", named(second))
    assert [item["pinned"] for item in pinned["evaluatees"]] == [False, True]
    again = lab.api.post(path + "/pin-evaluatee", {"file_id": first["id"]})
    assert [item["pinned"] for item in again["evaluatees"]] == [True, False]
    lab.api.detail("POST", path + "/pin-evaluatee", {}, status=422)
    lab.api.detail("POST", "/evaluations/evr_none/pin-evaluatee", named(first), status=404)
