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


def test_it_calls_prompts_whole_and_in_events(node: Callable[[str], Any]) -> None:
    seen = node("calls.mjs")
    assert seen["outputs"] == [[0, "Rio de Janeiro"], [1, "Rio de Janeiro"]]
    assert seen["message"] == "Rio de Janeiro"
    assert (seen["pieces"], seen["reason"]) == (["Rio", " de", " Janeiro", ""], "stop")
    assert seen["streamed"] == {"output": "Rio de Janeiro", "sameVersion": True}
    refused, incomplete, stream = seen["refused"], seen["incomplete"], seen["refusedStream"]
    assert (refused["name"], incomplete["name"]) == ("HumanloopRuntimeError", "HumanloopRuntimeError")
    assert "Status code: 429" in refused["message"]
    assert '"message": "Too many requests."' in refused["message"]
    assert "Status code: 422" in incomplete["message"]
    assert (stream["name"], stream["statusCode"]) == ("HumanloopError", 429)  # it does not read the body of a stream


@pytest.fixture(scope="session")
def recorded(node: Callable[[str], Any]) -> Any:
    """Return what decorated functions recorded."""
    return node("decorators.mjs")


def test_its_spans_arrive_as_traces(recorded: Any) -> None:
    assert recorded["sent"] == [200] * 6
    assert recorded["hexadecimal"] is True
    assert recorded["outputs"] == ["You will love Lima., Lima", "Nobody has come back yet.", None]
    assert recorded["traces"] == [
        [
            "Npm/Assistant",
            "You will love Lima., Lima",
            ["Npm/Called", "Lima"],
            ["Npm/Capital of", '{"capital":"Lima"}'],
            ["Npm/Praise", "You will love Lima."],
        ],
        ["Npm/Assistant", "Nobody has come back yet.", ["Npm/Capital of", "Atlantis is on no map."]],
        ["Npm/Assistant", "Where to?"],
    ]
    assert recorded["states"] == ["complete"] * 3


def test_its_spans_tell_versions_and_inputs(recorded: Any) -> None:
    assert recorded["attributes"] == {"style": "enthusiastic"}
    assert recorded["inputs"] == {"country": "Peru"}
    assert recorded["prompt"] == {
        "model": "gpt-4o",
        "provider": "openai",
        "temperature": 0.3,
        "messages": [["user", "Lima"]],
        "tokens": [9, 6],
    }
