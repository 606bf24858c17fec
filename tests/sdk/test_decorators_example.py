"""examples/decorators.py, in this process and as a user starts it: traces of all decorators."""

import socket
import subprocess
import sys

import pytest

from examples.decorators import FOLDER, draw, run
from humanloop_emulator.json_types import JsonObject
from tests.builders.processes import ROOT, ServerProcess, environment
from tests.sdk.tracing import Tracing

TREE = """\
Assistant (flow): You will love it: Lima is worth a week.
  Capital of (tool): Lima
  Praise (prompt): You will love it: Lima is worth a week.
Assistant (flow): Nobody has come back from Atlantis yet.
  Capital of (tool): error: Atlantis is on no map.
Assistant (flow): error: Where to?
"""


@pytest.fixture(scope="module")
def traces(server: ServerProcess) -> list[JsonObject]:
    """Return the traces that the example records."""
    return run(*Tracing(server, "decorators-example").recorder())


def test_it_draws_what_it_recorded(traces: list[JsonObject]) -> None:
    assert [line for trace in traces for line in draw(trace)] == TREE.splitlines()


def test_every_trace_is_complete_and_of_one_version(traces: list[JsonObject]) -> None:
    assert {trace["log_status"] for trace in traces} == {"complete"}
    assert len({trace["flow"]["version_id"] for trace in traces}) == 1


def test_the_prompt_has_its_model_and_its_messages(traces: list[JsonObject]) -> None:
    prompt = traces[0]["trace_children"][1]
    assert prompt["prompt"]["path"] == f"{FOLDER}/Praise"
    assert (prompt["prompt"]["model"], prompt["prompt"]["temperature"]) == ("gpt-4o", 0.3)
    assert [message["content"] for message in prompt["messages"]] == ["You sell journeys.", "Why visit Lima?"]


def start(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the example as a user does, until it ends."""
    line = [sys.executable, str(ROOT / "examples" / "decorators.py"), *options]
    return subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=60)


def test_it_runs_against_a_server_process_as_often_as_one_likes(server: ServerProcess) -> None:
    for _ in range(2):
        done = start("--base-url", f"{server.url}/v5", "--api-key", "decorators-started")
        assert (done.returncode, done.stdout) == (0, TREE), done.stderr


def test_without_a_server_it_says_how_to_start_one() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, but nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v5"
        done = start("--base-url", url)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"No server answers at {url}: start one with `python run.py`."]
