"""Single requests against a bare Flask route."""

import tempfile
from pathlib import Path

from flask import Flask

from .measure import Result, compare
from .server import bare_app, call, emulator, request

REPEAT = 300
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
    bare = request(bare_app(), "GET", "/bare")
    bare_post = request(bare_app(), "POST", "/bare", LOG)
    memory = emulator()
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
    return results


def _get_run(app: Flask):  # type: ignore[no-untyped-def]
    prompt = call(app, "POST", "/prompts", PROMPT)
    dataset = call(app, "POST", "/datasets", {"path": "bench/data", "datapoints": [{"inputs": {"name": "Ada"}}]})
    evaluation = call(app, "POST", "/evaluations", {"file": {"id": prompt["id"]}, "evaluators": []})
    body = {"dataset": {"version_id": dataset["version_id"]}, "version": {"version_id": prompt["version_id"]}}
    call(app, "POST", f"/evaluations/{evaluation['id']}/runs", body)
    return request(app, "GET", f"/evaluations/{evaluation['id']}/runs")
