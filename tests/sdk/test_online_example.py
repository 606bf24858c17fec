"""examples/online_evaluation.py, in this process and as a user starts it: Runs that the server fills and judges."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from statistics import mean

import pytest
import yaml
from humanloop import EvaluationResponse, EvaluationStats, Humanloop
from humanloop.types import (
    BooleanEvaluatorStatsResponse,
    NumericEvaluatorStatsResponse,
    SelectEvaluatorStatsResponse,
)

from examples import online_evaluation
from examples.online_evaluation import AGENT, COUNTRIES, DISTANCE, FACTS, PROMPT, REVIEW, UNKNOWN, VERDICT, run
from tests.builders.processes import ROOT, ServerProcess, environment
from tests.conftest import make_app
from tests.sdk.conftest import make_client

Done = list[tuple[EvaluationResponse, EvaluationStats]]
Answers = list[tuple[str, str]]

FEW = COUNTRIES[:10]  # the SDK needs a tenth of a second to read a Log

# What the scripted model knows, and what stands in the agent's atlas, with the right answer.
RULES = yaml.safe_load((ROOT / "fixtures" / "models" / "capitals.yaml").read_text(encoding="utf-8"))
KNOWN: dict[str, str] = RULES[-1]["table"]["rows"]


def by_prompt(country: str) -> tuple[str, str]:
    return KNOWN[country], FACTS[country]["capital"]


def by_agent(country: str) -> tuple[str, str]:
    fact = FACTS[country]
    return fact["capital"] if fact["region"] in ("Africa", "Americas", "Europe") else UNKNOWN, fact["capital"]


@cache
def levenshtein(left: str, right: str) -> int:
    """Return the distance by its definition."""
    if not left or not right:
        return len(left) + len(right)
    if left[0] == right[0]:
        return levenshtein(left[1:], right[1:])
    return 1 + min(levenshtein(left[1:], right), levenshtein(left, right[1:]), levenshtein(left[1:], right[1:]))


@pytest.fixture(scope="module")
def client() -> Iterator[Humanloop]:
    app = make_app(jobs="immediate")
    with closing(app.extensions["emulator"].db):
        yield make_client(app)


@pytest.fixture(scope="module")
def done(client: Humanloop) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(online_evaluation, "PATIENCE", 0.0)  # the server is done when it answers
        return run(client, FEW)


def check_numbers(stats: EvaluationStats, answers: Answers) -> None:
    """Compare the stats of an Evaluation's newest Run with those of its answers."""
    newest = stats.run_stats[0]
    assert (newest.num_logs, newest.status, stats.status) == (len(answers), "completed", "completed")
    distance, verdict, review = newest.evaluator_stats
    for item in (distance, verdict, review):
        assert (item.total_logs, item.num_judgments, item.num_nulls, item.num_errors) == (*[len(answers)] * 2, 0, 0)
    right = sum(answer == capital for answer, capital in answers)
    unknown = sum(answer == UNKNOWN for answer, _ in answers)
    assert isinstance(distance, NumericEvaluatorStatsResponse)
    assert distance.mean == pytest.approx(mean(levenshtein(*pair) for pair in answers))
    assert isinstance(verdict, BooleanEvaluatorStatsResponse)
    assert (verdict.num_true, verdict.num_false) == (right, len(answers) - right)
    assert isinstance(review, SelectEvaluatorStatsResponse)
    assert review.num_judgments_per_option == {
        "publish": right,
        "correct": len(answers) - right - unknown,
        "research": unknown,
    }


def test_the_prompt_is_right_where_the_model_knows_the_capital(done: Done) -> None:
    check_numbers(done[0][1], [by_prompt(country) for country in FEW])


def test_the_agent_is_right_where_its_tool_is(done: Done) -> None:
    check_numbers(done[1][1], [by_agent(country) for country in FEW])


@pytest.mark.parametrize(("number", "path", "right"), [(0, PROMPT, "0.50"), (1, AGENT, "0.80")])
def test_reports_show_the_judges(done: Done, number: int, path: str, right: str) -> None:
    report = done[number][1].report
    cells = {line.split("  ")[0]: line.split()[-1] for line in report.splitlines() if line}
    assert f"Evaluation report for {path}" in report
    assert (cells[VERDICT], cells[REVIEW]) == (right, "N/A")
    assert cells[DISTANCE] == f"{done[number][1].run_stats[0].evaluator_stats[0].mean:.2f}"


def test_the_agent_used_its_tool_on_the_server(client: Humanloop, done: Done) -> None:
    [record] = client.evaluations.get_logs(done[1][0].id, size=1).records
    log = client.logs.get(record.log.id)
    assert [message["role"] for message in log["messages"]] == ["user", "assistant", "tool"]
    [child] = log["trace_children"]
    assert (child["tool"]["function"]["name"], child["output"]) == ("look_up_capital", log["output"])
    assert child["inputs"] == {"country": record.datapoint.inputs["country"]}


def test_only_the_person_keeps_a_run_waiting(client: Humanloop, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online_evaluation, "add_reviews", lambda *_: None)
    (_, of_prompt), _ = run(client, FEW[:1])  # a second Run in the same Evaluations
    newest, first = of_prompt.run_stats
    assert (newest.status, first.status) == ("running", "completed")
    assert [item.num_judgments for item in newest.evaluator_stats] == [1, 1, 0]
    assert of_prompt.progress == "Logs: 1/1, Judgments: 2/3\n"


def test_it_gives_up_on_a_server_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()  # which judges nothing
    monkeypatch.setattr(online_evaluation, "PATIENCE", -1.0)
    with closing(app.extensions["emulator"].db), pytest.raises(TimeoutError, match="is not done"):
        run(make_client(app), FEW[:1])


def start(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the example as a user does, until it ends."""
    line = [sys.executable, str(ROOT / "examples" / "online_evaluation.py"), *options]
    return subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=180)


def test_it_runs_against_a_server_process(server: ServerProcess) -> None:
    done = start("--base-url", f"{server.url}/v5", "--api-key", "online-example")
    assert done.returncode == 0, done.stderr
    assert "Question: 39 of 39 Logs, 78 judgments by the server" in done.stdout
    assert "Researcher: 39 of 39 Logs, 78 judgments by the server" in done.stdout
    lines = done.stdout.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith(VERDICT)] == ["0.56", "0.74"]  # 22 and 29 of 39
    assert [line.split(": ", 1)[1] for line in lines if line.startswith("Reviews of rn_")] == [
        "{'publish': 22, 'correct': 17, 'research': 0}",
        "{'publish': 29, 'correct': 0, 'research': 10}",
    ]
    for kind in ("pr_", "ag_"):
        assert f"Status: completed. See it at {server.url}/project/{kind}" in done.stdout


def test_without_a_server_it_says_how_to_start_one() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, but nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v5"
        done = start("--base-url", url)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"No server answers at {url}: start one with `python run.py`."]
