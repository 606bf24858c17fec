"""The project as it is built from a clone: a source distribution and a wheel."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.processes import ROOT, SECONDS

SOURCES = ("pyproject.toml", "setup.cfg", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
PLUGIN = "pytest_humanloop_emulator.py"
FOLDERS = {"app": "humanloop_emulator", "fixtures": "humanloop_emulator/fixtures"}
BUILD = """
from setuptools import build_meta
print(build_meta.build_sdist("dist"), build_meta.build_wheel("dist"))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project, with what lies about in a clone, and build both distributions into `dist`."""
    path = tmp_path_factory.mktemp("source")
    for name in (*SOURCES, PLUGIN):
        shutil.copy(ROOT / name, path)
    for folder in (*FOLDERS, "tests"):
        shutil.copytree(ROOT / folder, path / folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    done = subprocess.run([sys.executable, "-c", BUILD], cwd=path, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return path
