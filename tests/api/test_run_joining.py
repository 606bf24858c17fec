"""The ways in which Logs join Runs by themselves: by name, by datapoint, and because they exist already."""

from collections.abc import Callable

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.conftest import Api


def agent(lab: Lab) -> JsonObject:
    return lab.api.post("/agents", {"path": "qa/agent", "model": "model-1"})


EVALUABLE: dict[str, Callable[[Lab], JsonObject]] = {"prompts": Lab.prompt, "flows": Lab.flow, "agents": agent}


@pytest.mark.parametrize("kind", EVALUABLE)
def test_a_new_log_joins_the_run_that_it_names(lab: Lab, kind: str) -> None:
    file = EVALUABLE[kind](lab)
    run = lab.evaluation(file).create_run()
    logs = [lab.log(file, run_id=run.id) for _ in range(2)]
    assert run.log_ids() == logs


def test_a_named_run_takes_the_log_of_its_dataset(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    run = lab.evaluation(prompt).create_run(dataset)
    log = lab.log(prompt, dataset["datapoints"][1], run_id=run.id)
    [record] = run.evaluation.logs()["records"]
    assert record["log"]["id"] == log and record["datapoint"] == dataset["datapoints"][1]


def test_a_named_run_takes_a_log_without_a_datapoint_whatever_its_dataset(lab: Lab) -> None:
    prompt = lab.prompt()
    run = lab.evaluation(prompt).create_run(lab.dataset(1))
    log = lab.log(prompt, run_id=run.id)
    assert run.log_ids() == [log]


def test_a_log_that_names_a_run_joins_no_other(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(1)
    evaluation = lab.evaluation(prompt)
    needing, named = evaluation.create_run(dataset, prompt), evaluation.create_run()
    log = lab.log(prompt, dataset["datapoints"][0], run_id=named.id)
    assert (needing.log_ids(), named.log_ids()) == ([], [log])


@pytest.mark.parametrize(
    ("case", "status"), [("unknown", 404), ("cancelled", 409), ("other file", 422), ("outside", 422)]
)
def test_a_log_that_may_not_join_the_named_run_is_not_stored(api: Api, lab: Lab, case: str, status: int) -> None:
    prompt, dataset, outside = lab.prompt(), lab.dataset(1), lab.dataset(1, "qa/others")["datapoints"][0]
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(dataset)
    body: JsonObject = {"path": prompt["path"], "run_id": run.id}
    if case == "unknown":
        body["run_id"] = "rn_0"
    if case == "cancelled":
        run.patch(status="cancelled")
    if case == "other file":
        body |= {"path": "qa/new", "prompt": {"model": "m"}}
    if case == "outside":
        body["source_datapoint_id"] = outside["id"]
    with evaluation.unchanged():
        api.detail("POST", "/prompts/log", body, status=status)
    assert api.get(f"/logs?file_id={prompt['id']}")["total"] == 0
    assert [item["path"] for item in api.get("/files")["records"] if item["type"] == "prompt"] == ["qa/answer"]


def test_the_first_named_log_gives_an_evaluation_its_file(api: Api, lab: Lab) -> None:
    flow, prompt = lab.flow(), lab.prompt()
    evaluation = lab.evaluation(None)
    run = evaluation.create_run()
    lab.log(flow, run_id=run.id)
    assert evaluation.get()["file_id"] == flow["id"]
    with evaluation.unchanged():
        api.detail("POST", "/prompts/log", {"path": prompt["path"], "run_id": run.id}, status=422)


def test_a_log_joins_every_run_that_needs_its_datapoint_of_its_version(lab: Lab) -> None:
    prompt, other, dataset = lab.prompt(), lab.prompt(model="model-2"), lab.dataset(2)
    first, second = lab.evaluation(prompt), lab.evaluation(prompt)
    needing = [first.create_run(dataset, prompt), second.create_run(dataset, prompt, orchestrated=False)]
    idle = [
        first.create_run(dataset, other),
        first.create_run(dataset),
        first.create_run(None, prompt),
        first.create_run(lab.dataset(2, "qa/others"), prompt),
    ]
    log = lab.log(prompt, dataset["datapoints"][1])
    assert [run.log_ids() for run in needing] == [[log], [log]]
    assert [run.log_ids() for run in idle] == [[]] * 4


def test_a_datapoint_that_is_covered_needs_no_second_log(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    run = lab.evaluation(prompt).create_run(dataset, prompt)
    first, second = lab.logs_of(prompt, dataset)
    lab.logs_of(prompt, dataset)
    assert run.log_ids() == [first, second]


def test_a_datapoint_is_needed_again_when_its_log_is_deleted(api: Api, lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(1)
    run = lab.evaluation(prompt).create_run(dataset, prompt)
    [gone] = lab.logs_of(prompt, dataset)
    api.delete(f"/logs?id={gone}")
    again = lab.logs_of(prompt, dataset)
    assert run.log_ids() == again


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_a_run_that_was_ended_needs_nothing(lab: Lab, status: str) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(1)
    run = lab.evaluation(prompt).create_run(dataset, prompt)
    run.patch(status=status)
    lab.logs_of(prompt, dataset)
    assert run.log_ids() == []


def test_a_log_without_a_datapoint_joins_nothing(lab: Lab) -> None:
    prompt = lab.prompt()
    run = lab.evaluation(prompt).create_run(lab.dataset(1), prompt)
    lab.log(prompt)
    assert run.log_ids() == []


def test_existing_logs_join_a_run_that_asks_for_them(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    logs = lab.logs_of(prompt, dataset)
    again = lab.log(prompt, dataset["datapoints"][0])
    lab.log(prompt), lab.log(prompt, lab.dataset(1, "qa/others")["datapoints"][0])
    lab.logs_of(lab.prompt(model="model-2"), dataset)
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(dataset, prompt, use_existing_logs=True)
    assert run.log_ids() == [*logs, again], "of this version, for a datapoint of this dataset, oldest first"
    assert run.stats()["num_logs"] == 3 and run.status() == "completed"


@pytest.mark.parametrize("fields", [{}, {"use_existing_logs": False}, {"use_existing_logs": None}])
def test_existing_logs_stay_out_of_other_runs(lab: Lab, fields: JsonObject) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    lab.logs_of(prompt, dataset)
    run = lab.evaluation(prompt).create_run(dataset, prompt, **fields)
    assert run.log_ids() == []
    assert run.status() == "running"
