"""The runtimes, each with the usual limits and with small ones."""

from dataclasses import replace

import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Sandbox
from humanloop_emulator.runtime.sandbox.confinement import missing
from tests.builders.sandboxes import SMALL


@pytest.fixture(params=["monty", "confined", "process"])
def runtime(request: pytest.FixtureRequest) -> str:
    if request.param == "confined" and (lacking := missing()):
        pytest.skip(f"code cannot be shut in here: {lacking}")
    return str(request.param)


@pytest.fixture
def sandbox(runtime: str) -> Sandbox:
    return make(runtime, Limits())


@pytest.fixture
def small(runtime: str) -> Sandbox:
    """Little memory and output; a new interpreter needs more time to start than an evaluator in Monty to run."""
    return make(runtime, SMALL if runtime == "monty" else replace(SMALL, seconds=1))
