"""Single requests against a bare Flask route, and one among many Runs against the same with one."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from .measure import ROUNDS, Result, compare
from .server import bare_app, call, emulator, request

REPEAT = 300
RUNS = 1_000
PROMPT = {"path": "bench/prompt", "model": "gpt-4o", "template": [{"role": "user", "content": "Hi {{ name }}"}]}
LOG = {
    "path": "bench/prompt",
    "inputs": {"name": "Ada"},
    "output": "Hello Ada",
    "messages": [{"role": "user", "content": "Hi Ada"}],
    "prompt_tokens": 7,
    "output_tokens": 3,
}


def run() -> list[Result]:
    """Measure reading a Run and logging a Prompt."""
    memory = emulator()
    bare = request(bare_app(), "GET", "/bare")
    bare_post = request(bare_app(), "POST", "/bare", LOG)
    results = [compare("get run", _get_run(memory), bare, aim=3, repeat=REPEAT)]
    results.append(
        compare("log a prompt (memory)", request(memory, "POST", "/prompts/log", LOG), bare_post, aim=3, repeat=REPEAT)
    )
    with tempfile.TemporaryDirectory() as directory:
        app = emulator(str(Path(directory) / "bench.db"))
        call(app, "POST", "/prompts", PROMPT)
        log = request(app, "POST", "/prompts/log", LOG)
        results.append(compare("log a prompt (file)", log, bare_post, aim=None, repeat=REPEAT))
        app.extensions["emulator"].db.close()
    results.append(
        compare(
            f"add a log to one of {RUNS:,} runs", _add_log(memory, RUNS), _add_log(memory, 1), aim=1.2, repeat=REPEAT
        )
    )
    return results


def _get_run(app: Flask):  # type: ignore[no-untyped-def]
    prompt = call(app, "POST", "/prompts", PROMPT)
    dataset = call(app, "POST", "/datasets", {"path": "bench/data", "datapoints": [{"inputs": {"name": "Ada"}}]})
    evaluation = call(app, "POST", "/evaluations", {"file": {"id": prompt["id"]}, "evaluators": []})
    body = {"dataset": {"version_id": dataset["version_id"]}, "version": {"version_id": prompt["version_id"]}}
    call(app, "POST", f"/evaluations/{evaluation['id']}/runs", body)
    return request(app, "GET", f"/evaluations/{evaluation['id']}/runs")


def _add_log(app: Flask, runs: int) -> Callable[[], None]:
    """Return a function that adds a new Log to the first of so many Runs of an Evaluation."""
    prompt = call(app, "POST", "/prompts", PROMPT)
    evaluation = call(app, "POST", "/evaluations", {"file": {"id": prompt["id"]}, "evaluators": []})["id"]
    body = {"version": {"version_id": prompt["version_id"]}}
    made = [call(app, "POST", f"/evaluations/{evaluation}/runs", body)["id"] for _ in range(runs)]
    logs = [call(app, "POST", "/prompts/log", LOG)["id"] for _ in range(ROUNDS * REPEAT)]

    def add() -> None:
        request(app, "POST", f"/evaluations/{evaluation}/runs/{made[0]}/logs", {"log_ids": [logs.pop()]})()

    return add
