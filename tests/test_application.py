"""What is loaded when: importing the package costs next to nothing, and jobs do without what requests need."""

import subprocess
import sys
from pathlib import Path

from tests.databases import database_at

IMPORT = "before = set(sys.modules)\nimport humanloop_emulator"
JOIN = """
from humanloop_emulator.application import join
from humanloop_emulator.settings import Settings
before = set()
join(Settings(db=sys.argv[1], jobs="off")).runtime.jobs.resume()
"""
OF_REQUESTS = {"flask", "werkzeug", "webargs", "apispec", "granian", "httpx", "click"}


def loaded(program: str, *arguments: str) -> set[str]:
    """Return the names of the modules that a program has loaded, those before `before` was set apart."""
    program = f"import sys\n{program}\nprint(*set(sys.modules) - before)"
    ended = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


def test_importing_the_package_loads_next_to_nothing() -> None:
    modules = loaded(IMPORT)
    assert "humanloop_emulator" in modules
    assert {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) == {"humanloop_emulator"}
    assert not any(name.startswith("humanloop_emulator.") for name in modules)
    assert len(modules) < 20


def test_a_process_that_works_on_jobs_loads_nothing_that_requests_need(tmp_path: Path) -> None:
    modules = loaded(JOIN, database_at(tmp_path / "db"))
    assert "humanloop_emulator.runtime.jobs.queue" in modules
    assert OF_REQUESTS & modules == set()
