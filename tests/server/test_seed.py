"""A server that begins with a seed."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders.processes import ServerProcess, run
from tests.databases import database_at, new_database

CAPITAL = "type: prompt\nmodel: gpt-4o\nlogs: [{output: Paris}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "seed"
    path.mkdir()
    (path / "Capital.yaml").write_text(CAPITAL)
    return path


def paths(server: ServerProcess) -> list[str]:
    request = urllib.request.Request(f"{server.url}/v5/files", headers={"X-API-KEY": "any"})
    with urllib.request.urlopen(request) as response:
        page: Any = json.load(response)
    return [file["path"] for file in page["records"]]


def test_new_database_is_seeded_once(make_server: Callable[..., ServerProcess], folder: Path) -> None:
    server = make_server("--seed", str(folder))
    server.start()
    assert paths(server) == ["Capital"]
    assert server.errors == ""
    (folder / "Other.yaml").write_text(CAPITAL)
    server.restart()
    assert paths(server) == ["Capital"]
    assert server.errors == "The organisation default is not empty: it is left as it is, without the seed.\n"


def test_database_in_memory_is_seeded(make_server: Callable[..., ServerProcess], folder: Path) -> None:
    server = make_server("--seed", str(folder), db=":memory:")
    server.start()
    assert paths(server) == ["Capital"]


@pytest.mark.parametrize("shared", [False, True])
def test_bad_seed_starts_nothing(folder: Path, tmp_path: Path, shared: bool) -> None:
    (folder / "Capital.yaml").write_text(CAPITAL + "modle: x\n")
    target = database_at(tmp_path / "workspace.db") if shared else new_database()
    result = run("serve", "--port", "0", "--db", target, "--seed", str(folder))
    problem = "Capital.yaml, line 4: `modle`: extra fields not permitted"
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"Error: Cannot use the seed {folder}: {problem}\n"
