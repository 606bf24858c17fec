"""`export --prompts`: the tree that `humanloop pull` makes."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from humanloop_emulator.commands.cli import main
from humanloop_emulator.exchange.prompts import export_prompts, export_versions
from humanloop_emulator.exchange.seeds import seed
from tests.builders.files import Files
from tests.builders.trees import contents, workspace_of
from tests.conftest import Api, make_app
from tests.databases import database_at


def pull(api: Api, environment: str | None = None) -> dict[str, bytes]:
    """Return what the client writes, by path: it asks for these pages, and names the files so."""
    query = {"type": ["prompt", "agent"], "include_raw_file_content": True, "size": 100}
    records = api.get("/files", query_string=query | ({"environment": environment} if environment else {}))["records"]
    paths = [Path(record["path"]) for record in records]
    return {
        (path.parent / f"{path.stem}.{record['type']}").as_posix(): record["raw_file_content"].encode()
        for path, record in zip(paths, records, strict=True)
    }


@pytest.fixture
def files(api: Api) -> dict[str, Any]:
    """Return some Files by path; only one is in staging, at an older version than in production."""
    prompts, agents = Files(api, "prompt"), Files(api, "agent")
    found = {path: prompts.upsert(path) for path in ("top", "support/answer v1.2", "support/ä/question")}
    found["support/helper"] = agents.upsert("support/helper")
    prompts.deploy(found["top"], "staging")
    found["newer"] = prompts.upsert("top", 2, template=[{"role": "user", "content": "Say »{{ it }}«"}])
    prompts.deploy(found["newer"], "production")
    Files(api, "tool").upsert("support/tool")
    prompts.delete(prompts.upsert("gone")["id"])
    return found


@pytest.mark.parametrize("environment", [None, "production", "staging", "development"])
def test_the_files_are_those_of_the_client(
    app: Flask, api: Api, files: dict[str, Any], tmp_path: Path, environment: str | None
) -> None:
    written = export_prompts(workspace_of(app), tmp_path, environment)
    pulled = pull(api, environment)
    assert contents(tmp_path) == pulled
    assert (written.files, written.renamed) == (len(pulled), {})
    assert len(pulled) == {None: 4, "production": 4, "staging": 1, "development": 0}[environment]


def test_a_seed_reads_them_back(app: Flask, files: dict[str, Any], tmp_path: Path) -> None:
    export_prompts(workspace_of(app), tmp_path / "one")
    copy = make_app()
    seed(workspace_of(copy), tmp_path / "one")
    export_prompts(workspace_of(copy), tmp_path / "two")
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    assert pull(Api(copy)).keys() == contents(tmp_path / "one").keys()


def test_all_versions_are_written_with_a_table_of_them(
    app: Flask, api: Api, files: dict[str, Any], tmp_path: Path
) -> None:
    spare = Files(api, "prompt").upsert("top", 3)
    api.delete(f"/prompts/{spare['id']}/versions/{spare['version_id']}")
    written = export_versions(workspace_of(app), tmp_path)
    with (tmp_path / "versions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [
        "support/answer v1.2",
        "support/helper",
        "support/ä/question",
        "top",
        "top",
    ]
    assert {row["file"] for row in rows} == set(contents(tmp_path)) - {"versions.csv"}
    assert written.files == len(rows) + 1
    assert [row["environments"] for row in rows[3:]] == ["staging", "production"]
    for row in rows:
        kind = "agent" if row["file"].endswith(".agent") else "prompt"
        uid = api.post("/files/retrieve-by-path", {"path": row["path"]})["id"]
        text = api.get(f"/{kind}s/{uid}/serialize", query_string={"version_id": row["version_id"]})
        assert (tmp_path / row["file"]).read_text() == text
        assert row["file"] == f"{row['path']}/{row['version_id']}.{kind}"


def test_names_that_cannot_be_used_are_written_otherwise_and_told(app: Flask, api: Api, tmp_path: Path) -> None:
    prompts = Files(api, "prompt")
    paths = ["../../escape", "..", "v1.1", "v1.2", "Same", "same", "a", "a.prompt/b", ".git/hooks/x", "con/aux"]
    ids = {path: prompts.upsert(path)["id"] for path in paths}
    folder = tmp_path / "in" / "here"
    written = export_prompts(workspace_of(app), folder)
    assert written.renamed == {
        "../../escape": "%2E%2E/%2E%2E/escape.prompt",
        "..": "%2E..prompt",
        "v1.1": "v1.1.prompt",
        "v1.2": "v1.2.prompt",
        "Same": f"Same~{ids['Same']}.prompt",
        "same": f"same~{ids['same']}.prompt",
        "a": f"a~{ids['a']}.prompt",
        ".git/hooks/x": "%2Egit/hooks/x.prompt",
        "con/aux": "%63on/%61ux.prompt",
    }
    assert set(contents(folder)) == {*written.renamed.values(), "a.prompt/b.prompt"}
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_what_is_there_is_written_over_and_the_rest_left_alone(app: Flask, api: Api, tmp_path: Path) -> None:
    Files(api, "prompt").upsert("top")
    (tmp_path / "top.prompt").write_text("old")
    (tmp_path / "README.md").write_text("mine")
    export_prompts(workspace_of(app), tmp_path)
    assert contents(tmp_path) == {**pull(api), "README.md": b"mine"}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    app = make_app(db=database_at(tmp_path / "db"))
    for number in (1, 2):
        Files(Api(app), "prompt").upsert("con", number)
    app.extensions["emulator"].db.close()
    return tmp_path / "db"


def run(db: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["export", "--db", database_at(db), *options])


def test_the_command_says_what_it_wrote(db: Path) -> None:
    folder = str(db.parent / "out")
    done = run(db, "--prompts", folder)
    assert (done.exit_code, done.stdout) == (0, f"Written to {folder}: 1 files.\n")
    assert done.stderr == "con: written to %63on.prompt, because its name is taken or not usable everywhere.\n"
    done = run(db, "--prompts", folder, "--all-versions", "--json")
    assert json.loads(done.stdout)["prompts"]["files"] == 3
    done = run(db, "--prompts", folder, "--environment", "staging", "--json", "--results", str(db.parent / "results"))
    assert json.loads(done.stdout) == {
        "prompts": {"files": 0, "renamed": {}},
        "results": {"evaluations": 0, "files of logs": 0},
    }


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 2),
        (["--environment", "staging"], 2),
        (["--all-versions", "--results", "x"], 2),
        (["--prompts", "x", "--all-versions", "--environment", "staging"], 2),
        (["--prompts", "x", "--environment", "nowhere"], 1),
        (["--prompts", "/proc/nowhere"], 1),
    ],
)
def test_what_cannot_be_done_is_refused(
    db: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int
) -> None:
    monkeypatch.chdir(db.parent)
    done = run(db, *options)
    assert (done.exit_code, done.stdout) == (code, "")
    assert not (db.parent / "x").exists()
