"""What the pytest fixture costs a test, against an HTTP server of its own for each test.

Both run the same test, in a pytest of their own, and both are told without the time that pytest itself takes for as
many tests that do nothing.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .measure import Result

ROOT = Path(__file__).resolve().parents[1]
TESTS, PEER_TESTS = 500, 25
OPTIONS = ("-q", "-p", "pytest_humanloop_emulator", "-p", "no:cacheprovider")
AIM = 0.2  # of the peer's time

HEAD = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_it({fixture}, number):
    {body}
"""
USE = """made = {client}.flows.upsert(path="a/flow", attributes={{}})
    assert [flow.id for flow in {client}.flows.list()] == [made.id]
"""
SERVER = """
import re, subprocess, sys
import pytest
from humanloop import Humanloop

@pytest.fixture
def client(tmp_path):
    command = [sys.executable, {run!r}, "--port", "0", "--db", str(tmp_path / "emulator.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = re.search(r"http://\\S+", process.stdout.readline())[0]
        yield Humanloop(api_key="any", base_url=url + "/v5")
        process.terminate()
"""


def run(tests: int = TESTS, peer_tests: int = PEER_TESTS) -> list[Result]:
    """Return the time of a test with the fixture, and of one that does nothing but ask for it."""
    nothing = _seconds(HEAD.format(tests=tests, fixture="pytestconfig", body="pass"), tests)
    asked = _seconds(HEAD.format(tests=tests, fixture="humanloop", body="pass"), tests)
    used = _seconds(HEAD.format(tests=tests, fixture="humanloop_client", body=USE.format(client="humanloop_client")), tests)
    server = SERVER.format(run=str(ROOT / "run.py"))
    peer = _seconds(server + HEAD.format(tests=peer_tests, fixture="client", body=USE.format(client="client")), peer_tests)
    return [
        Result(f"fixture of {tests} tests (peer: their servers)", asked - nothing, peer - nothing, AIM),
        Result(f"{tests} tests with two requests", used - nothing, peer - nothing, AIM),
    ]


def _seconds(source: str, tests: int) -> float:
    """Return the time that one of the tests takes, without the start of pytest and the first test."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_bench.py").write_text(source, encoding="utf-8")
