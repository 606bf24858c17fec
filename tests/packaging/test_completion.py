"""Shells complete commands and flags."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from humanloop_emulator.commands.cli import main
from tests.builders.processes import ROOT, SECONDS

NAME = "humanloop-emulator"
VARIABLE = "_HUMANLOOP_EMULATOR_COMPLETE"


def complete(words: str) -> list[str]:
    """Return what bash would offer behind these words."""
    env = {VARIABLE: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = CliRunner().invoke(main, [], prog_name=NAME, env=env)
    return [line.removeprefix("plain,") for line in done.output.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    done = CliRunner().invoke(main, [], prog_name=NAME, env={VARIABLE: f"{shell}_source"})
    assert done.exit_code == 0
    assert NAME in done.output and f"{VARIABLE}={shell}_complete" in done.output
    assert f"{VARIABLE}={shell}_source {NAME}" in (ROOT / "docs" / "ci.md").read_text()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (f"{NAME} snap", ["snapshot"]),
        (f"{NAME} snapshot lo", ["load"]),
        (f"{NAME} seed --orga", ["--organisation"]),
        (f"{NAME} serve --log-l", ["--log-level"]),
        (f"{NAME} --log-l", ["--log-level"]),
        (f"{NAME} --port 0 --log-l", ["--log-level"]),
    ],
)
def test_a_word_is_completed(words: str, offered: list[str]) -> None:
    assert complete(words) == offered


def test_every_command_is_offered() -> None:
    assert complete(f"{NAME} ") == sorted(main.commands)


def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    """The whole way: bash reads the script, calls its function, and this calls the command."""
    script = CliRunner().invoke(main, [], prog_name=NAME, env={VARIABLE: "bash_source"}).output
    command = tmp_path / NAME
    command.write_text(
        f"#!{sys.executable}\nfrom humanloop_emulator.commands.cli import main\nmain(prog_name={NAME!r})\n"
    )
    command.chmod(0o755)
    asked = f"COMP_WORDS=({NAME} snap) COMP_CWORD=1; _humanloop_emulator_completion {NAME}; echo ${{COMPREPLY[@]}}"
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}
    words = ["bash", "--norc", "-c", f"{script}\n{asked}"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout == "snapshot\n", done.stderr
