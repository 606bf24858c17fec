"""The npm SDK 0.8.20 as a client of a server process; skipped where Node or the npm registry is missing."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def seen(node: Callable[[str], Any]) -> Any:
    """Return what the tour saw."""
    return node("tour.mjs")


def test_it_upserts_and_lists_files(seen: Any) -> None:
    assert seen["files"] == ["flow", "dataset", "evaluator", "prompt", "evaluator"]
    assert seen["prompts"] == ["Npm/Question"]
    assert seen["evaluators"] == ["boolean", "number"]
    assert seen["flow"] == {"attributes": {"strategy": "atlas"}}
    assert seen["datapoints"] == [{"capital": "Paris"}, {"capital": "Lima"}]
    assert seen["sameDataset"] is True
    assert seen["uploaded"] == 3


def test_it_raises_errors_with_status_and_body(seen: Any) -> None:
    taken, missing, invalid = seen["taken"], seen["missing"], seen["invalid"]
    assert (taken["statusCode"], taken["body"]["detail"]["type"]) == (409, "conflict_error")
    assert (missing["statusCode"], missing["body"]["detail"]["loc"]) == (404, ["path", "id"])
    assert (invalid["name"], invalid["statusCode"]) == ("UnprocessableEntityError", 422)
    assert invalid["body"]["detail"][0]["loc"] == ["query", "page"]


def test_it_reads_logs_and_their_traces(seen: Any) -> None:
    assert seen["log"] == {"status": "complete", "inputs": {"country": "France"}, "children": ["Paris"]}
    assert seen["outputs"] == ["Lima", "Paris"]


def test_it_reads_an_evaluation(seen: Any) -> None:
    assert seen["evaluations"] == ["Nightly"]
    assert seen["linkedTo"] is True
    assert seen["before"] == {"status": "running", "progress": ""}
    assert seen["runs"] == [["Npm/Capitals", {"attributes": {"strategy": "atlas"}}, True, "completed"]]
    assert seen["logs"] == [
        {"output": "Paris", "country": "France", "judgments": [True, 1]},
        {"output": "Lima", "country": "Peru", "judgments": [False, 0.5]},
    ]


def test_it_reads_stats_of_each_type(seen: Any) -> None:
    stats = seen["stats"]
    assert (stats["status"], stats["progress"]) == ("completed", "")
    assert "Npm/Score" in stats["report"]
    [run] = stats["runStats"]
    boolean, number = run["evaluatorStats"]
    assert (run["numLogs"], boolean["numTrue"], boolean["numFalse"]) == (2, 1, 1)
    assert (number["numJudgments"], number["mean"], number["percentiles"]["50"]) == (2, 0.75, 0.75)


def test_it_runs_evaluations_where_stdout_is_no_terminal(node: Callable[[str], Any]) -> None:
    checks = node("evaluate.mjs")
    right, length = checks["second"]
    assert [check["thresholdCheck"] for check in (checks["first"][0], right)] == [False, True]
    assert (right["score"], right["delta"]) == (1, 0.83)  # 2 of 12 before: 0 and 2 are 0 and 4 either way
    assert (length["score"], length["delta"]) == (1.83, 0.25)
    assert checks["first"][0]["evaluationId"] == right["evaluationId"]
