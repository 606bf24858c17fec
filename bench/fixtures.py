"""What a test with the pytest fixture costs, against an HTTP server of its own for each test.

The times are those that pytest takes for setup, call and teardown, without the first test: it imports everything.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import humanloop_emulator

from .measure import Result

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(humanloop_emulator.__path__[0]).parent
TESTS, PEER_TESTS = 500, 15
OPTIONS = ("-q", "-p", "pytest_humanloop_emulator", "-p", "no:cacheprovider", "--junitxml", "times.xml")
AIM = 0.02  # of the peer's time

ASKING = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_nothing(humanloop, number):
    pass
"""
USING = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_requests(humanloop_client, number):
    made = humanloop_client.flows.upsert(path="a/flow", attributes={{}})
    assert humanloop_client.flows.get(made.id).path == "a/flow"
"""
SERVER = """
import re, subprocess, sys
import pytest
from humanloop import Humanloop

@pytest.fixture
def humanloop_client(tmp_path):
    command = [sys.executable, {run!r}, "--port", "0", "--db", str(tmp_path / "emulator.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = re.search(r"http://[^ ]+", process.stdout.readline())[0]
        yield Humanloop(api_key="any", base_url=url + "/v5")
        process.terminate()
"""


def run(tests: int = TESTS, peer_tests: int = PEER_TESTS) -> list[Result]:
    """Return the time of a test that only asks for the fixture, and of one that sends two requests."""
    peer = _seconds(SERVER.format(run=str(ROOT / "run.py")) + USING.format(tests=peer_tests))
    return [
        Result(f"test with the fixture, of {tests}", _seconds(ASKING.format(tests=tests)), peer, AIM),
        Result("the same with two requests (peer: a server)", _seconds(USING.format(tests=tests)), peer, AIM),
    ]


def _seconds(source: str) -> float:
    """Run tests and return the mean time of one."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(PACKAGE), str(ROOT)))}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # what else is installed is not ours to measure
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_bench.py").write_text(source, encoding="utf-8")
        subprocess.run([sys.executable, "-m", "pytest", *OPTIONS], cwd=folder, env=env, check=True, capture_output=True)
        cases = ElementTree.parse(folder / "times.xml").iter("testcase")
        times = [float(case.attrib["time"]) for case in cases][1:]
    return sum(times) / len(times)
