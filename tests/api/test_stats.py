"""Stats: every Evaluator of the Evaluation in every Run, each with the fields of its return type alone."""

import statistics
import sys
from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Evaluation, Lab, Run
from tests.conftest import Api

COMMON = {"evaluator_version_id", "total_logs", "num_judgments", "num_nulls", "num_errors"}
OPTIONS = [{"name": "good"}, {"name": "bad"}, {"name": "odd"}]
JAVASCRIPT = {"headers": {"X-Fern-Language": "JavaScript"}}


@pytest.fixture
def prompt(lab: Lab) -> JsonObject:
    return lab.prompt()


def judged(lab: Lab, prompt: JsonObject, evaluator: JsonObject, judgments: list[Any]) -> Run:
    """Return a Run of one Log for each judgment of this Evaluator."""
    run = lab.evaluation(prompt, evaluator).create_run()
    for judgment in judgments:
        lab.judge(evaluator, lab.log(prompt, run_id=run.id), judgment)
    return run


def counts(stats: JsonObject) -> list[int]:
    return [stats[name] for name in ("total_logs", "num_judgments", "num_nulls", "num_errors")]


def test_an_evaluation_without_runs_has_empty_stats(lab: Lab, prompt: JsonObject) -> None:
    stats = lab.evaluation(prompt, lab.evaluator()).stats()
    assert set(stats) == {"run_stats", "progress", "report", "status"}
    assert (stats["run_stats"], stats["status"]) == ([], "pending")
    assert isinstance(stats["progress"], str) and isinstance(stats["report"], str)


def test_the_newest_run_comes_first(lab: Lab, prompt: JsonObject) -> None:
    evaluation = lab.evaluation(prompt)
    older, newer = evaluation.create_run(None, prompt), evaluation.create_run()
    older.add([lab.log(prompt)])
    shown = evaluation.stats()["run_stats"]
    assert [item["run_id"] for item in shown] == [newer.id, older.id]
    assert [item["version_id"] for item in shown] == [None, prompt["version_id"]]
    assert [item["num_logs"] for item in shown] == [0, 1]
    assert all(item["batch_id"] is None for item in shown)
    assert set(shown[0]) == {"run_id", "version_id", "batch_id", "num_logs", "evaluator_stats", "status"}


@pytest.mark.parametrize(
    ("returns", "own"),
    [
        ("boolean", {"num_true": 0, "num_false": 0}),
        ("number", {"mean": None, "sum": None, "std": None, "percentiles": {}}),
        ("select", {"num_judgments_per_option": {"good": 0, "bad": 0, "odd": 0}}),
        ("multi_select", {"num_judgments_per_option": {"good": 0, "bad": 0, "odd": 0}}),
        ("text", {}),
    ],
)
def test_an_evaluator_has_the_fields_of_its_type_before_its_first_judgment(
    lab: Lab, prompt: JsonObject, returns: str, own: JsonObject
) -> None:
    evaluator = lab.evaluator(returns, **({"options": OPTIONS} if "select" in returns else {}))
    run = lab.evaluation(prompt, evaluator).create_run()
    zeros = dict.fromkeys(COMMON, 0) | {"evaluator_version_id": evaluator["version_id"]}
    assert run.stats_of(evaluator) == zeros | own
    lab.log(prompt, run_id=run.id)
    assert run.stats_of(evaluator) == zeros | own


def test_booleans_are_counted(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator("boolean")
    stats = judged(lab, prompt, evaluator, [True, False, True, None, True]).stats_of(evaluator)
    assert (stats["num_true"], stats["num_false"]) == (3, 1)
    assert counts(stats) == [5, 4, 1, 0] and set(stats) == COMMON | {"num_true", "num_false"}


def test_numbers_have_moments_and_percentiles(lab: Lab, prompt: JsonObject) -> None:
    evaluator, values = lab.evaluator("number"), [4, 1.5, -3, 10, 0, 7.25]
    stats = judged(lab, prompt, evaluator, [*values, None]).stats_of(evaluator)
    assert counts(stats) == [7, 6, 1, 0] and set(stats) == COMMON | {"mean", "sum", "std", "percentiles"}
    assert stats["sum"] == pytest.approx(sum(values)) and stats["mean"] == pytest.approx(statistics.fmean(values))
    assert stats["std"] == pytest.approx(statistics.stdev(values))
    assert list(stats["percentiles"]) == ["0", "25", "50", "75", "90", "95", "99", "99.9", "100"]
    quarters = statistics.quantiles(values, n=4, method="inclusive")
    assert [stats["percentiles"][text] for text in ("0", "25", "50", "75", "100")] == [-3, *quarters, 10]
    hundredths = statistics.quantiles(values, n=1000, method="inclusive")
    for text in ("90", "95", "99", "99.9"):
        assert stats["percentiles"][text] == pytest.approx(hundredths[round(float(text) * 10) - 1])


def test_one_number_has_no_std(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator("number")
    stats = judged(lab, prompt, evaluator, [3]).stats_of(evaluator)
    assert (stats["mean"], stats["sum"], stats["std"]) == (3, 3, None)
    assert set(stats["percentiles"].values()) == {3}


@pytest.mark.parametrize("values", [[1e308] * 3, [-1e308, 1e308], [1e200, -1e200, 5e-324], [sys.float_info.max, 1]])
def test_huge_numbers_are_answered_without_infinities(
    api: Api, lab: Lab, prompt: JsonObject, values: list[float]
) -> None:
    evaluator = lab.evaluator("number")
    run = judged(lab, prompt, evaluator, values)
    stats = run.stats_of(evaluator)
    assert (stats["percentiles"]["0"], stats["percentiles"]["100"]) == (min(values), max(values))
    assert stats["std"] is None and run.status() == "completed"
    assert evaluator["path"] in run.evaluation.stats()["report"]


def test_options_are_counted_also_those_that_nobody_chose(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator("select", options=OPTIONS)
    stats = judged(lab, prompt, evaluator, ["good", "bad", "good", None]).stats_of(evaluator)
    assert stats["num_judgments_per_option"] == {"good": 2, "bad": 1, "odd": 0}
    assert counts(stats) == [4, 3, 1, 0] and set(stats) == COMMON | {"num_judgments_per_option"}


def test_several_options_of_one_judgment_are_counted_each(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator("multi_select", options=OPTIONS)
    stats = judged(lab, prompt, evaluator, [["good", "odd"], ["odd"], [], None]).stats_of(evaluator)
    assert stats["num_judgments_per_option"] == {"good": 1, "bad": 0, "odd": 2}
    assert counts(stats) == [4, 3, 1, 0]


def test_texts_are_only_counted(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator("text")
    stats = judged(lab, prompt, evaluator, ["well said", "", None]).stats_of(evaluator)
    assert counts(stats) == [3, 2, 1, 0] and set(stats) == COMMON


def test_errors_are_verdicts_without_a_judgment(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator("number")
    run = judged(lab, prompt, evaluator, [1, 2])
    lab.fail(evaluator, lab.log(prompt, run_id=run.id))
    stats = run.stats_of(evaluator)
    assert counts(stats) == [3, 2, 0, 1] and stats["sum"] == 3


def test_every_evaluator_is_in_every_run_in_the_order_of_the_evaluation(lab: Lab, prompt: JsonObject) -> None:
    evaluators = [lab.evaluator("text"), lab.evaluator("boolean"), lab.evaluator("number")]
    evaluation = lab.evaluation(prompt, *evaluators)
    runs = [evaluation.create_run(), evaluation.create_run()]
    log = lab.log(prompt, run_id=runs[0].id)
    lab.judge(evaluators[1], log, True)
    for item in evaluation.stats()["run_stats"]:
        shown = [stats["evaluator_version_id"] for stats in item["evaluator_stats"]]
        assert shown == [evaluator["version_id"] for evaluator in evaluators]
    assert [run.stats_of(evaluators[1])["num_true"] for run in runs] == [1, 0]


def test_judgments_count_in_every_run_that_holds_their_log(lab: Lab, prompt: JsonObject) -> None:
    evaluator = lab.evaluator()
    evaluation, other = lab.evaluation(prompt, evaluator), lab.evaluation(prompt, evaluator)
    log = lab.log(prompt)
    lab.judge(evaluator, log, True)
    runs = [evaluation.create_run(), evaluation.create_run(), other.create_run()]
    for run in runs:
        run.add([log])
    assert [run.stats_of(evaluator)["num_true"] for run in runs] == [1, 1, 1]
    lab.judge(evaluator, log, False)
    assert [run.stats_of(evaluator)["num_false"] for run in runs] == [1, 1, 1]


def test_judgments_of_evaluators_outside_the_evaluation_do_not_count(lab: Lab, prompt: JsonObject) -> None:
    inside, outside = lab.evaluator(), lab.evaluator()
    run = judged(lab, prompt, inside, [True])
    lab.judge(outside, run.log_ids()[0], False)
    assert [item["evaluator_version_id"] for item in run.stats()["evaluator_stats"]] == [inside["version_id"]]
    assert counts(run.stats_of(inside)) == [1, 1, 0, 0]


def test_another_version_counts_only_where_the_wanted_one_gave_no_verdict(lab: Lab, prompt: JsonObject) -> None:
    wanted = lab.evaluator(path="checks/fit")
    other = lab.evaluator(path="checks/fit", attributes={"draft": True})
    run = judged(lab, prompt, wanted, [True])
    lab.log(prompt, run_id=run.id)
    for log in run.log_ids():
        lab.judge(other, log, False)
    stats = run.stats_of(wanted)
    assert (counts(stats), stats["num_true"], stats["num_false"]) == ([2, 2, 0, 0], 1, 1)


def progress(evaluation: Evaluation) -> str:
    return evaluation.stats()["progress"]


def test_progress_says_how_much_is_done_until_all_is(api: Api, lab: Lab, prompt: JsonObject) -> None:
    evaluator, dataset = lab.evaluator(), lab.dataset(3)
    evaluation = lab.evaluation(prompt, evaluator)
    evaluation.create_run(dataset, prompt)
    assert "0/3" in progress(evaluation)
    logs = lab.logs_of(prompt, dataset)
    lab.judge(evaluator, logs[0], True)
    shown = progress(evaluation)
    assert "Logs: 3/3" in shown and "Judgments: 1/3" in shown
    assert evaluation.stats(**JAVASCRIPT)["progress"] == "", "the npm client cannot write it to a file"
    assert evaluation.stats(headers={"X-Fern-Language": "Python"})["progress"] == shown
    lab.judge(evaluator, logs[1], True), lab.judge(evaluator, logs[2], True)
    assert progress(evaluation) == evaluation.stats(**JAVASCRIPT)["progress"] == ""


def test_the_npm_client_gets_the_same_stats_otherwise(lab: Lab, prompt: JsonObject) -> None:
    evaluation = judged(lab, prompt, lab.evaluator(), [True]).evaluation
    evaluation.create_run()
    assert evaluation.stats(**JAVASCRIPT) == evaluation.stats() | {"progress": ""}
