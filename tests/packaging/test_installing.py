"""The guide to installing: its commands work as they stand, on a clone, a wheel and a repository of this project."""

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.builders.processes import ROOT, SECONDS
from tests.docs_reader import page

GUIDE = page("installing.md")
COMMANDS = dict(re.findall(r"^\| ([a-z ]+) \| `(pip install .*)` \|$", GUIDE.text, re.MULTILINE))
WHEEL = re.search(r"`(pip wheel .*)`", GUIDE.text)
OFFLINE = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet")


def pip(command: str, folder: Path, *options: str) -> None:
    """Run a pip command of the guide in a folder, without fetching what the package depends on."""
    name, verb, *words = shlex.split(command)
    assert name == "pip"
    line = [sys.executable, "-m", "pip", verb, *OFFLINE, *options, *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr


def version(folder: Path) -> str:
    """Return what the command of an installation says."""
    env = {**os.environ, "PYTHONPATH": str(folder)}
    line = [sys.executable, str(folder / "bin" / "humanloop-emulator"), "--version"]
    return subprocess.run(line, env=env, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    assert WHEEL
    pip(WHEEL[1], source)
    [made] = (source / "dist").glob("*.whl")
    return made


def test_a_clone_is_installed(source: Path, tmp_path: Path) -> None:
    command = COMMANDS["a clone"].replace("../humanloop-emulator", str(source))
    pip(command, tmp_path, "--target", str(tmp_path / "site"))
    assert "0.1.0" in version(tmp_path / "site")


def test_a_wheel_is_installed(wheel: Path, tmp_path: Path) -> None:
    pip(COMMANDS["a wheel"], wheel.parent, "--target", str(tmp_path / "site"))
    assert "0.1.0" in version(tmp_path / "site")


def test_a_repository_is_installed(source: Path, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(source)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "All"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    command = COMMANDS["a repository"].replace(
        "https://git.example.com/humanloop-emulator.git", f"file://localhost{source}"
    )
    pip(command, tmp_path, "--target", str(tmp_path / "site"))
    assert "0.1.0" in version(tmp_path / "site")


def test_the_extras_are_those_of_the_package() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    listed = re.findall(r"^\| `(\w+)` \|", GUIDE.text, re.MULTILINE)
    assert sorted(listed) == sorted(extras)
    pins = {
        Requirement(line).name: Requirement(line).specifier for line in extras["sdk"].split("\n") if line[:1].isalpha()
    }
    assert "0.8.38" in pins["humanloop"]
    assert "1.41.1" in pins["opentelemetry-sdk"] and "1.42.0" not in pins["opentelemetry-sdk"]
