"""When a seed is stored: by the command and at start, once, and only into an empty workspace."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from humanloop_emulator.commands.cli import main
from humanloop_emulator.exchange.seeds import SeedError
from tests.builders.seeds import CAPITAL, write
from tests.conftest import Api, make_app
from tests.databases import database_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "seed"


def test_command_fills_an_empty_workspace_once(folder: Path, tmp_path: Path) -> None:
    write(folder, {"Capital.yaml": CAPITAL + "logs: [{}]\n"})
    db = database_at(tmp_path / "data" / "workspace.db")
    command = ["seed", str(folder), "--db", db]
    first, second = (CliRunner().invoke(main, command) for _ in range(2))
    other = CliRunner().invoke(main, [*command, "--organisation", "acme"])
    assert (first.exit_code, second.exit_code, other.exit_code) == (0, 1, 0)
    assert second.output == f"Error: The organisation default in {db} is not empty.\n"
    app = make_app(db=db, api_keys="k-1=default,k-2=acme")
    assert [Api(app, key).get("/files")["records"][0]["total_logs_count"] for key in ("k-1", "k-2")] == [1, 1]
    app.extensions["emulator"].db.close()


def test_start_leaves_a_used_workspace_as_it_is(folder: Path, tmp_path: Path) -> None:
    write(folder, {"Capital.yaml": CAPITAL + "logs: [{}]\n"})
    settings = {"db": database_at(tmp_path / "workspace.db"), "seed": str(folder)}
    for paths in (["Capital", "F"], ["F"], ["F"]):
        app = make_app(**settings)
        api = Api(app)
        api.post("/flows", {"path": "F", "attributes": {}})
        found = {file["path"]: file for file in api.get("/files")["records"]}
        assert sorted(found) == paths
        if "Capital" in found:
            api.delete(f"/prompts/{found['Capital']['id']}")
        app.extensions["emulator"].db.close()


def test_every_listed_organisation_is_filled(folder: Path) -> None:
    write(folder, {"Capital.yaml": CAPITAL})
    app = make_app(seed=str(folder), api_keys="k-1=acme,k-2=globex")
    assert [Api(app, key).get("/files")["records"][0]["model"] for key in ("k-1", "k-2")] == ["gpt-4o", "gpt-4o"]


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="nowhere is not a folder"):
        make_app(seed=str(tmp_path / "nowhere"))
