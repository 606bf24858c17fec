"""Commands print for people, and with `--json` for scripts; seeds that come along have short names."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from humanloop_emulator.bundled import FIXTURES, SEEDS
from humanloop_emulator.commands.cli import main
from humanloop_emulator.exchange.seeds import SeedError
from tests.builders.processes import ROOT
from tests.conftest import Api, make_app
from tests.databases import database_at

SERVERS = {"serve", "worker"}  # they print where they are, and go on


def commands(group: click.Group = main) -> Iterator[click.Command]:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from commands(command)
        elif command.name not in SERVERS:
            yield command


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("command", list(commands()), ids=lambda command: command.name)
def test_every_command_prints_json_for_scripts(command: click.Command) -> None:
    assert "--json" in [option for parameter in command.params for option in parameter.opts]


def test_routes_as_json_are_the_routes() -> None:
    routes = json.loads(run("routes", "--json").output)
    lines = [line.split() for line in run("routes").output.splitlines()]
    assert [[route["method"], route["path"], route["operation"]] for route in routes] == lines


def test_a_seed_as_json(tmp_path: Path) -> None:
    db = database_at(tmp_path / "workspace.db")
    done = run("seed", "default", "--db", db, "--json")
    assert json.loads(done.output) == {"organisation": "default", "db": db, "folder": "default"}


def test_the_seeds_that_come_along_are_those_of_the_project() -> None:
    assert FIXTURES == ROOT / "fixtures"
    assert all((FIXTURES / name).is_dir() for name in SEEDS)


def test_a_server_and_a_reset_know_the_short_names(tmp_path: Path) -> None:
    db = database_at(tmp_path / "workspace.db")
    app = make_app(db=db, seed="demo")
    assert Api(app).get("/files")["total"] > 10
    app.extensions["emulator"].db.close()
    assert run("reset", "--db", db, "--seed", "default").exit_code == 0
    [organisation] = json.loads(run("state", "--db", db, "--json").output)["organisations"]
    assert organisation["files"] == {"evaluator": 8}
    assert run("reset", "--db", db, "--seed", "demo").output == "Reset to demo.\n"


@pytest.mark.parametrize("name", ["demos", "models", "demo/data", "../fixtures/demo"])
def test_no_other_name_is_looked_for_there(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SeedError, match="is not a folder"):
        make_app(seed=name)
    done = run("seed", name, "--db", "new.db")
    assert done.exit_code == 2 and f"There is no folder {name}." in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "reset"])
@pytest.mark.parametrize("option", ["--seed", "--models"])
def test_a_missing_folder_is_wrong_input(command: str, option: str, tmp_path: Path) -> None:
    db = tmp_path / "workspace.db"
    if command == "reset":
        run("seed", "default", "--db", str(db))
    done = run(command, option, "nope", "--db", str(db), *(("--port", "0") if command == "serve" else ()))
    assert done.exit_code == 2 and "nope" in done.stderr.splitlines()[-1]
    assert db.exists() == (command == "reset")
