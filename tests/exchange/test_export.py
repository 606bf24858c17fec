"""The exported tree is the official one, and the commands say what they did."""

import json
import sqlite3
from pathlib import Path
from shlex import quote

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from humanloop_emulator.commands.cli import main
from humanloop_emulator.errors import Unavailable
from humanloop_emulator.exchange.tree import importer
from humanloop_emulator.exchange.tree.exporter import Occupied
from humanloop_emulator.settings import Settings
from tests.builders.files import Files, Logs
from tests.builders.trees import contents, documents, export_to
from tests.builders.workspace import Workspace
from tests.conftest import Api, make_app
from tests.databases import database_at

DATABASE = "humanloop.db"


def test_the_tree_holds_what_the_api_answers_page_by_page(app: Flask, api: Api, tmp_path: Path) -> None:
    logs = Logs(api)
    for _ in range(120):
        log = logs.create("prompt")
    dataset = api.post("/datasets", {"path": "points", "datapoints": [{"inputs": {"n": str(n)}} for n in range(1100)]})
    folder = export_to(app, tmp_path / "tree") / "files"
    home = folder / log["prompt_id"]
    assert [len(path.read_bytes().splitlines()) for path in sorted(home.glob("logs/*.jsonl"))] == [100, 20]
    shown = api.get("/logs", query_string={"file_id": home.name, "size": 200, "include_trace_children": True})
    assert documents(home, "logs/*.jsonl") == shown["records"]
    assert documents(home, "file.json") == [api.get(f"/prompts/{home.name}")]
    points = documents(folder / dataset["id"], f"datapoints/{dataset['version_id']}/*.jsonl")
    path = f"/datasets/{dataset['id']}/datapoints"
    assert points == api.get(path, query_string={"size": 2000})["records"]
    assert len(list(folder.glob(f"{dataset['id']}/datapoints/*/*.jsonl"))) == 2


def test_the_tree_has_the_official_files(app: Flask, api: Api, tmp_path: Path) -> None:
    workspace = Workspace(api, "home")
    home = export_to(app, tmp_path / "tree") / "files" / workspace["prompt"]
    evaluation = f"evaluations/{workspace['prompt.evaluation']}"
    expected = {
        *("file.json", "deployments.json", "logs/1.jsonl", ".done"),
        *(f"versions/{workspace[name]}" for name in ("prompt.version", "prompt.spare")),
        *(f"{evaluation}/{name}" for name in ("evaluation.json", "stats.json", "logs/1.jsonl")),
        *(f"{evaluation}/runs/{workspace[name]}" for name in ("prompt.run", "prompt.other_run")),
    }
    assert set(contents(home)) - expected == {"emulator.json", f"{evaluation}/emulator.json"}
    assert expected <= set(contents(home))
    (deployments,) = documents(home, "deployments.json")
    assert deployments[0] == {
        "version_id": workspace["prompt.version"],
        "environment_id": workspace["production"],
        "environment_name": "production",
        "environment_tag": "default",
    }


def test_the_same_state_gives_the_same_bytes(app: Flask, api: Api, tmp_path: Path) -> None:
    Workspace(api, "home")
    assert contents(export_to(app, tmp_path / "one")) == contents(export_to(app, tmp_path / "two"))


def test_a_folder_with_other_content_is_refused(app: Flask, api: Api, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert export_to(app, tmp_path / "empty").joinpath("files").is_dir()
    before = contents(tmp_path)
    with pytest.raises(Occupied):
        export_to(app, tmp_path / "empty")
    assert contents(tmp_path) == before


def test_of_two_exports_at_once_the_first_to_end_wins(app: Flask, api: Api, tmp_path: Path) -> None:
    Files(api, "flow").upsert("samples/first")
    whole = contents(export_to(app, tmp_path / "whole"))
    steps = iter([lambda: export_to(app, tmp_path / "tree")])
    with pytest.raises(Occupied):
        export_to(app, tmp_path / "tree", step=lambda: next(steps, lambda: None)())
    assert contents(tmp_path / "tree") == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tree", "whole"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with a database."""
    app = make_app(db=database_at(tmp_path / DATABASE))
    Files(Api(app), "flow").upsert("samples/first")
    app.extensions["emulator"].db.close()
    return tmp_path


def run(home: Path, command: str, folder: str, *options: str, db: str = DATABASE) -> Result:
    return CliRunner().invoke(main, [command, str(home / folder), "--db", database_at(home / db), *options])


def test_the_commands_say_what_they_did(home: Path) -> None:
    done = run(home, "export", "tree")
    assert (done.exit_code, done.output.split(",")[0]) == (0, "Written: 1 files")
    done = run(home, "import", "tree", db="copy.db")
    assert (done.exit_code, done.output.split(",")[0]) == (0, "New: 1 files")
    done = run(home, "import", "tree", "--organisation", "other", "--json", db="copy.db")
    assert json.loads(done.stdout) == {
        "new": json.loads(done.stdout)["new"] | {"files": 1, "versions": 1},
        "problems": [],
        "findings": [],
        "evaluations": [],
    }


def test_an_import_ends_with_what_to_do_next(home: Path, bare: Path) -> None:
    done = run(home, "import", str(bare), db="copy.db")
    lines = done.stdout.splitlines()
    assert lines[1].startswith("5 of 10 runs show the stats stored in the export")
    assert lines[2:4] == [
        "Nothing was left out.",
        f"Next: start the server with `humanloop-emulator --db {quote(database_at(home / 'copy.db'))}`.",
    ]
    assert lines[4] == "The pages of 5 evaluations are then at:"
    folder = next(bare.glob("files/*/evaluations/*"))
    page = f"http://{Settings.host}:{Settings.port}/project/{folder.parent.parent.name}/evaluations/{folder.name}/stats"
    assert any(line.startswith("  home/") and line.endswith(page) for line in lines[5:10])
    told = json.loads(run(home, "import", str(bare), "--json", db="copy.db").stdout)["evaluations"]
    assert [item["url"] for item in told if item["id"] == folder.name] == [page]
    assert sum(item["runs_without_logs"] for item in told) == 5
    (folder / "evaluation.json").write_text("[")
    done = run(home, "import", str(bare), db="third.db")
    assert "Left out or changed: the notes on stderr (1) say what and why." in done.stdout
    assert done.stderr.count("\n") == 1


def test_what_cannot_be_imported_is_told_and_does_no_harm(home: Path) -> None:
    run(home, "export", "tree")
    path = next((home / "tree").glob("files/*/deployments.json"))
    path.write_text("[")
    done = run(home, "import", "tree", db="copy.db")
    assert done.exit_code == 0
    assert f"{path.relative_to(home / 'tree')}:1: not JSON" in done.stderr


def test_an_organisation_that_is_not_there_is_not_made(home: Path) -> None:
    done = run(home, "export", "tree", "--organisation", "nope")
    assert (done.exit_code, done.stderr) == (1, "Error: There is no organisation nope.\n")
    assert not (home / "tree").exists()
    state = CliRunner().invoke(main, ["state", "--db", database_at(home / DATABASE), "--json"])
    assert [item["name"] for item in json.loads(state.output)["organisations"]] == ["default"]


@pytest.mark.parametrize("command", ["import", "export"])
def test_an_organisation_has_a_name(home: Path, command: str) -> None:
    run(home, "export", "tree")
    assert run(home, command, "tree" if command == "import" else "new", "--organisation=").exit_code == 2


@pytest.mark.parametrize(
    ("command", "folder", "db"),
    [("import", "empty", "new.db"), ("export", ".", DATABASE)],
)
def test_what_cannot_be_done_ends_with_one_line(home: Path, command: str, folder: str, db: str) -> None:
    (home / "empty").mkdir()
    done = run(home, command, folder, db=db)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert not (home / "new.db").exists()


@pytest.mark.parametrize("error", [Unavailable(), sqlite3.OperationalError("database is locked")])
def test_a_database_that_fails_meanwhile_ends_with_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    run(home, "export", "tree")
    monkeypatch.setattr(importer, "merge", fail)
    done = run(home, "import", "tree", db="copy.db")
    assert (done.exit_code, done.stderr) == (1, f"Error: {str(error).rstrip('.')}.\n")


@pytest.mark.parametrize(("command", "folder"), [("import", "nowhere"), ("export", "tree")])
def test_what_is_not_there_is_wrong_usage(home: Path, command: str, folder: str) -> None:
    done = CliRunner().invoke(main, [command, str(home / folder), "--db", str(home / "new.db")])
    assert done.exit_code == 2
    assert not (home / "new.db").exists() and not (home / folder).exists()
