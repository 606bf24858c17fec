"""An orchestrated Run on a real server: how long it takes, and what it costs those who ask meanwhile."""

import http.client
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from .measure import Result

SECONDS_FOR_RUN = 15.0
SAMPLES = 200  # requests whose median is taken
REFERENCES = {"dataset": {"path": "bench/data"}, "version": {"path": "bench/prompt"}}
CODE = {
    "exact": ("boolean", "def exact(log, testcase):\n    return log['output'] == testcase['target']['output']"),
    "words": ("number", "def words(log, testcase):\n    return len(log['output'].split())"),
    "distance": (
        "number",
        """
def distance(log, testcase):
    one, other = log["output"], testcase["target"]["output"]
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row = row, [i]
        for j, right in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (left != right)))
    return row[-1]
""",
    ),
}


class Client:
    """Calls a server on one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        payload = None if body is None else orjson.dumps(body)
        headers = {"X-API-KEY": "bench", "Content-Type": "application/json"}
        self._connection.request(method, f"/v5{path}", payload, headers)
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status < 300, f"{method} {path}: {response.status} {answer[:300]!r}"
        return orjson.loads(answer)

    def latency(self, path: str) -> float:
        """Return the median time of a GET, in seconds."""
        times = []
        for _ in range(SAMPLES):
            start = time.perf_counter()
            self("GET", path)
            times.append(time.perf_counter() - start)
        return statistics.median(times)


@contextmanager
def serving(db: str, *options: str) -> Iterator[int]:
    """Serve a database from a process of its own, and yield the port."""
    command = [sys.executable, "run.py", "serve", "--db", db, "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found, "the server did not start"
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate()


def run(size: int) -> list[Result]:
    """Measure a Run of this many datapoints with three Python Evaluators, and a GET during it against one before."""
    with tempfile.TemporaryDirectory() as directory, serving(f"{directory}/bench.db") as port:
        client = Client(port)
        prompt, path = _prepare(client, size)
        idle = client.latency(f"/prompts/{prompt}")
        start = time.perf_counter()
        client("POST", f"/evaluations/{path}/runs", REFERENCES)
        busy = []
        while client("GET", f"/evaluations/{path}/stats")["status"] != "completed":
            busy.append(client.latency(f"/prompts/{prompt}"))
        seconds = time.perf_counter() - start
    return [
        Result(f"orchestrated run of {size:,} x 3", seconds, SECONDS_FOR_RUN, aim=1),
        Result("GET during the run, median", statistics.median(busy or [idle]), idle, aim=3),
    ]


def _prepare(client: Client, size: int) -> tuple[str, str]:
    template = [{"role": "user", "content": "Repeat {{text}}"}]
    prompt = client("POST", "/prompts", {"path": "bench/prompt", "model": "m", "template": template})["id"]
    points = [{"inputs": {"text": str(n)}, "target": {"output": str(n)}} for n in range(size)]
    client("POST", "/datasets", {"path": "bench/data", "datapoints": points})
    for name, (returns, code) in CODE.items():
        spec = {"evaluator_type": "python", "arguments_type": "target_required", "return_type": returns, "code": code}
        client("POST", "/evaluators", {"path": f"bench/{name}", "spec": spec})
    body = {"file": {"id": prompt}, "evaluators": [{"path": f"bench/{name}"} for name in CODE]}
    return prompt, client("POST", "/evaluations", body)["id"]
