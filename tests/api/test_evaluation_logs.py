"""The Logs of an Evaluation: Run by Run, in the order in which they joined, in pages."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Evaluation, Lab, Run
from tests.conftest import Api


@pytest.fixture
def prompt(lab: Lab) -> JsonObject:
    return lab.prompt()


@pytest.fixture
def evaluation(lab: Lab, prompt: JsonObject) -> Evaluation:
    return lab.evaluation(prompt, lab.evaluator())


@pytest.fixture
def runs(lab: Lab, prompt: JsonObject, evaluation: Evaluation) -> list[Run]:
    """Runs of 3, 0, 5 and 2 Logs, the oldest first."""
    runs = [evaluation.create_run() for _ in range(4)]
    for run, size in zip(runs, (3, 0, 5, 2), strict=True):
        run.add(lab.logs(prompt, size))
    return runs


def pages(evaluation: Evaluation, size: int, query: str = "") -> list[list[str]]:
    """Return the ids on all pages up to the first empty one, as the clients read them."""
    found: list[list[str]] = []
    while not found or found[-1]:
        found.append(evaluation.log_ids(f"size={size}&page={len(found) + 1}&{query}"))
    return found[:-1]


def paged(evaluation: Evaluation, size: int, query: str = "") -> list[str]:
    """Return the ids that a client reads page by page."""
    return [uid for page in pages(evaluation, size, query) for uid in page]


def test_a_record_holds_the_run_the_datapoint_the_log_and_the_judgments_that_count(api: Api, lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(1)
    correct, length, outside = lab.evaluator(), lab.evaluator("number"), lab.evaluator("text")
    evaluation = lab.evaluation(prompt, correct, length)
    run = evaluation.create_run(dataset, prompt)
    [log] = lab.logs_of(prompt, dataset)
    lab.judge(length, log, 3), lab.judge(outside, log, "well said")
    verdict = lab.judge(correct, log, True)
    [record] = evaluation.logs()["records"]
    assert set(record) == {"run_id", "datapoint", "log", "evaluator_logs"}
    assert (record["run_id"], record["datapoint"]) == (run.id, dataset["datapoints"][0])
    assert record["log"] == api.get(f"/logs/{log}")
    assert [item["judgment"] for item in record["evaluator_logs"]] == [True, 3]
    shown = api.get(f"/logs/{verdict['id']}")
    assert record["evaluator_logs"][0] == shown | {"parent": None}


def test_a_log_without_a_datapoint_has_none(evaluation: Evaluation, runs: list[Run]) -> None:
    assert [record["datapoint"] for record in evaluation.logs()["records"]] == [None] * 10
    assert all(record["evaluator_logs"] == [] for record in evaluation.logs()["records"])


def test_the_oldest_run_comes_first(evaluation: Evaluation, runs: list[Run]) -> None:
    shown = [record["run_id"] for record in evaluation.logs()["records"]]
    assert shown == [runs[0].id] * 3 + [runs[2].id] * 5 + [runs[3].id] * 2


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 10, 11])
def test_pages_cut_the_whole_list_wherever_the_runs_end(evaluation: Evaluation, runs: list[Run], size: int) -> None:
    whole = evaluation.log_ids()
    assert len(set(whole)) == 10
    assert pages(evaluation, size) == [whole[start : start + size] for start in range(0, 10, size)]


def test_a_page_says_where_it_stands(evaluation: Evaluation, runs: list[Run]) -> None:
    page = evaluation.logs("size=4&page=2")
    assert (page["page"], page["size"], page["total"], len(page["records"])) == (2, 4, 10, 4)
    first = evaluation.logs("")
    assert (first["page"], first["size"]) == (1, 10)


@pytest.mark.parametrize("query", ["size=4&page=4", "size=10&page=2", "page=9223372036854775807", "size=0"])
def test_a_page_past_the_end_is_empty(evaluation: Evaluation, runs: list[Run], query: str) -> None:
    page = evaluation.logs(query)
    assert (page["records"], page["total"]) == ([], 10)


@pytest.mark.parametrize("query", ["page=0", "page=x", "size=-1"])
def test_an_impossible_page_is_refused(api: Api, evaluation: Evaluation, query: str) -> None:
    [problem] = api.detail("GET", f"{evaluation.path}/logs?{query}", status=422)
    assert problem["loc"] == ["query", query[:4]]


def test_runs_can_be_picked_one_by_one(evaluation: Evaluation, runs: list[Run]) -> None:
    last_and_first = f"run_id={runs[3].id}&run_id={runs[0].id}"
    page = evaluation.logs(f"size=4&{last_and_first}")
    assert page["total"] == 5
    assert [record["run_id"] for record in page["records"]] == [runs[0].id] * 3 + [runs[3].id]
    assert paged(evaluation, 2, last_and_first) == runs[0].log_ids() + runs[3].log_ids()
    assert runs[1].log_ids() == []


def test_a_run_that_is_not_in_the_evaluation_is_not_found(
    api: Api, lab: Lab, prompt: JsonObject, evaluation: Evaluation, runs: list[Run]
) -> None:
    foreign = lab.evaluation(prompt).create_run()
    for uid in (foreign.id, "rn_0"):
        detail = api.detail("GET", f"{evaluation.path}/logs?run_id={runs[0].id}&run_id={uid}", status=404)
        assert detail["loc"] == ["query", "run_id"] and uid in detail["description"]


@pytest.mark.parametrize("gone", [[0], [2], [4], [1, 2], [0, 4], [0, 1, 2, 3]])
def test_pages_stay_whole_when_logs_are_deleted_out_of_a_run(
    api: Api, evaluation: Evaluation, runs: list[Run], gone: list[int]
) -> None:
    whole, doomed = evaluation.log_ids(), [runs[2].log_ids()[number] for number in gone]
    api.delete("/logs?" + "&".join(f"id={uid}" for uid in doomed))
    left = [uid for uid in whole if uid not in doomed]
    assert evaluation.log_ids() == left and evaluation.logs("size=0")["total"] == len(left)
    for size in (1, 2, 3):
        assert paged(evaluation, size) == left
        assert paged(evaluation, size, f"run_id={runs[2].id}") == left[3:-2]


def test_logs_that_join_after_a_deletion_come_last(
    api: Api, lab: Lab, prompt: JsonObject, evaluation: Evaluation, runs: list[Run]
) -> None:
    first, second, third = runs[0].log_ids()
    api.delete(f"/logs?id={second}")
    new = lab.logs(prompt, 2)
    runs[0].add(new)
    assert runs[0].log_ids() == [first, third, *new]
    assert paged(evaluation, 1, f"run_id={runs[0].id}") == [first, third, *new]
    assert runs[0].stats()["num_logs"] == 4


def test_a_shared_log_stands_once_in_each_run(lab: Lab, prompt: JsonObject, evaluation: Evaluation) -> None:
    runs, log = [evaluation.create_run(), evaluation.create_run()], lab.log(prompt)
    runs[1].add([log]), runs[0].add([log])
    assert [(item["run_id"], item["log"]["id"]) for item in evaluation.logs()["records"]] == [
        (runs[0].id, log),
        (runs[1].id, log),
    ]


def test_logs_of_flows_come_as_flow_logs(lab: Lab) -> None:
    flow = lab.flow()
    evaluation = lab.evaluation(flow)
    run = evaluation.create_run(None, flow)
    log = lab.log(flow, run_id=run.id)
    [record] = evaluation.logs()["records"]
    assert record["log"]["id"] == log and record["log"]["flow"]["type"] == "flow"
    assert run.get()["version"]["type"] == "flow"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_hold_every_log_once_when_some_were_linked_before(
    lab: Lab, prompt: JsonObject, evaluation: Evaluation, size: int
) -> None:
    run, logs = evaluation.create_run(), lab.logs(prompt, 9)
    for part in (logs[:4], logs[2:6], logs[3:5], logs[5:]):
        run.add(part)
    assert paged(evaluation, size) == logs
