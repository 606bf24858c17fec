"""What happens while models and judges are at work: changes, cancellations, deletions, and jobs that get lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.runtime.jobs.filling import unfilled
from humanloop_emulator.runtime.providers.base import Chunk, ModelRequest, Usage
from humanloop_emulator.runtime.sandbox.base import Outcome
from tests.builders.evaluations import Lab
from tests.builders.models import AGREES, python
from tests.conftest import Api, make_app
from tests.databases import database_at


class Interrupted:
    """A sandbox and a model during whose first work something else happens."""

    remote = False

    def __init__(self, happens: Callable[[], Any]) -> None:
        self.calls = 0
        self._happens = happens

    def run(self, code: str, arguments: Any = (), keywords: Any = None, environment: Any = None) -> Outcome:
        self._work()
        return Outcome(len(arguments[0]["output"]))

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        yield Chunk("word")
        self._work()
        yield Chunk(finish_reason="stop", usage=Usage())

    def _work(self) -> None:
        self.calls += 1
        if self.calls == 1:
            self._happens()


def during(app: Flask, part: str, happens: Callable[[], Any]) -> Interrupted:
    """Let this happen during the first work of the sandbox or the models."""
    work = Interrupted(happens)
    app.extensions["emulator"].runtime.__dict__[part] = work
    return work


def evaluator(lab: Lab) -> JsonObject:
    return lab.evaluator(path="checks/length", **python("def f(log): ...", "number"))


def watch(lab: Lab, prompt: JsonObject) -> JsonObject:
    watching = evaluator(lab)
    reference = {"evaluator_version_id": watching["version_id"]}
    lab.api.post(f"/prompts/{prompt['id']}/evaluators", {"activate": [reference]})
    return watching


def test_a_log_that_changes_while_it_is_judged_is_judged_as_it_is_then(app: Flask, lab: Lab) -> None:
    prompt = lab.prompt()
    watch(lab, prompt)
    path = f"/prompts/{prompt['id']}/log/mine"
    during(app, "sandbox", lambda: lab.api.patch(path, {"output": "longer"}))
    lab.log(prompt, output="old", log_id="mine")
    assert [judgment["judgment"] for judgment in lab.api.get("/logs/mine")["evaluator_logs"]] == [6]


def test_a_run_that_is_cancelled_is_judged_no_further(app: Flask, lab: Lab) -> None:
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run()
    run.add(lab.logs(prompt, 20))
    work = during(app, "sandbox", lambda: lab.api.patch(run.path, {"status": "cancelled"}))
    evaluation.add(evaluator(lab))
    assert work.calls == 1
    assert evaluation.stats()["run_stats"][0]["evaluator_stats"][0]["total_logs"] == 0


def test_a_log_that_is_deleted_while_it_is_judged_is_gone(app: Flask, lab: Lab) -> None:
    prompt = lab.prompt()
    watching = watch(lab, prompt)
    during(app, "sandbox", lambda: lab.api.delete("/logs?id=mine"))
    lab.log(prompt, log_id="mine")
    assert lab.api.get(f"/logs?file_id={watching['id']}")["total"] == 0


def test_a_log_id_that_is_taken_meanwhile_is_refused(app: Flask, api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    body = {"path": prompt["path"], "inputs": {"question": "?"}, "log_id": "mine"}
    during(app, "models", lambda: lab.log(prompt, log_id="mine"))
    assert api.detail("POST", "/prompts/call", body, status=409)["loc"] == ["body", "log_id"]


@pytest.mark.parametrize("meanwhile", ["taken", "completed", "deleted"])
def test_a_stream_whose_log_cannot_be_stored_says_so(app: Flask, api: Api, lab: Lab, meanwhile: str) -> None:
    prompt, flow = lab.prompt(), lab.log(lab.flow())
    during(
        app,
        "models",
        {
            "taken": lambda: lab.log(prompt, log_id="mine"),
            "completed": lambda: api.patch(f"/flows/logs/{flow}", {"log_status": "complete"}),
            "deleted": lambda: api.delete(f"/logs?id={flow}"),
        }[meanwhile],
    )
    body = {
        "path": prompt["path"],
        "inputs": {"question": "?"},
        "log_id": "mine",
        "trace_parent_id": flow,
        "stream": True,
    }
    events = api.http.post("/v5/prompts/call", json=body, headers=api.headers).text.strip().split("\n\n")
    assert '"error":null' in events[0]
    assert '"error":"' in events[-1]


def test_only_so_many_calls_go_on_at_a_time(app: Flask, api: Api, lab: Lab) -> None:
    body = {"path": lab.prompt()["path"], "inputs": {"question": "?"}, "stream": True}
    app.extensions["emulator"].runtime.limit_calls(1)
    with app.test_request_context("/v5/prompts/call", method="POST", json=body, headers=api.headers):
        going = app.full_dispatch_request()
    assert api("POST", "/prompts/call", body, status=503)["detail"].startswith("Too many calls")
    assert api("POST", "/tools/call", {"path": "a", "tool": {}}, status=503)
    going.close()
    api.post("/prompts/call", body | {"stream": False})
    api.detail("POST", "/prompts/call", body | {"inputs": {}}, status=422)
    api.post("/prompts/call", body | {"stream": False})


def test_a_run_that_is_filled_twice_at_once_has_each_log_once(app: Flask, lab: Lab) -> None:
    emulator = app.extensions["emulator"]

    def fill() -> None:
        with emulator.db.reading():
            [(organisation, run)] = unfilled(emulator.db, "closely")
        emulator.runtime.jobs.perform("fill", organisation, run, -1)

    prompt, dataset = lab.prompt(), lab.dataset(3)
    evaluation = lab.evaluation(prompt)
    work = during(app, "models", fill)
    run = evaluation.create_run(dataset, prompt)
    assert work.calls == 6
    assert run.status() == "completed"
    records = evaluation.logs()["records"]
    assert [record["datapoint"]["id"] for record in records] == [point["id"] for point in dataset["datapoints"]]
    assert lab.api.get(f"/prompts/{prompt['id']}")["total_logs_count"] == 3


def test_a_run_that_loses_logs_gets_them_again(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(30)
    evaluation = lab.evaluation(prompt, lab.api.post("/evaluators", {"path": "checks/a", "spec": python(AGREES)}))
    run = evaluation.create_run(dataset, prompt)
    ids = evaluation.log_ids()
    lab.api.delete(f"/logs?id={ids[3]}&id={ids[29]}")
    assert run.status() == "completed"
    assert len(evaluation.log_ids()) == 30


def test_a_run_that_loses_a_judgment_gets_it_again(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(3)
    evaluation = lab.evaluation(prompt, lab.api.post("/evaluators", {"path": "checks/a", "spec": python(AGREES)}))
    run = evaluation.create_run(dataset, prompt)
    judgment = evaluation.logs()["records"][1]["evaluator_logs"][0]["id"]
    lab.api.delete(f"/logs?id={judgment}")
    assert run.status() == "completed"
    assert evaluation.stats()["run_stats"][0]["evaluator_stats"][0]["num_true"] == 3


def test_a_run_of_nothing_is_completed(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(0)
    assert lab.evaluation(prompt).create_run(dataset, prompt).status() == "completed"


def test_a_job_that_is_lost_is_found_again(tmp_path: Path) -> None:
    """A process that is killed takes the jobs with it that it had taken from the queue."""
    app = make_app(db=database_at(tmp_path / "jobs.db"))
    lab = Lab(Api(app))
    queue = app.extensions["emulator"].runtime.jobs
    prompt = lab.prompt()
    watch(lab, prompt)
    lab.log(prompt)
    lab.evaluation(prompt).create_run(lab.dataset(2), prompt)
    assert queue._huey.pending_count() == 2
    queue.sweep()
    assert queue._huey.pending_count() == 2  # nothing is lost
    queue._huey.flush()
    queue.sweep()
    assert queue._huey.pending_count() == 2
    app.extensions["emulator"].runtime.close()


def test_too_many_samples_are_refused(api: Api, lab: Lab) -> None:
    body = {"path": lab.prompt()["path"], "inputs": {"question": "?"}, "num_samples": 129}
    detail = api("POST", "/prompts/call", body, status=422)["detail"]
    assert detail[0]["loc"] == ["body", "num_samples"]
