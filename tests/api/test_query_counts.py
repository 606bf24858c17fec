"""The number of SQL statements of a request does not depend on how many things it is about.

Each request is counted twice on a server that has just started: nothing is kept in memory yet, then all of it is.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from flask import Flask

from humanloop_emulator import create_app
from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.settings import Settings
from tests.builders.evaluations import Evaluation, Lab
from tests.conftest import Api

pytestmark = pytest.mark.sqlite_only("it counts the statements that SQLite runs")

FEW, MANY = 2, 40


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: JsonObject | None = None
    statuses: tuple[int, int] = (200, 200)  # of the first answer, and of that to the same request again


class World:
    """A workspace with so many of everything."""

    def __init__(self, lab: Lab, size: int) -> None:
        self.lab, self.size = lab, size

    @cached_property
    def watched(self) -> list[JsonObject]:
        """Make Prompts, each watched by an Evaluator of its own."""
        files = [self.lab.prompt(f"watched/prompt-{number}") for number in range(self.size)]
        for file in files:
            evaluator = {"evaluator_version_id": self.lab.evaluator()["version_id"]}
            self.lab.api.post(f"/prompts/{file['id']}/evaluators", {"activate": [evaluator]})
        return files

    @cached_property
    def judged(self) -> tuple[JsonObject, JsonObject]:
        """Make Logs, each of a version and a datapoint of its own, and judge them; return the Prompt and Evaluator."""
        evaluator = self.lab.evaluator()
        for number, datapoint in enumerate(self.lab.dataset(self.size, "judged/points")["datapoints"]):
            version = self.lab.prompt("judged/prompt", f"model-{number}")
            log = self.lab.log(version, datapoint)
            self.lab.judge(evaluator, log, True), self.lab.judge(self.lab.evaluator(), log, False)
        return version, evaluator

    @cached_property
    def dataset(self) -> JsonObject:
        """Make versions of a Dataset, the newest with as many datapoints."""
        return [self.lab.dataset(number + 1, "versioned/points") for number in range(self.size)][-1]

    @cached_property
    def traces(self) -> list[str]:
        """Make traces in which one Log is below the other."""
        step, roots = self.lab.prompt("traced/step"), self.lab.logs(self.lab.flow("traced/flow"), 2)
        for above in roots:
            for _ in range(self.size):
                above = self.lab.log(step, trace_parent_id=above)
        return roots

    @cached_property
    def evaluation(self) -> Evaluation:
        """Make Evaluators and Runs, each of versions of its own, with a hole in its Logs."""
        lab, evaluators = self.lab, [self.lab.evaluator() for _ in range(self.size)]
        other = lab.evaluator(path=evaluators[0]["path"], attributes={"strict": True})
        evaluation = lab.evaluation(lab.prompt("evaluated/prompt"), *evaluators)
        for number, evaluator in enumerate(evaluators):
            version = lab.prompt("evaluated/prompt", f"model-{number}")
            run = evaluation.create_run(lab.dataset(1, f"evaluated/{number}"), version, orchestrated=False)
            logs = lab.logs(version, 4)
            run.add(logs)
            lab.judge(evaluator, logs[0], True), lab.judge(other, logs[2], False)
            lab.api.delete(f"/logs?id={logs[1]}")
        return evaluation

    @cached_property
    def waiting(self) -> tuple[str, list[str]]:
        """Make a Run that holds nothing yet, and judged Logs for it; return its route and their ids."""
        lab, dataset, evaluator = self.lab, self.lab.dataset(self.size, "waiting/points"), self.lab.evaluator()
        prompt = lab.prompt("waiting/prompt")
        run = lab.evaluation(prompt, evaluator).create_run(dataset, prompt, orchestrated=False)
        logs = []
        for number, datapoint in enumerate(dataset["datapoints"]):
            logs.append(lab.log(lab.prompt("waiting/prompt", f"other-{number}"), datapoint))
            lab.judge(evaluator, logs[-1], True)
        return f"{run.path}/logs", logs


def of_dataset(world: World, route: str) -> Request:
    return Request("GET", f"/datasets/{world.dataset['id']}/{route}")


def file_list(world: World) -> Request:
    assert world.watched
    return Request("GET", "/files?path=watched&size=1000&include_raw_file_content=true")


def kind_list(world: World) -> Request:
    assert world.watched
    return Request("GET", "/prompts?size=1000")


def directory(world: World) -> Request:
    return Request("GET", f"/directories/{world.watched[0]['directory_id']}")


def version_list(world: World) -> Request:
    return Request("GET", f"/prompts/{world.judged[0]['id']}/versions?evaluator_aggregates=true")


def dataset_version_list(world: World) -> Request:
    return of_dataset(world, "versions?include_datapoints=latest_committed")


def datapoint_list(world: World) -> Request:
    return of_dataset(world, "datapoints?size=1000")


def log_list(world: World) -> Request:
    return Request("GET", f"/logs?file_id={world.judged[0]['id']}&size=1000&search=answer")


def judgment_list(world: World) -> Request:
    return Request("GET", f"/logs?file_id={world.judged[1]['id']}&size=1000&include_parent=true")


def one_trace(world: World) -> Request:
    return Request("GET", f"/logs/{world.traces[0]}")


def trace_list(world: World) -> Request:
    assert world.traces
    flow = world.lab.flow("traced/flow")
    return Request("GET", f"/logs?file_id={flow['id']}&size=1000&include_trace_children=true")


def evaluation_list(world: World) -> Request:
    prompt = world.lab.prompt("listed/prompt")
    for _ in range(world.size):
        world.lab.evaluation(prompt, world.lab.evaluator())
    return Request("GET", f"/evaluations?file_id={prompt['id']}&size=1000")


def run_list(world: World) -> Request:
    return Request("GET", f"{world.evaluation.path}/runs")


def stats(world: World) -> Request:
    return Request("GET", f"{world.evaluation.path}/stats")


def evaluation_logs(world: World) -> Request:
    """Ask for a page that begins and ends inside of Runs, all with a hole."""
    return Request("GET", f"{world.evaluation.path}/logs?size={world.size}&page=2")


def picked_evaluation_logs(world: World) -> Request:
    picked = "&".join(f"run_id={run['id']}" for run in world.evaluation.runs())
    return Request("GET", f"{world.evaluation.path}/logs?size=2&page=2&{picked}")


def adding_logs(world: World) -> Request:
    path, logs = world.waiting
    return Request("POST", path, {"log_ids": logs})


def adding_unknown_logs(world: World) -> Request:
    path, logs = world.waiting
    unknown = [f"log_{number}" for number in range(world.size)]
    return Request("POST", path, {"log_ids": [*logs, *unknown]}, (404, 404))


def deleting(world: World, of: str) -> Request:
    """Delete the Logs of a File that were made last."""
    listed = world.lab.api.get(f"/logs?file_id={of}&size={world.size}")["records"]
    return Request("DELETE", "/logs?" + "&".join(f"id={item['id']}" for item in listed), None, (204, 404))


def deleting_logs(world: World) -> Request:
    return deleting(world, world.judged[0]["id"])


def deleting_judgments(world: World) -> Request:
    return deleting(world, world.judged[1]["id"])


def using_existing_logs(world: World) -> Request:
    prompt, dataset = world.lab.prompt("existing/prompt"), world.lab.dataset(world.size, "existing/points")
    world.lab.logs_of(prompt, dataset)
    body = {name: {"version_id": file["version_id"]} for name, file in (("dataset", dataset), ("version", prompt))}
    return Request("POST", f"{world.lab.evaluation(prompt).path}/runs", body | {"use_existing_logs": True})


def removing_evaluator(world: World) -> Request:
    evaluation = world.evaluation
    version = evaluation.get()["evaluators"][0]["version"]["version_id"]
    return Request("DELETE", f"{evaluation.path}/evaluators/{version}", None, (200, 404))


def deleting_evaluation(world: World) -> Request:
    return Request("DELETE", world.evaluation.path, None, (204, 404))


REQUESTS: list[Callable[[World], Request]] = [
    *(file_list, kind_list, directory, version_list, dataset_version_list, datapoint_list),
    *(log_list, judgment_list, one_trace, trace_list),
    *(evaluation_list, run_list, stats, evaluation_logs, picked_evaluation_logs),
    *(adding_logs, adding_unknown_logs, using_existing_logs, deleting_logs, deleting_judgments),
    *(removing_evaluator, deleting_evaluation),
]


@contextmanager
def started(path: Path) -> Iterator[Flask]:
    """Start an application on a database file."""
    app = create_app(Settings(db=str(path)))
    yield app
    app.extensions["emulator"].db.close()


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, dict[str, Request]]:
    """Two databases, of few and of many things, and the requests about them by name."""
    found: dict[Path, dict[str, Request]] = {}
    for size in (FEW, MANY):
        path = tmp_path_factory.mktemp("worlds") / f"{size}.db"
        with started(path) as app:
            world = World(Lab(Api(app)), size)
            found[path] = {prepare.__name__: prepare(world) for prepare in REQUESTS}
    return found


def count(app: Flask, request: Request, status: int) -> int:
    """Return the number of statements that a request runs."""
    connection: sqlite3.Connection = app.extensions["emulator"].db.connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    Api(app)(request.method, request.path, request.body, status=status)
    connection.set_trace_callback(None)
    assert statements
    return len(statements)


@pytest.mark.parametrize("name", [prepare.__name__ for prepare in REQUESTS])
def test_few_and_many_need_the_same_statements(
    worlds: dict[Path, dict[str, Request]], tmp_path: Path, name: str
) -> None:
    counts = []
    for source, requests in worlds.items():
        with started(Path(shutil.copy(source, tmp_path))) as app:
            counts.append([count(app, requests[name], status) for status in requests[name].statuses])
    assert counts[0] == counts[1]
