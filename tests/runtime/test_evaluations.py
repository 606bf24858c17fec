"""Evaluations that the server works on: orchestrated Runs, and Evaluators that judge what joins a Run."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.builders.models import AGREES, EXACT, LENGTH, Models, llm, python
from tests.conftest import Api


def stats_of(stats: JsonObject, version: JsonObject) -> JsonObject:
    """Return the stats of an Evaluator in the only Run."""
    found = {item["evaluator_version_id"]: item for item in stats["run_stats"][0]["evaluator_stats"]}
    return found[version["version_id"]]


def test_an_orchestrated_run_makes_a_log_for_each_datapoint(lab: Lab, models: Models) -> None:
    models.answer("It is {{1}}.", match={"message": r"questions (\d+)"})
    prompt, dataset = lab.prompt(), lab.dataset(30)
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(dataset, prompt)
    assert run.get()["orchestrated"] is True
    assert run.status() == "completed"
    records = evaluation.logs()["records"]
    assert [record["datapoint"]["id"] for record in records] == [point["id"] for point in dataset["datapoints"]]
    assert [record["log"]["output"] for record in records] == [f"It is {number}." for number in range(30)]
    first = records[0]["log"]
    assert first["inputs"] == dataset["datapoints"][0]["inputs"]
    assert first["source_datapoint_id"] == dataset["datapoints"][0]["id"]
    assert first["prompt"]["version_id"] == prompt["version_id"]


def test_the_messages_of_a_datapoint_follow_the_template(lab: Lab, models: Models) -> None:
    models.answer("Last: {{message}}")
    dataset = lab.api.post(
        "/datasets?include_datapoints=true",
        {
            "path": "qa/talks",
            "datapoints": [{"inputs": {"question": "Why"}, "messages": [{"role": "user", "content": "Because?"}]}],
        },
    )
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt)
    evaluation.create_run(dataset, prompt)
    assert evaluation.logs()["records"][0]["log"]["output"] == "Last: Because?"


def test_every_evaluator_that_the_server_runs_judges_every_log(lab: Lab, models: Models) -> None:
    models.answer("{{1}}", match={"message": r"questions (\d+)"})
    models.answer("It is fine.\nTrue", match={"model": "judge"})
    exact = lab.evaluator(path="checks/exact", **python(EXACT, compares=True))
    length = lab.evaluator(path="checks/length", **python(LENGTH, "number"))
    asked = lab.evaluator(
        path="checks/llm", **llm("Is {{log.output}} right? It is {{testcase.target.output}}.", compares=True)
    )
    prompt, dataset = lab.prompt(), lab.dataset(12)
    evaluation = lab.evaluation(prompt, exact, length, asked)
    run = evaluation.create_run(dataset, prompt)
    assert run.status() == "completed"
    stats = evaluation.stats()
    assert stats_of(stats, exact)["num_true"] == 12
    assert stats_of(stats, length)["mean"] == pytest.approx(14 / 12)
    assert stats_of(stats, asked)["num_true"] == 12
    judged = evaluation.logs()["records"][0]["evaluator_logs"]
    assert [log["judgment"] for log in judged] == [True, 1, True]
    assert judged[2]["output"] == "It is fine.\nTrue"


def test_a_human_evaluator_is_left_to_humans(lab: Lab, models: Models) -> None:
    human = lab.evaluator(path="checks/human", evaluator_type="human")
    code = lab.evaluator(path="checks/code", **python(AGREES))
    prompt, dataset = lab.prompt(), lab.dataset(3)
    evaluation = lab.evaluation(prompt, human, code)
    run = evaluation.create_run(dataset, prompt)
    assert run.status() == "running"
    assert stats_of(evaluation.stats(), human)["total_logs"] == 0
    assert stats_of(evaluation.stats(), code)["total_logs"] == 3
    for log in evaluation.log_ids():
        lab.judge(human, log, True)
    assert run.status() == "completed"


def test_an_evaluator_that_is_not_orchestrated_is_not_run(lab: Lab) -> None:
    code = lab.evaluator(path="checks/code", **python(AGREES))
    prompt, dataset = lab.prompt(), lab.dataset(2)
    reference = {"version_id": code["version_id"], "orchestrated": False}
    evaluation = lab.api.post("/evaluations", {"file": {"id": prompt["id"]}, "evaluators": [reference]})
    path = f"/evaluations/{evaluation['id']}"
    references = {"dataset": {"version_id": dataset["version_id"]}, "version": {"version_id": prompt["version_id"]}}
    lab.api.post(f"{path}/runs", references)
    stats = lab.api.get(f"{path}/stats")
    assert stats["run_stats"][0]["num_logs"] == 2
    assert stats_of(stats, code)["total_logs"] == 0
    assert stats["status"] == "running"


def test_a_model_that_fails_is_the_error_of_its_log(lab: Lab, models: Models) -> None:
    models.answer(match={"message": "questions 1"}, error={"status": 429, "message": "Too many requests."})
    prompt, dataset = lab.prompt(), lab.dataset(3)
    code = lab.evaluator(path="checks/code", **python("def seen(log):\n    return log['error'] is None"))
    evaluation = lab.evaluation(prompt, code)
    run = evaluation.create_run(dataset, prompt)
    assert run.status() == "completed"
    errors = [record["log"]["error"] for record in evaluation.logs()["records"]]
    assert errors == [None, "Too many requests.", None]
    assert stats_of(evaluation.stats(), code)["num_false"] == 1


def test_an_input_that_the_dataset_lacks_is_the_error_of_its_log(lab: Lab) -> None:
    prompt = lab.api.post("/prompts", {"path": "qa/answer", "model": "m", "template": "{{question}} {{language}}"})
    dataset = lab.dataset(1)
    evaluation = lab.evaluation(prompt)
    evaluation.create_run(dataset, prompt)
    assert "language" in evaluation.logs()["records"][0]["log"]["error"]


def test_only_the_datapoints_without_a_log_are_filled(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(4)
    own = lab.log(prompt, dataset["datapoints"][2], output="My own.")
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(dataset, prompt, use_existing_logs=True)
    ids = evaluation.log_ids()
    assert len(ids) == 4
    assert own in ids
    assert run.status() == "completed"


def test_a_run_of_a_flow_waits_for_the_callers_logs(lab: Lab) -> None:
    flow, dataset = lab.flow(), lab.dataset(2)
    code = lab.evaluator(path="checks/code", **python(AGREES))
    evaluation = lab.evaluation(flow, code)
    run = evaluation.create_run(dataset, flow)
    assert run.status() == "running"
    for point in dataset["datapoints"]:
        lab.log(flow, point, log_status="complete")
    assert run.status() == "completed"


STEPS = "def steps(log):\n    return len(log['children'])"


def test_a_trace_that_is_called_incomplete_is_judged_when_it_is_complete(lab: Lab) -> None:
    flow, dataset = lab.flow(), lab.dataset(1)
    code = lab.evaluator(path="checks/code", **python(STEPS, "number"))
    evaluation = lab.evaluation(flow, code)
    run = evaluation.create_run(dataset, flow)
    log = lab.log(flow, dataset["datapoints"][0], log_status="incomplete")
    assert stats_of(evaluation.stats(), code)["total_logs"] == 0
    lab.log(lab.prompt(), trace_parent_id=log)
    lab.api.patch(f"/flows/logs/{log}", {"log_status": "complete"})
    assert stats_of(evaluation.stats(), code)["mean"] == 1
    assert run.status() == "completed"


@pytest.mark.parametrize("way", ["run_id", "datapoint", "add logs"])
def test_a_trace_without_a_status_is_judged_at_once_in_a_run(lab: Lab, way: str) -> None:
    flow, dataset = lab.flow(), lab.dataset(1)
    evaluation = lab.evaluation(flow, lab.evaluator(path="checks/code", **python(AGREES)))
    if way == "datapoint":
        run = evaluation.create_run(dataset, flow)
        lab.log(flow, dataset["datapoints"][0])
    else:
        run = evaluation.create_run()
        log = lab.log(flow, **({"run_id": run.id} if way == "run_id" else {}))
        if way == "add logs":
            run.add([log])
    assert run.status() == "completed"


def test_a_trace_that_was_judged_is_judged_again_when_it_is_complete(lab: Lab) -> None:
    flow = lab.flow()
    code = lab.evaluator(path="checks/code", **python(STEPS, "number"))
    evaluation = lab.evaluation(flow, code)
    log = lab.log(flow, run_id=evaluation.create_run().id)
    assert stats_of(evaluation.stats(), code)["mean"] == 0
    lab.log(lab.prompt(), trace_parent_id=log)
    lab.api.patch(f"/flows/logs/{log}", {"log_status": "complete"})
    assert stats_of(evaluation.stats(), code)["mean"] == 1
    assert len(lab.api.get(f"/logs/{log}")["evaluator_logs"]) == 2


def test_an_evaluator_that_is_added_later_judges_the_logs_that_are_there(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(3)
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(dataset, prompt)
    code = lab.evaluator(path="checks/code", **python(AGREES))
    evaluation.add(code)
    assert stats_of(evaluation.stats(), code)["num_true"] == 3
    assert run.status() == "completed"


def test_logs_that_are_added_to_a_run_are_judged(lab: Lab) -> None:
    prompt = lab.prompt()
    code = lab.evaluator(path="checks/code", **python(AGREES))
    evaluation = lab.evaluation(prompt, code)
    run = evaluation.create_run()
    run.add(lab.logs(prompt, 2))
    assert stats_of(evaluation.stats(), code)["num_true"] == 2
    run.add(lab.logs(prompt, 1))
    assert stats_of(evaluation.stats(), code)["num_true"] == 3


def test_a_run_that_is_shared_is_judged_by_the_evaluators_of_both(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    run = lab.evaluation(prompt).create_run(dataset, prompt)
    code = lab.evaluator(path="checks/code", **python(AGREES))
    other = lab.evaluation(prompt, code)
    other.share(run)
    assert stats_of(other.stats(), code)["num_true"] == 2


def test_a_verdict_is_given_once(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    code = lab.evaluator(path="checks/code", **python(AGREES))
    evaluation = lab.evaluation(prompt, code)
    run = evaluation.create_run(dataset, prompt)
    run.add(evaluation.log_ids())
    lab.evaluation(prompt, code).share(run)
    logs = lab.api.get(f"/logs?file_id={code['id']}&size=100")
    assert logs["total"] == 2


def test_every_judgment_of_a_log_has_its_place_and_its_times(lab: Lab, api: Api) -> None:
    prompt = lab.prompt()
    code = lab.evaluator(
        path="checks/code", **python("def talk(log):\n    print('Hello', log['output'])\n    return True")
    )
    evaluation = lab.evaluation(prompt, code)
    log = lab.log(prompt, output="there")
    evaluation.create_run().add([log])
    judgment = api.get(f"/logs?file_id={code['id']}")["records"][0]
    assert judgment["parent_id"] == log
    assert judgment["stdout"] == "Hello there\n"
    assert judgment["start_time"] < judgment["end_time"]
    assert judgment["evaluator"]["version_id"] == code["version_id"]
