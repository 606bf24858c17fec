"""The status of a Run follows from its Logs and their verdicts, unless it was set by hand."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Evaluation, Lab, Run
from tests.conftest import Api


@pytest.fixture(params=["runs first", "stats first"], autouse=True)
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the status in both orders: each route must find it out by itself, and the other agree."""
    if request.param == "stats first":
        monkeypatch.setattr(Run, "status", Run.status_by_stats)


@pytest.fixture
def prompt(lab: Lab) -> JsonObject:
    return lab.prompt()


@pytest.fixture
def correct(lab: Lab) -> JsonObject:
    return lab.evaluator(path="checks/correct")


@pytest.fixture
def evaluation(lab: Lab, prompt: JsonObject, correct: JsonObject) -> Evaluation:
    return lab.evaluation(prompt, correct)


@pytest.fixture
def run(evaluation: Evaluation) -> Run:
    return evaluation.create_run()


@pytest.fixture
def log(lab: Lab, prompt: JsonObject, run: Run) -> str:
    """The only Log of the Run."""
    return lab.log(prompt, run_id=run.id)


def judgments_shown(run: Run) -> list[object]:
    """Return the judgments that count on the only Log of a Run."""
    [record] = run.evaluation.logs()["records"]
    return [item["judgment"] for item in record["evaluator_logs"]]


def test_a_run_is_pending_then_running_then_completed(
    lab: Lab, prompt: JsonObject, correct: JsonObject, run: Run
) -> None:
    assert run.status() == "pending"
    first, second = lab.logs(prompt, 2)
    run.add([first])
    assert run.status() == "running"
    lab.judge(correct, first, True)
    assert run.status() == "completed"
    assert run.add([second])["status"] == "running"
    lab.judge(correct, second, False)
    assert run.status() == "completed"


def test_a_run_waits_for_every_datapoint_and_every_verdict(
    lab: Lab, prompt: JsonObject, correct: JsonObject, evaluation: Evaluation
) -> None:
    dataset = lab.dataset(2)
    run = evaluation.create_run(dataset, prompt, orchestrated=False)
    assert run.status() == "pending", "nobody may take it for completed before the first log exists"
    first, again = (lab.log(prompt, dataset["datapoints"][0], run_id=run.id) for _ in range(2))
    lab.judge(correct, first, True), lab.judge(correct, again, True)
    assert run.status() == "running", "two logs, but one datapoint has none"
    last = lab.log(prompt, dataset["datapoints"][1])
    assert run.status() == "running"
    lab.judge(correct, last, True)
    assert run.status() == "completed"


def test_an_orchestrated_run_starts_running(lab: Lab, prompt: JsonObject, evaluation: Evaluation) -> None:
    assert evaluation.create_run(lab.dataset(1), prompt, orchestrated=True).status() == "running"


def test_without_evaluators_logs_are_enough(lab: Lab, prompt: JsonObject) -> None:
    run = lab.evaluation(prompt).create_run()
    assert run.status() == "pending"
    run.add([lab.log(prompt)])
    assert run.status() == "completed"


@pytest.mark.parametrize("verdict", [{"judgment": False}, {"judgment": None}, {"error": "It broke."}])
def test_a_null_and_an_error_are_verdicts_too(
    api: Api, lab: Lab, correct: JsonObject, run: Run, log: str, verdict: JsonObject
) -> None:
    api.post("/evaluators/log", lab.judgment(correct, log, **verdict))
    assert run.status() == "completed"


def test_a_person_is_waited_for_like_any_other_evaluator(lab: Lab, prompt: JsonObject) -> None:
    person = lab.evaluator("text", evaluator_type="human", instructions="Read it.")
    run = lab.evaluation(prompt, person).create_run()
    log = lab.log(prompt, run_id=run.id)
    assert run.status() == "running"
    lab.judge(person, log, "Well said.")
    assert run.status() == "completed"


def test_an_evaluator_that_is_added_later_makes_runs_running_again(
    lab: Lab, evaluation: Evaluation, correct: JsonObject, run: Run, log: str
) -> None:
    lab.judge(correct, log, True)
    assert run.status() == "completed"
    length = lab.evaluator("number")
    evaluation.add(length)
    assert run.status() == "running"
    lab.judge(length, log, 2)
    assert run.status() == "completed"


def test_removing_the_evaluator_that_was_waited_for_completes_a_run(
    api: Api, evaluation: Evaluation, correct: JsonObject, run: Run, log: str
) -> None:
    assert run.status() == "running"
    api.delete(f"{evaluation.path}/evaluators/{correct['version_id']}")
    assert run.status() == "completed"


def test_a_shared_run_has_the_status_of_each_evaluations_evaluators(
    lab: Lab, prompt: JsonObject, correct: JsonObject, run: Run, log: str
) -> None:
    elsewhere = lab.evaluation(prompt, correct, lab.evaluator("number")).share(run)
    lab.judge(correct, log, True)
    assert (run.status(), elsewhere.status()) == ("completed", "running")


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_what_is_set_by_hand_sticks_everywhere(
    lab: Lab, prompt: JsonObject, correct: JsonObject, evaluation: Evaluation, run: Run, log: str, status: str
) -> None:
    shared = lab.evaluation(prompt, correct).share(run)
    run.patch(status=status)
    lab.judge(correct, log, True)
    evaluation.add(lab.evaluator("number"))
    assert (run.status(), shared.status()) == (status, status)


def test_deleting_a_log_without_a_verdict_completes_a_run(
    api: Api, lab: Lab, prompt: JsonObject, correct: JsonObject, run: Run, log: str
) -> None:
    open_log = lab.log(prompt, run_id=run.id)
    lab.judge(correct, log, True)
    assert run.status() == "running"
    api.delete(f"/logs?id={open_log}")
    assert run.status() == "completed" and run.stats()["num_logs"] == 1
    api.delete(f"/logs?id={log}")
    assert run.status() == "pending" and run.stats()["num_logs"] == 0


def test_deleting_a_datapoints_only_log_makes_a_run_running(
    api: Api, lab: Lab, prompt: JsonObject, correct: JsonObject, evaluation: Evaluation
) -> None:
    dataset = lab.dataset(2)
    run = evaluation.create_run(dataset, prompt)
    logs = lab.logs_of(prompt, dataset)
    for log in logs:
        lab.judge(correct, log, True)
    assert run.status() == "completed"
    api.delete(f"/logs?id={logs[0]}")
    assert run.status() == "running"


def test_deleting_a_judgment_leaves_its_log_without_a_verdict(
    api: Api, lab: Lab, correct: JsonObject, run: Run, log: str
) -> None:
    judgment = lab.judge(correct, log, True)["id"]
    assert run.status() == "completed"
    api.delete(f"/logs?id={judgment}")
    assert run.status() == "running"
    assert run.stats_of(correct)["total_logs"] == 0


def test_another_version_of_the_evaluator_gives_the_verdict_that_the_wanted_one_did_not(
    lab: Lab, correct: JsonObject, run: Run, log: str
) -> None:
    newer = lab.evaluator(path="checks/correct", attributes={"strict": True})
    assert newer["id"] == correct["id"] and newer["version_id"] != correct["version_id"]
    lab.judge(newer, log, False)
    assert run.status() == "completed"
    assert run.stats_of(correct)["num_false"] == 1
    assert judgments_shown(run) == [False]
    lab.judge(correct, log, True)
    assert (run.stats_of(correct)["num_true"], run.stats_of(correct)["num_false"]) == (1, 0), "its own counts first"
    assert judgments_shown(run) == [True]


def test_neither_another_return_type_nor_another_evaluator_stands_in(
    lab: Lab, correct: JsonObject, run: Run, log: str
) -> None:
    lab.judge(lab.evaluator("number", path="checks/correct"), log, 1)
    lab.judge(lab.evaluator(path="checks/other"), log, True)
    assert run.status() == "running"
    assert run.stats_of(correct)["total_logs"] == 0 and judgments_shown(run) == []


def test_two_versions_in_one_evaluation_do_not_stand_in_for_each_other(
    lab: Lab, evaluation: Evaluation, correct: JsonObject, run: Run, log: str
) -> None:
    newer = lab.evaluator(path="checks/correct", attributes={"strict": True})
    evaluation.add(newer)
    lab.judge(correct, log, True)
    assert run.status() == "running"
    assert run.stats_of(newer)["total_logs"] == 0 and judgments_shown(run) == [True]


def test_an_evaluation_is_as_far_as_its_least_advanced_run(
    lab: Lab, prompt: JsonObject, correct: JsonObject, evaluation: Evaluation
) -> None:
    assert evaluation.stats()["status"] == "pending", "there is nothing in it yet"
    completed, running, pending = (evaluation.create_run() for _ in range(3))
    log = lab.log(prompt, run_id=completed.id)
    lab.judge(correct, log, True)
    lab.log(prompt, run_id=running.id)
    assert evaluation.stats()["status"] == "pending"
    pending.remove()
    assert evaluation.stats()["status"] == "running"
    running.remove()
    assert evaluation.stats()["status"] == "completed"
