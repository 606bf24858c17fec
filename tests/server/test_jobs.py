"""Jobs in real processes: they go on after a crash, stop when a Run is cancelled, and are shared with workers."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from humanloop_emulator.ids import derived_id
from humanloop_emulator.json_types import JsonObject
from tests.builders.processes import SECONDS, ServerProcess, Worker

SIZE = 1_000
CODE = (
    "def exact(log, testcase):\n    return log['output'] == testcase['target']['output']",
    "def length(log):\n    return len(log['output'])",
    "def words(log):\n    return len(log['output'].split())",
)


class Client:
    """Calls a server over HTTP."""

    def __init__(self, url: str) -> None:
        self._base = f"{url}/v5"

    def __call__(self, method: str, path: str, body: JsonObject | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-KEY": "key", "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.load(response)


class Experiment:
    """A Run of many datapoints with three Evaluators, on a server that works on it."""

    def __init__(self, call: Client, size: int = SIZE) -> None:
        template = [{"role": "user", "content": "Repeat {{text}}"}]
        self.prompt = call("POST", "/prompts", {"path": "a/prompt", "model": "m", "template": template})
        points = [{"inputs": {"text": str(n)}, "target": {"output": str(n)}} for n in range(size)]
        self.dataset = call("POST", "/datasets", {"path": "a/dataset", "datapoints": points})
        returns = ("boolean", "number", "number")
        self.evaluators = [self._evaluator(call, code, kind) for code, kind in zip(CODE, returns, strict=True)]
        references = [{"version_id": evaluator["version_id"]} for evaluator in self.evaluators]
        body = {"file": {"id": self.prompt["id"]}, "evaluators": references}
        self.path = f"/evaluations/{call('POST', '/evaluations', body)['id']}"

    @staticmethod
    def _evaluator(call: Client, code: str, returns: str) -> JsonObject:
        arguments = "target_required" if "testcase" in code else "target_free"
        spec = {"evaluator_type": "python", "arguments_type": arguments, "return_type": returns, "code": code}
        return call("POST", "/evaluators", {"path": f"a/{returns}-{len(code)}", "spec": spec})

    def run(self, call: Client) -> str:
        versions = {"dataset": self.dataset, "version": self.prompt}
        body = {name: {"version_id": version["version_id"]} for name, version in versions.items()}
        run: str = call("POST", f"{self.path}/runs", body)["id"]
        return run

    def progress(self, call: Client) -> Iterator[JsonObject]:
        """Yield the stats again and again; a Run that makes no progress any more ends the test."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            yield call("GET", f"{self.path}/stats")
        raise AssertionError("The run did not get on.")

    def wait(self, call: Client, logs: int) -> None:
        """Wait until the Run has this many Logs."""
        next(stats for stats in self.progress(call) if stats["run_stats"][0]["num_logs"] >= logs)

    def complete(self, call: Client) -> None:
        """Wait until the Run is completed, and check that nothing is missing or there twice."""
        stats = next(stats for stats in self.progress(call) if stats["status"] == "completed")["run_stats"][0]
        size = self.dataset["datapoints_count"]
        assert stats["num_logs"] == size
        assert [item["total_logs"] for item in stats["evaluator_stats"]] == [size] * 3
        for file in (self.prompt, *self.evaluators):
            assert call("GET", f"/logs?file_id={file['id']}&size=0")["total"] == size
        points = call("GET", f"{self.path}/logs?size={size}")["records"]
        assert len({record["datapoint"]["id"] for record in points}) == size


@pytest.mark.parametrize("moment", [1, SIZE // 2])
def test_a_killed_server_completes_its_run_when_it_starts_again(server_process: ServerProcess, moment: int) -> None:
    call = Client(server_process.url)
    experiment = Experiment(call)
    experiment.run(call)
    experiment.wait(call, moment)
    server_process.kill()
    server_process.restart()
    experiment.complete(call)


def test_a_cancelled_run_gets_nothing_more(server_process: ServerProcess) -> None:
    call = Client(server_process.url)
    experiment = Experiment(call)
    run = experiment.run(call)
    experiment.wait(call, 1)
    call("PATCH", f"{experiment.path}/runs/{run}", {"status": "cancelled"})
    logs = call("GET", f"{experiment.path}/stats")["run_stats"][0]["num_logs"]
    assert logs < SIZE
    other = Experiment(call, 30)  # its jobs come behind those of the cancelled Run
    other.run(call)
    next(stats for stats in other.progress(call) if stats["status"] == "completed")
    stats = call("GET", f"{experiment.path}/stats")["run_stats"][0]
    assert (stats["num_logs"], stats["status"]) == (logs, "cancelled")


def test_workers_share_the_jobs_of_a_server_that_does_none(
    make_server: Callable[..., ServerProcess], make_worker: Callable[[str], Worker]
) -> None:
    server = make_server("--jobs", "off", "--clock", "2030-01-01", "--seed-ids", "s")
    server.start()
    call = Client(server.url)
    experiment = Experiment(call, 300)
    experiment.run(call)
    assert call("GET", f"{experiment.path}/stats")["run_stats"][0]["num_logs"] == 0
    workers = [make_worker(server.db) for _ in range(2)]
    experiment.complete(call)
    assert [worker.terminate() for worker in workers] == [0, 0]
    seeded = {derived_id("log", b"s", b"%d" % number) for number in range(10_000)}
    for file in (experiment.prompt, *experiment.evaluators):
        for log in call("GET", f"/logs?file_id={file['id']}&size=100")["records"]:
            assert log["created_at"].startswith("2030-01-01T00:00:00") and log["id"] in seeded


def test_an_evaluator_without_end_becomes_an_error_while_the_server_answers(
    make_server: Callable[..., ServerProcess],
) -> None:
    server = make_server("--python-timeout", "0.5")
    server.start()
    call = Client(server.url)
    prompt = call("POST", "/prompts", {"path": "a/prompt", "model": "m"})
    code = "def endless(log):\n    while True:\n        pass"
    spec = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "boolean", "code": code}
    evaluator = call("POST", "/evaluators", {"path": "a/endless", "spec": spec})
    watching = {"activate": [{"evaluator_version_id": evaluator["version_id"]}]}
    call("POST", f"/prompts/{prompt['id']}/evaluators", watching)
    log = call("POST", "/prompts/log", {"path": "a/prompt", "output": "x"})["id"]
    judgments: list[JsonObject] = []
    answers = 0
    while not judgments:
        judgments = call("GET", f"/logs/{log}")["evaluator_logs"]
        answers += 1
    assert answers > 10
    assert judgments[0]["judgment"] is None
    assert "0.5 s" in judgments[0]["error"]


def test_a_process_for_jobs_that_dies_is_replaced(server_process: ServerProcess) -> None:
    call = Client(server_process.url)
    experiment = Experiment(call, 300)
    experiment.run(call)
    experiment.wait(call, 1)
    children = psutil.Process(server_process.process.pid).children()
    [jobs] = [child for child in children if "--multiprocessing-fork" in child.cmdline()]
    jobs.kill()
    experiment.complete(call)
    assert "The process for jobs died (signal 9); another takes its place." in server_process.errors
