"""Each client does the twenty steps as docs/clients.md says it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.processes import ServerProcess

from . import table
from .clients import CLIENTS, Client
from .outcomes import run_program

ALWAYS = ("0.8.20", "npm-0.8.20")  # in .ci/run; .ci/nightly runs all
TABLE = table.read(table.PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.clients if name in ALWAYS else pytest.mark.nightly) for name in CLIENTS],
)
def test_the_client_does_what_the_table_says(
    name: str, installed: Callable[[Client], Path], server: ServerProcess, tmp_path: Path
) -> None:
    seen = run_program(CLIENTS[name], installed(CLIENTS[name]), server.url, name, tmp_path)
    assert {step: item.reason for step, item in seen.items() if item.outcome == "failed"} == {}
    assert {step: item.cell for step, item in seen.items()} == TABLE[name]
