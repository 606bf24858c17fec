"""The report of an Evaluation: a table of its Runs in plain text."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Evaluation, Lab


@pytest.fixture
def prompt(lab: Lab) -> JsonObject:
    return lab.prompt("capitals/answer")


def rows(evaluation: Evaluation) -> dict[str, list[str]]:
    """Return the cells of the report's lines by their label; the line of titles has none."""
    lines = evaluation.stats()["report"].split("\n")
    table = [line for line in lines[2:] if line.strip("-")]
    return {line[:20].split("  ")[0].strip(): line.split()[1:] for line in table if not line.startswith(" ")}


def titles(evaluation: Evaluation) -> list[str]:
    [line] = [line for line in evaluation.stats()["report"].split("\n") if line.startswith(" ")]
    return line.split()


def test_the_report_names_the_file(lab: Lab, prompt: JsonObject) -> None:
    report = lab.evaluation(prompt).stats()["report"]
    assert "capitals/answer" in report.strip().split("\n")[0]


def test_an_evaluation_without_a_file_has_a_report_too(lab: Lab) -> None:
    evaluation = lab.evaluation(None, lab.evaluator())
    evaluation.create_run()
    assert "Run ID" in evaluation.stats()["report"]


def test_a_column_tells_the_run_its_version_and_when_it_was_added(lab: Lab, prompt: JsonObject) -> None:
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(None, prompt)
    shown, added = rows(evaluation), run.get()["added_at"]
    assert shown["Run ID"] == ["ID", run.id[3:8]]
    assert shown["Version ID"] == ["ID", prompt["version_id"]]
    assert shown["Added"] == [added[:10], added[11:16]]


def test_the_control_comes_first_and_the_latest_last(lab: Lab, prompt: JsonObject) -> None:
    evaluation = lab.evaluation(prompt)
    first, second, third = (evaluation.create_run() for _ in range(3))
    assert titles(evaluation) == ["Control", "Latest"]
    assert rows(evaluation)["Run ID"][1:] == [run.id[3:8] for run in (first, second, third)]
    second.patch(control=True)
    assert rows(evaluation)["Run ID"][1:] == [run.id[3:8] for run in (second, first, third)]
    third.patch(control=True)
    assert titles(evaluation) == ["Control"], "the control may be the latest"
    assert rows(evaluation)["Version ID"][1:] == ["N/A"] * 3


def test_each_evaluator_has_a_line_with_its_score_in_each_run(lab: Lab, prompt: JsonObject) -> None:
    correct, length = lab.evaluator(path="checks/correct"), lab.evaluator("number", "checks/length")
    mood = lab.evaluator("select", "checks/mood", options=[{"name": "good"}])
    remark = lab.evaluator("text", "checks/remark")
    evaluation = lab.evaluation(prompt, correct, length, mood, remark)
    judged, empty = evaluation.create_run(), evaluation.create_run()
    logs = [lab.log(prompt, run_id=judged.id) for _ in range(3)]
    for log, answer, number in zip(logs, (True, True, False), (1, 2, 4.5), strict=True):
        lab.judge(correct, log, answer)
        lab.judge(length, log, number)
    lab.judge(mood, logs[0], "good"), lab.judge(remark, logs[0], "well said")
    lab.log(prompt, run_id=empty.id)
    shown = rows(evaluation)
    assert shown["checks/correct"] == ["0.67", "N/A"]
    assert shown["checks/length"] == ["2.50", "N/A"]
    assert shown["checks/mood"] == shown["checks/remark"] == ["N/A", "N/A"]


def test_nulls_and_errors_have_no_part_in_a_score(lab: Lab, prompt: JsonObject) -> None:
    correct = lab.evaluator(path="checks/correct")
    evaluation = lab.evaluation(prompt, correct)
    run = evaluation.create_run()
    logs = [lab.log(prompt, run_id=run.id) for _ in range(3)]
    lab.judge(correct, logs[0], None), lab.fail(correct, logs[1])
    assert rows(evaluation)["checks/correct"] == ["N/A"]
    lab.judge(correct, logs[2], True)
    assert rows(evaluation)["checks/correct"] == ["1.00"]


def test_two_versions_of_an_evaluator_have_a_line_each(lab: Lab, prompt: JsonObject) -> None:
    older = lab.evaluator(path="checks/correct")
    newer = lab.evaluator(path="checks/correct", attributes={"strict": True})
    evaluation = lab.evaluation(prompt, older, newer)
    log = lab.log(prompt, run_id=evaluation.create_run().id)
    lab.judge(older, log, True), lab.judge(newer, log, False)
    lines = [line.split() for line in evaluation.stats()["report"].split("\n") if line.startswith("checks/")]
    assert lines == [["checks/correct", "1.00"], ["checks/correct", "0.00"]]


def test_an_evaluator_that_moved_is_reported_where_it_is_now(lab: Lab, prompt: JsonObject) -> None:
    correct = lab.evaluator(path="checks/correct")
    evaluation = lab.evaluation(prompt, correct)
    evaluation.create_run()
    lab.api.patch(f"/evaluators/{correct['id']}", {"path": "checks/exact"})
    assert "checks/exact" in rows(evaluation) and "checks/correct" not in rows(evaluation)


def test_a_cancelled_run_keeps_no_progress_going(lab: Lab, prompt: JsonObject) -> None:
    evaluation = lab.evaluation(prompt)
    first = evaluation.create_run()
    assert evaluation.stats()["progress"] != ""
    first.patch(status="cancelled")
    assert evaluation.stats()["progress"] == ""
