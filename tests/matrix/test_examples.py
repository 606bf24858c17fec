"""The examples that need other packages than the tests have: each in an environment of its own, as a user runs it."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.builders.processes import ROOT, ServerProcess, environment

from .clients import CLIENTS, Client, PythonClient

LITELLM = PythonClient("1.61.20", package="litellm")
DECORATORS, PROMPT = "older_decorators.py", "litellm_prompt.py"
RECORDED = """\
Assistant (flow): Tokyo is worth a week.
  Capital of (tool): Tokyo
  Praise (prompt): Tokyo is worth a week.
Names the city: 3 of 3, completed
"""
ASKED = """\
What is the capital of France? Paris (gpt-4o)
What is the capital of Kenya? Nairobi (gpt-4o)
"""

pytestmark = pytest.mark.clients


def start(folder: Path, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run an example by the interpreter of an environment, until it ends."""
    line = [str(folder / "bin" / "python"), str(ROOT / "examples" / script), *options]
    return subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("client", "script", "said"),
    [(CLIENTS["0.8.20"], DECORATORS, RECORDED), (LITELLM, PROMPT, ASKED)],
    ids=["decorators of 0.8.20", "litellm"],
)
def test_it_runs_as_often_as_one_likes(
    client: Client, script: str, said: str, installed: Callable[[Client], Path], server: ServerProcess
) -> None:
    for _ in range(2):
        done = start(installed(client), script, "--base-url", f"{server.url}/v5", "--api-key", f"example {script}")
        assert (done.returncode, done.stdout) == (0, said), done.stderr


@pytest.mark.parametrize(("client", "script"), [(CLIENTS["0.8.20"], DECORATORS), (LITELLM, PROMPT)])
def test_without_a_server_it_says_how_to_start_one(
    client: Client, script: str, installed: Callable[[Client], Path]
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, but nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v5"
        done = start(installed(client), script, "--base-url", url)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"No server answers at {url}: start one with `python run.py`."


def test_decorators_of_0_8_20_give_a_prompt_its_parameters(
    installed: Callable[[Client], Path], server: ServerProcess
) -> None:
    done = start(installed(CLIENTS["0.8.20"]), DECORATORS, "--base-url", f"{server.url}/v5", "--api-key", "parameters")
    assert done.returncode == 0, done.stderr
    with httpx.Client(base_url=f"{server.url}/v5", headers={"X-API-KEY": "parameters"}) as api:
        [prompt] = [file for file in api.get("/prompts").json()["records"] if file["name"] == "Praise"]
        assert (prompt["model"], prompt["temperature"], prompt["provider"]) == ("gpt-4o", 0.3, "openai")
        assert prompt["template"] == "Praise {{city}} in one sentence."
        log = api.get("/logs", params={"file_id": prompt["id"], "size": 1}).json()["records"][0]
        assert (log["inputs"], log["output_tokens"]) == ({"city": "Tokyo"}, 5)
        assert log["messages"][0]["content"] == "Praise Tokyo in one sentence."
        assert log["start_time"] and log["end_time"] > log["start_time"]
