"""examples/evaluate.py, in this process and as a user starts it: an evaluation from end to end."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import SequenceMatcher
from statistics import mean, stdev
from types import SimpleNamespace

import pytest
from flask import Flask
from humanloop import EvaluationResponse, EvaluationStats, Humanloop, RunStatsResponse
from humanloop.types import (
    BooleanEvaluatorStatsResponse,
    NumericEvaluatorStatsResponse,
    SelectEvaluatorStatsResponse,
)

from examples.evaluate import CAPITALS, CORRECT, REVIEW, SIMILARITY, run
from tests.builders.processes import ROOT, ServerProcess, environment
from tests.conftest import make_app
from tests.sdk.conftest import make_client

# What the two versions answer, with the right answer: worked out here from the facts alone.
NAIVE = [(f"{fact['name']} City", fact["capital"]) for fact in CAPITALS]
BETTER = [
    (fact["capital"] if fact["region"] in ("Africa", "Americas", "Europe") else guessed, fact["capital"])
    for fact, (guessed, _) in zip(CAPITALS, NAIVE, strict=True)
]
USERS = [("Holland City", "Amsterdam"), ("Burma City", "Naypyidaw"), ("Paris", "Paris")]


@contextmanager
def impatient_sdk() -> Iterator[None]:
    """Let the SDK look again at once instead of after five seconds, and take its signal handlers back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    pause = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("humanloop.evals.run.time", SimpleNamespace(time=time.time, sleep=lambda _: pause.wait(0.05)))
        yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def client() -> Iterator[Humanloop]:
    app = make_app()
    yield make_client(app)
    app.extensions["emulator"].db.close()


@pytest.fixture(scope="module")
def evaluation(client: Humanloop) -> EvaluationResponse:
    """Return the Evaluation that the example leaves behind on all capitals."""
    with impatient_sdk():
        return run(client)[0]


@pytest.fixture(scope="module")
def stats(client: Humanloop, evaluation: EvaluationResponse) -> EvaluationStats:
    return client.evaluations.get_stats(evaluation.id)


def check_numbers(stats: RunStatsResponse, answers: list[tuple[str, str]]) -> None:
    """Compare the stats of a Run with those of its answers."""
    boolean, number, select = stats.evaluator_stats
    right = sum(answer == capital for answer, capital in answers)
    scores = [SequenceMatcher(None, answer, capital).ratio() for answer, capital in answers]
    cities = {fact["capital"] for fact in CAPITALS}
    known = sum(answer in cities for answer, _ in answers)
    assert stats.num_logs == len(answers)
    for item in (boolean, number, select):
        assert (item.total_logs, item.num_judgments) == (len(answers), len(answers))
        assert (item.num_nulls, item.num_errors) == (0, 0)
    assert isinstance(boolean, BooleanEvaluatorStatsResponse)
    assert (boolean.num_true, boolean.num_false) == (right, len(answers) - right)
    assert isinstance(number, NumericEvaluatorStatsResponse)
    assert (number.mean, number.sum) == (pytest.approx(mean(scores)), pytest.approx(sum(scores)))
    assert number.std == pytest.approx(stdev(scores))
    assert (number.percentiles["0"], number.percentiles["100"]) == (min(scores), max(scores))
    assert isinstance(select, SelectEvaluatorStatsResponse)
    assert select.num_judgments_per_option == {"a capital": known, "invented": len(answers) - known}


def test_dataset_is_of_real_capitals() -> None:
    assert len({fact["name"] for fact in CAPITALS}) == len(CAPITALS) == 245
    assert {"name": "Aruba", "capital": "Oranjestad", "region": "Americas"} in CAPITALS


def test_the_first_run_has_the_judgments_of_the_naive_version(stats: EvaluationStats) -> None:
    check_numbers(stats.run_stats[1], NAIVE)
    assert stats.run_stats[1].evaluator_stats[0].num_true == 4  # Guatemala, Kuwait, Mexico and Panama


def test_the_second_run_has_those_of_the_better_version_and_of_the_linked_logs(stats: EvaluationStats) -> None:
    check_numbers(stats.run_stats[0], BETTER + USERS)


def test_everything_is_completed(stats: EvaluationStats) -> None:
    assert [stats.status, *(item.status for item in stats.run_stats)] == ["completed"] * 3
    assert stats.progress == ""


def test_report_shows_both_runs(stats: EvaluationStats) -> None:
    lines = {line.split("  ")[0]: line.split() for line in stats.report.splitlines()}
    newest, first = (item.run_id.removeprefix("rn_")[:5] for item in stats.run_stats)
    assert lines["Run ID"][-2:] == [first, newest]
    assert lines["Version ID"][-2:] == [item.version_id for item in stats.run_stats[::-1]]
    assert lines[CORRECT][-2:] == ["0.02", "0.68"]  # 4 of 245 and 169 of 248
    assert lines[SIMILARITY][-2:] == [f"{item.evaluator_stats[1].mean:.2f}" for item in stats.run_stats[::-1]]
    assert lines[REVIEW][-2:] == ["N/A", "N/A"]
    assert ["Control", "Latest"] in lines.values()


def test_the_first_run_is_the_control(client: Humanloop, evaluation: EvaluationResponse) -> None:
    newest, first = client.evaluations.list_runs_for_evaluation(evaluation.id).runs
    assert (first.control, newest.control) == (True, False)
    assert (first.orchestrated, newest.orchestrated) == (False, False)
    assert first.dataset.datapoints_count == newest.dataset.datapoints_count == 245
    assert first.version.attributes["strategy"] == "guess"
    assert newest.version.attributes["strategy"] == "atlas"


def test_linked_logs_are_traces_that_joined_last(client: Humanloop, evaluation: EvaluationResponse) -> None:
    newest = client.evaluations.list_runs_for_evaluation(evaluation.id).runs[0]
    page = client.evaluations.get_logs(evaluation.id, run_id=newest.id, page=83, size=3)
    assert page.total == 248
    assert [(record.log.output, record.datapoint) for record in page.records] == [
        (USERS[1][0], None),
        (USERS[2][0], None),
    ]
    log = client.logs.get(page.records[1].log.id)
    assert [child["messages"][0]["content"] for child in log["trace_children"]] == ["What is the capital of France?"]
    assert log["log_status"] == "complete"


def test_it_can_run_again_on_the_same_server(app: Flask) -> None:
    client = make_client(app)
    with impatient_sdk():
        first, _ = run(client, CAPITALS[:20])
        again, stats = run(client, CAPITALS[:20])
    assert (again.id, again.runs_count) == (first.id, 4)
    assert [evaluator.version.path for evaluator in again.evaluators] == [CORRECT, SIMILARITY, REVIEW]
    assert stats.status == "completed"
    assert [item.num_logs for item in stats.run_stats] == [23, 20, 23, 20]
    assert stats.run_stats[0].evaluator_stats == stats.run_stats[2].evaluator_stats
    assert stats.run_stats[1].evaluator_stats == stats.run_stats[3].evaluator_stats


def start(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the example as a user does, until it ends."""
    line = [sys.executable, str(ROOT / "examples" / "evaluate.py"), *options]
    return subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=180)


def test_it_runs_against_a_server_process(server: ServerProcess) -> None:
    done = start("--base-url", f"{server.url}/v5", "--api-key", "example")
    assert done.returncode == 0, done.stderr
    assert f"Status: completed. See it at {server.url}/project/fl_" in done.stdout
    assert ["Control", "Latest"] in [line.split() for line in done.stdout.splitlines()]
    assert "{'a capital': 4, 'invented': 241}" in done.stdout
    assert "failed" not in done.stderr.lower()


def test_without_a_server_it_says_how_to_start_one() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, but nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v5"
        done = start("--base-url", url)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"No server answers at {url}: start one with `python run.py`."]
