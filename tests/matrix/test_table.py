"""The table in docs/clients.md has all clients and steps, and nothing in it fails."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs_reader import page

from . import table
from .clients import CLIENTS, PROGRAMS, PythonClient
from .outcomes import Outcome, run_program
from .steps import STEPS

PAGE = page("clients.md")
TEXT = PAGE.text


def test_the_page_has_the_table_as_it_is_drawn() -> None:
    assert f"{table.START}\n{table.draw(table.read(TEXT))}\n{table.END}" in TEXT


@pytest.mark.parametrize("client", CLIENTS)
def test_no_step_of_a_client_fails_or_is_unknown(client: str) -> None:
    assert set(table.read(TEXT)[client].values()) <= {"✓", "–"}


@pytest.mark.parametrize("client", ["0.8.20", "0.8.38"])
def test_the_page_says_what_to_install_beside_it(client: str) -> None:
    start = f"pip install humanloop=={client} "
    *_, command = [snippet.text for snippet in PAGE.of_language("bash") if snippet.text.startswith(start)]
    words = ["bash", "-c", f"printf '%s\\n' {command.removeprefix('pip install ')}"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert tuple(said) == CLIENTS[client].requirements


def test_a_new_client_and_a_new_step_are_unknown_until_they_were_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLIENTS, "0.8.39", PythonClient("0.8.39"))
    monkeypatch.setitem(STEPS, "new", "do what is new")
    columns = table.read(TEXT)
    assert set(columns["0.8.39"].values()) == {"?"}
    assert {columns[client]["new"] for client in CLIENTS} == {"?"}
    assert "| do what is new | ? |" in table.draw(columns)


def test_only_the_columns_that_were_run_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "clients.md"
    page.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(table, "PAGE", page)
    written = dict.fromkeys(STEPS, "✗")
    table.update({"0.8.13": written})
    before, after = table.read(TEXT), table.read(page.read_text(encoding="utf-8"))
    assert after == {**before, "0.8.13": written}


def test_both_programs_have_the_steps_of_the_table_in_its_order() -> None:
    python = (PROGRAMS / "python" / "__main__.py").read_text(encoding="utf-8").partition("STEPS = (")[2]
    npm = (PROGRAMS / "npm" / "program.mjs").read_text(encoding="utf-8").partition("const steps = {")[2]
    assert re.findall(r"(?:files|logs|evaluations)\.(\w+)", python) == list(STEPS)
    assert re.findall(r"^  async (\w+)\(\)", npm, re.MULTILINE) == list(STEPS)


class Program(PythonClient):
    """A client whose program is a line of Python."""

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, "-c", self.version]


def test_what_the_program_does_not_reach_has_failed(tmp_path: Path) -> None:
    told = json.dumps({"step": "prompt", "outcome": "passed", "reason": ""})
    program = Program(f"import sys; open(sys.argv[3], 'w').write({told!r}); sys.exit('Out of breath')")
    seen = run_program(program, tmp_path, "http://127.0.0.1:1", "key", tmp_path)
    assert seen.pop("prompt") == Outcome("passed")
    assert seen.pop("tool") == Outcome("failed", "It broke off: Out of breath")
    assert set(seen.values()) == {Outcome("failed", "It was not reached.")}


def test_a_step_that_the_table_does_not_know_is_an_error(tmp_path: Path) -> None:
    told = json.dumps({"step": "unheard of", "outcome": "passed", "reason": ""})
    program = Program(f"import sys; open(sys.argv[3], 'w').write({told!r})")
    with pytest.raises(LookupError, match="unheard of"):
        run_program(program, tmp_path, "http://127.0.0.1:1", "key", tmp_path)
