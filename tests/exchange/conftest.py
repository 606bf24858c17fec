"""A tree as another service would have written it: every kind, and no id that anything derives."""

import shutil
from pathlib import Path

import pytest

from tests.builders.trees import export_to, make_official, without_logs
from tests.builders.workspace import Workspace
from tests.conftest import Api, make_app


@pytest.fixture(scope="package")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tree; whoever changes it copies it first."""
    scratch = tmp_path_factory.mktemp("official")
    app = make_app()
    Workspace(Api(app), "home")
    return make_official(export_to(app, scratch / "source"), scratch / "tree")


@pytest.fixture
def tree(official: Path, tmp_path: Path) -> Path:
    """Return a copy of the tree to change."""
    return Path(shutil.copytree(official, tmp_path / "tree"))


@pytest.fixture
def bare(tree: Path) -> Path:
    """Return the tree as the official script writes it by default."""
    return without_logs(tree)
