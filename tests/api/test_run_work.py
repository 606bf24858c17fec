"""What a request about one Run costs does not depend on how many Runs stand beside it.

The work is counted in steps of SQLite's virtual machine: unlike time it is the same on every machine, and unlike the
number of statements it tells a row that is read from a thousand.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from humanloop_emulator import create_app
from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.settings import Settings
from tests.builders.evaluations import Evaluation, Lab, Run
from tests.conftest import Api

pytestmark = pytest.mark.sqlite_only("it counts the steps of SQLite's virtual machine")

FEW, MANY = 3, 60


class World:
    """An Evaluation with so many Runs, each of a version of its own, and one Run that stands elsewhere."""

    def __init__(self, app: Flask, size: int) -> None:
        self.app = app
        self.lab = lab = Lab(Api(app))
        self.dataset = lab.dataset(1)
        self.versions = [lab.prompt("qa/answer", f"model-{number}") for number in range(size)]
        self.evaluation = lab.evaluation(self.versions[0], lab.evaluator())
        self.elsewhere = self.make_run(self.versions[0], lab.evaluation(self.versions[0]))
        self.runs = [self.make_run(version, self.evaluation) for version in self.versions]
        self.log = lab.log(self.versions[0])

    def make_run(self, version: JsonObject, evaluation: Evaluation) -> Run:
        return evaluation.create_run(self.dataset, version, orchestrated=False)

    @contextmanager
    def counted(self, steps: list[int]) -> Iterator[None]:
        """Append the number of steps that the database takes inside."""
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        connection = self.app.extensions["emulator"].db.connection
        connection.set_progress_handler(step, 1)
        yield
        connection.set_progress_handler(None, 1)
        steps.append(taken)


def add_logs(world: World) -> None:
    world.runs[0].add([world.log])


def add_existing_run(world: World) -> None:
    world.evaluation.share(world.elsewhere)


def add_run_that_is_there(world: World) -> None:
    world.evaluation.share(world.runs[0])


def create_run(world: World) -> None:
    world.make_run(world.versions[0], world.evaluation)


def set_status(world: World) -> None:
    assert world.runs[1].patch(status="cancelled")["status"] == "cancelled"


def move_control(world: World) -> None:
    assert world.runs[1].patch(control=True)["control"]


def remove_run(world: World) -> None:
    world.runs[1].remove()


def log_to_run(world: World) -> None:
    world.lab.log(world.versions[0], run_id=world.runs[0].id)


def log_to_evaluation(world: World) -> None:
    world.lab.log(world.versions[1], evaluation_id=world.evaluation.id)


REQUESTS: list[Callable[[World], None]] = [
    *(add_logs, add_existing_run, add_run_that_is_there, create_run, set_status, move_control, remove_run),
    *(log_to_run, log_to_evaluation),
]


@pytest.mark.parametrize("request_of", REQUESTS, ids=lambda request_of: request_of.__name__)
def test_a_request_about_one_run_costs_the_same_among_few_and_many(request_of: Callable[[World], None]) -> None:
    steps: list[int] = []
    for size in (FEW, MANY):
        app = create_app(Settings(db=":memory:", seed="none"))
        world = World(app, size)
        with world.counted(steps):
            request_of(world)
        app.extensions["emulator"].db.close()
    few, many = steps
    assert few > 50
    assert many == few
