"""The workflows of docs/ci.md are whole, and its commands exist."""

import re
import shlex
from typing import Any

import click
import pytest
import yaml

from humanloop_emulator.commands.cli import main
from tests.docs_reader import page

GUIDE = page("ci.md")


def workflows() -> list[dict[Any, Any]]:
    return [yaml.safe_load(snippet.text) for snippet in GUIDE.of_language("yaml")]


@pytest.mark.parametrize("workflow", workflows())
def test_a_workflow_has_what_github_requires(workflow: dict[Any, Any]) -> None:
    assert workflow[True] == ["push", "pull_request"]  # YAML 1.1 reads the key `on` so
    for job in workflow["jobs"].values():
        assert job["runs-on"] and all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_commands_and_their_options_exist() -> None:
    text = "\n".join(snippet.text for snippet in GUIDE.of_language("bash"))
    lines = re.findall(r"^(?:docker (?:exec|run) .*?)?humanloop-emulator (\w.*)$", text, re.MULTILINE)
    assert len(lines) > 8
    for line in lines:
        command: click.Command = main
        words = shlex.split(line)
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
