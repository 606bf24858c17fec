"""Add Logs to Run: all of the Logs are linked, or none and nothing else is stored."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Evaluation, Lab, Run
from tests.conftest import Api


@pytest.fixture
def prompt(lab: Lab) -> JsonObject:
    return lab.prompt()


@pytest.fixture
def dataset(lab: Lab) -> JsonObject:
    return lab.dataset(3)


@pytest.fixture
def evaluation(lab: Lab, prompt: JsonObject) -> Evaluation:
    """An Evaluation with something in it that could change by mistake."""
    evaluation = lab.evaluation(prompt, lab.evaluator())
    evaluation.create_run().add([lab.log(prompt)])
    return evaluation


@pytest.fixture
def run(evaluation: Evaluation) -> Run:
    return evaluation.create_run()


def test_the_answer_is_the_whole_run(
    api: Api, lab: Lab, evaluation: Evaluation, prompt: JsonObject, dataset: JsonObject
) -> None:
    run = evaluation.create_run(dataset, prompt, orchestrated=False)
    logs = lab.logs_of(prompt, dataset)
    answer = run.add(logs)
    assert answer == run.get()
    assert set(answer) == {
        *("id", "orchestrated", "added_at", "created_at", "status", "control", "dataset", "version", "created_by")
    }
    assert (answer["id"], answer["status"], answer["control"]) == (run.id, "running", False)
    assert answer["dataset"] == api.get(f"/datasets/{dataset['id']}")
    assert answer["dataset"]["datapoints_count"] == 3
    assert answer["version"] == api.get(f"/prompts/{prompt['id']}")
    assert (answer["version"]["type"], answer["version"]["version_logs_count"]) == ("prompt", 4)
    assert set(answer["created_by"]) == {"id", "email_address", "full_name"}


def test_logs_keep_the_order_in_which_they_were_named(lab: Lab, run: Run, prompt: JsonObject) -> None:
    first, second, third, fourth = lab.logs(prompt, 4)
    run.add([third, first])
    run.add([fourth, third, second])
    assert run.log_ids() == [third, first, fourth, second]
    assert run.stats()["num_logs"] == 4


def test_ids_that_repeat_or_are_linked_already_are_linked_once(lab: Lab, run: Run, prompt: JsonObject) -> None:
    first, second = lab.logs(prompt, 2)
    run.add([first, first, second, first])
    assert run.log_ids() == [first, second]
    with run.evaluation.unchanged():
        run.add([second, first, second])


def test_an_empty_list_links_nothing(run: Run) -> None:
    with run.evaluation.unchanged():
        assert run.add([]) == run.get()


def test_thousands_of_logs_join_in_one_request(api: Api, lab: Lab, run: Run, prompt: JsonObject) -> None:
    logs = [lab.log(prompt, log_id=f"external-{number}") for number in range(5_000)][::-1]
    path = f"{run.path}/logs"
    missing = api.detail("POST", path, {"log_ids": [*logs, "log_unknown"]}, status=404)
    assert "log_unknown" in missing["description"] and run.stats()["num_logs"] == 0
    run.add(logs)
    assert run.stats()["num_logs"] == 5_000
    for page in (1, 1_250, 2_500):
        assert run.evaluation.log_ids(f"run_id={run.id}&size=2&page={page}") == logs[2 * page - 2 : 2 * page]


def test_logs_without_a_datapoint_fit_any_run(
    lab: Lab, evaluation: Evaluation, prompt: JsonObject, dataset: JsonObject
) -> None:
    with_dataset, without = evaluation.create_run(dataset, prompt, orchestrated=False), evaluation.create_run()
    plain, of_datapoint = lab.log(prompt), lab.log(prompt, lab.dataset(1, "qa/others")["datapoints"][0])
    without.add([plain, of_datapoint])
    with_dataset.add([plain])
    assert (without.log_ids(), with_dataset.log_ids()) == ([plain, of_datapoint], [plain])
    assert with_dataset.status() == "running", "it covers no datapoint"


def test_logs_of_any_version_of_the_file_may_join(
    lab: Lab, evaluation: Evaluation, prompt: JsonObject, dataset: JsonObject
) -> None:
    run = evaluation.create_run(dataset, prompt)
    other = lab.log(lab.prompt(model="model-2"), dataset["datapoints"][0])
    run.add([other])
    assert run.log_ids() == [other]


def test_a_log_may_join_several_runs(lab: Lab, run: Run, prompt: JsonObject) -> None:
    log = lab.log(prompt)
    other = run.evaluation.create_run()
    run.add([log]), other.add([log])
    assert run.log_ids() == other.log_ids() == [log]


def test_several_logs_of_one_datapoint_may_join(
    lab: Lab, evaluation: Evaluation, prompt: JsonObject, dataset: JsonObject
) -> None:
    run = evaluation.create_run(dataset, prompt)
    logs = [lab.log(prompt, dataset["datapoints"][0]) for _ in range(2)]
    run.add(logs)
    assert run.log_ids() == logs


def test_a_completed_run_still_takes_logs(lab: Lab, run: Run, prompt: JsonObject) -> None:
    run.patch(status="completed")
    log = lab.log(prompt)
    assert run.add([log])["status"] == "completed", "what is set by hand sticks"
    assert run.log_ids() == [log]


def test_an_evaluation_without_a_file_takes_it_from_its_first_log(lab: Lab, prompt: JsonObject) -> None:
    flow = lab.flow()
    evaluation = lab.evaluation(None)
    run, other = evaluation.create_run(), evaluation.create_run()
    run.refuse([lab.log(flow), lab.log(prompt)], status=422)
    assert evaluation.get()["file_id"] is None, "a refused request decides nothing"
    run.add([lab.log(flow)])
    assert evaluation.get()["file_id"] == flow["id"]
    other.refuse([lab.log(prompt)], status=422)


def test_an_unknown_evaluation_is_not_found(api: Api, lab: Lab, run: Run, prompt: JsonObject) -> None:
    log, path = lab.log(prompt), f"/evaluations/evr_000000000000000000000/runs/{run.id}/logs"
    with run.evaluation.unchanged():
        detail = api.detail("POST", path, {"log_ids": [log]}, status=404)
    assert detail["loc"] == ["path", "id"]


def test_an_unknown_run_is_not_found(api: Api, lab: Lab, evaluation: Evaluation, prompt: JsonObject) -> None:
    detail = Run(evaluation, "rn_000000000000000000000").refuse([lab.log(prompt)], status=404)
    assert detail["loc"] == ["path", "run_id"] and detail["type"] == "value_error.not_found"


def test_a_run_of_another_evaluation_is_not_found(lab: Lab, evaluation: Evaluation, prompt: JsonObject) -> None:
    other, log = lab.evaluation(prompt), lab.log(prompt)
    foreign = other.create_run()
    with other.unchanged():
        assert Run(evaluation, foreign.id).refuse([log], status=404)["loc"] == ["path", "run_id"]


@pytest.mark.parametrize("order", ["first", "between", "last"])
def test_every_unknown_log_is_named_and_no_other_linked(lab: Lab, run: Run, prompt: JsonObject, order: str) -> None:
    good, bad = lab.logs(prompt, 2), ["log_missing_one", "log_missing_two"]
    named = {"first": [*bad, *good], "between": [good[0], *bad, bad[0], good[1]], "last": [*good, *bad]}[order]
    detail = run.refuse(named, status=404)
    assert (detail["loc"], detail["type"]) == (["body", "log_ids"], "value_error.not_found")
    assert all(detail["description"].count(uid) == 1 for uid in bad)
    assert not any(uid in detail["description"] for uid in good)


def test_a_deleted_log_is_unknown(api: Api, lab: Lab, run: Run, prompt: JsonObject) -> None:
    log = lab.log(prompt)
    api.delete(f"/logs?id={log}")
    assert log in run.refuse([log], status=404)["description"]


@pytest.mark.parametrize("of", ["another file of its kind", "another kind", "its evaluator"])
def test_a_log_of_another_file_is_refused(lab: Lab, run: Run, prompt: JsonObject, of: str) -> None:
    good = lab.log(prompt)
    correct = lab.evaluator()
    foreign = {
        "another file of its kind": lambda: lab.log(lab.prompt("qa/other")),
        "another kind": lambda: lab.log(lab.flow()),
        "its evaluator": lambda: lab.judge(correct, good, True)["id"],
    }[of]()
    detail = run.refuse([good, foreign], status=422)
    assert (detail["loc"], detail["type"]) == (["body", "log_ids"], "invalid_request_error")
    assert foreign in detail["description"] and good not in detail["description"]


def test_an_unknown_log_counts_before_one_of_another_file(lab: Lab, run: Run) -> None:
    run.refuse([lab.log(lab.flow()), "log_missing"], status=404)


@pytest.mark.parametrize("datapoint", ["of another dataset", "of another version"])
def test_a_log_outside_the_dataset_of_the_run_is_refused(
    lab: Lab, evaluation: Evaluation, prompt: JsonObject, dataset: JsonObject, datapoint: str
) -> None:
    run = evaluation.create_run(dataset, prompt, orchestrated=False)
    outside = {
        "of another dataset": lambda: lab.dataset(1, "qa/others")["datapoints"][0],
        "of another version": lambda: lab.dataset(4)["datapoints"][3],
    }[datapoint]()
    other_model = lab.prompt(model="model-2")
    good, bad = lab.log(other_model, dataset["datapoints"][1]), lab.log(other_model, outside)
    free = lab.log(other_model)
    detail = run.refuse([free, good, bad], status=422)
    assert (detail["loc"], detail["type"]) == (["body", "log_ids"], "invalid_request_error")
    assert detail["description"].endswith(f": '{bad}'.")


def test_a_cancelled_run_takes_no_logs(lab: Lab, run: Run, prompt: JsonObject) -> None:
    linked, free = lab.logs(prompt, 2)
    run.add([linked])
    run.patch(status="cancelled")
    for log_ids in ([free], [linked], []):
        assert run.refuse(log_ids, status=409)["type"] == "conflict_error"


@pytest.mark.parametrize("body", [{}, {"log_ids": None}, {"log_ids": "log_1"}, {"log_ids": [None]}, {"log_ids": [{}]}])
def test_a_body_of_another_shape_is_refused_by_field(api: Api, run: Run, body: JsonObject) -> None:
    with run.evaluation.unchanged():
        [problem] = api.detail("POST", f"{run.path}/logs", body, status=422)
    assert problem["loc"][:2] == ["body", "log_ids"]
