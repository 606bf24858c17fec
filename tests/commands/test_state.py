"""`state`, `reset` and `snapshot` of the command line, on the database of a server."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from humanloop_emulator.commands.cli import main
from tests.conftest import Api, make_app
from tests.databases import database_at


class Commands:
    """A database, an application that serves it, and the commands on it."""

    def __init__(self, db: str) -> None:
        self.db = db
        self.app: Flask = make_app(db=db)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--db", self.db])

    def __call__(self, *words: str) -> Any:
        """Run a command that succeeds and return its JSON."""
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    def store(self, path: str) -> None:
        Api(self.app).post("/flows", {"path": path, "attributes": {}})

    def flows(self) -> list[str]:
        return sorted(flow["path"] for flow in Api(self.app).get("/flows")["records"])


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(database_at(tmp_path / "emulator.db"))


def test_a_server_goes_on_with_what_commands_leave(commands: Commands) -> None:
    commands.store("first/flow")
    assert commands("snapshot", "save", "one")["name"] == "one"
    commands.store("second/flow")
    assert commands("snapshot", "load", "one") == {"loaded": "one"}
    assert commands.flows() == ["first/flow"]
    assert commands("reset") == {"reset": True}
    assert commands.flows() == []
    assert [snapshot["name"] for snapshot in commands("snapshot", "list")["snapshots"]] == ["one"]
    assert commands("snapshot", "delete", "one") == {"deleted": "one"}
    assert commands("snapshot", "list") == {"snapshots": []}


def test_counts_are_told(commands: Commands) -> None:
    commands.store("a/flow")
    [organisation] = commands("state")["organisations"]
    assert (organisation["name"], organisation["files"]) == ("default", {"flow": 1})
    assert commands.run("state").output.startswith("default: 1 flows, 1 versions, 0 datapoints, 0 logs")


def test_reset_replays_the_seed(commands: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "seed"
    folder.mkdir()
    (folder / "one.yaml").write_text("type: flow\npath: seeded/flow\nattributes: {}\n")
    commands.store("a/flow")
    commands("reset", "--seed", str(folder))
    assert commands.flows() == ["seeded/flow"]


def test_a_broken_seed_changes_nothing(commands: Commands, tmp_path: Path) -> None:
    commands.store("a/flow")
    (tmp_path / "one.yaml").write_text("type: flow\ncolour: red\n")
    done = commands.run("reset", "--seed", str(tmp_path))
    assert done.exit_code == 1 and "one.yaml" in done.output
    assert commands.flows() == ["a/flow"]


def test_texts_are_for_people(commands: Commands) -> None:
    assert commands.run("snapshot", "save", "one").output.startswith("Saved one (")
    assert commands.run("snapshot", "list").output.startswith("one  20")
    assert commands.run("snapshot", "load", "one").output == "Loaded one.\n"
    assert commands.run("snapshot", "delete", "one").output == "Deleted one.\n"
    assert commands.run("reset").output == "Reset to default.\n"
    assert commands.run("reset", "--seed", "none").output == "Reset.\n"


def test_state_after_a_reset_says_something(commands: Commands) -> None:
    commands.run("reset")
    assert commands.run("state").output.startswith("default: 8 evaluators, 8 versions, 0 datapoints, 0 logs")
    commands.run("reset", "--seed", "none")
    assert commands.run("state").output == "There is no organisation yet: the first request makes one.\n"
    assert commands.run("state", "--json").output == '{\n  "organisations": []\n}\n'


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("snapshot", "load", "none"), "Snapshot 'none' not found."),
        (("snapshot", "delete", "none"), "Snapshot 'none' not found."),
        (("snapshot", "save", "a/b"), "'a/b'"),
    ],
)
def test_wrong_names_are_told_in_one_line(commands: Commands, words: tuple[str, ...], complaint: str) -> None:
    done = commands.run(*words)
    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert line.startswith("Error: ") and complaint in line


@pytest.mark.parametrize("words", [("state",), ("reset",), ("snapshot", "list"), ("snapshot", "save", "x")])
def test_no_database_is_made_by_the_way(tmp_path: Path, words: tuple[str, ...]) -> None:
    missing = tmp_path / "none.db"
    done = CliRunner().invoke(main, [*words, "--db", str(missing)])
    assert done.exit_code == 2 and str(missing) in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("worker",), ("state",), ("reset",), ("export", "folder")])
def test_a_database_of_a_newer_version_is_refused_in_one_line(commands: Commands, words: tuple[str, ...]) -> None:
    with commands.app.extensions["emulator"].db.migrating() as peewee:
        peewee.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_tomorrow', '2030-01-01')")
    done = commands.run(*words)
    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert line.startswith(f"Error: Cannot use the database {commands.db}: a newer version of the emulator")
