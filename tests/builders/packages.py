"""A copy of the package that a test changes, and programs that run with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs_reader import ROOT


def copy_package(folder: Path) -> Path:
    """Copy `app/` into a folder, as the package that it is installed as, and return the copy."""
    package = folder / "humanloop_emulator"
    shutil.copytree(ROOT / "app", package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    (package / "fixtures").symlink_to(ROOT / "fixtures", target_is_directory=True)
    return package


def run_with(package: Path, module: str, *arguments: str) -> None:
    """Run a module of the tests with this package: it prints where the package is, and must succeed."""
    env = {**os.environ, "PYTHONPATH": str(package.parent)}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(package)), done.stderr
