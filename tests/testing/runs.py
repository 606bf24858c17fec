"""Runs of pytest in processes of their own, as users start it, with the plugin of this clone."""

import os
import subprocess
import sys
from pathlib import Path

import humanloop_emulator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(humanloop_emulator.__path__[0]).parent  # of which this process imports the emulator
PATH = (PACKAGE, ROOT, ROOT / "tests" / "testing" / "plugins")
PLUGINS = ("-p", "pytest_humanloop_emulator", "-p", "no:cacheprovider")
PARALLEL = ("-p", "xdist.plugin", "-n", "2")
ASYNCIO = ("-p", "pytest_asyncio.plugin")
NO_NETWORK = ("-p", "blocked_network")


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder; a `.pytest.ini` of it counts, settings in the environment do not.

    Of the installed plugins only those that are named are loaded: all of them take as long as the rest of a run.
    """
    hidden = ("HUMANLOOP_", "PYTEST_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    env |= {"PYTHONPATH": os.pathsep.join(map(str, PATH)), "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", *PLUGINS, *options]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def outcomes(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of a run without its time: `3 passed`."""
    lines = done.stdout.strip().splitlines()
    return lines[-1].strip("= ").partition(" in ")[0] if lines else done.stderr
