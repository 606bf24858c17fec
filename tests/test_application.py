"""What is loaded when, and what processes agree on: importing costs next to nothing, jobs do without Flask."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from humanloop_emulator import create_app
from humanloop_emulator.settings import Settings
from tests.databases import database_at

IMPORT = "before = set(sys.modules)\nimport humanloop_emulator"
JOIN = """
from humanloop_emulator.application import join
from humanloop_emulator.settings import Settings
before = set()
join(Settings(db=sys.argv[1], jobs="off")).runtime.jobs.resume()
"""
OF_REQUESTS = {"flask", "werkzeug", "webargs", "apispec", "httptools", "httpx", "click"}


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


def test_processes_agree_on_what_a_new_database_is_made_by() -> None:
    """What the settings forward calls to counts by its names: an object's address is another one in each process."""
    settings = Settings(db=":memory:", seed="none", openai_base_url="http://127.0.0.1:9", openai_providers="openai")
    first, second, other = (
        create_app(each).extensions["emulator"]._origin()
        for each in (settings, settings, replace(settings, openai_providers="groq"))
    )
    assert first == second != other
