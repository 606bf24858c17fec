"""The sample project in TypeScript passes its tests, as its README says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import npm
from tests.testing.runs import ROOT

PROJECT = ROOT / "examples" / "vitest-project"


def test_the_vitest_project_passes(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("node_modules")))
    npm.install(folder)
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUMANLOOP_")}
    env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}", "NO_COLOR": "1"}
    done = subprocess.run(["npm", "test"], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
