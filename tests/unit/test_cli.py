"""The command line: `serve` by default, a flag for every setting, and the list of routes."""

from dataclasses import fields
from typing import Any

import pytest
from click.testing import CliRunner, Result

from humanloop_emulator import server
from humanloop_emulator.cli import main
from humanloop_emulator.settings import VERSION, Settings, flag, variable
from tests.unit.test_settings import OTHER_VALUES


class Emulator:
    """Calls the command and keeps the settings it would have served with."""

    def __init__(self) -> None:
        self.served: list[Settings] = []

    def __call__(self, *args: str, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(main, args, env=env)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    for item in fields(Settings):
        monkeypatch.delenv(variable(item.name), raising=False)
    emulator = Emulator()
    monkeypatch.setattr(server, "serve", emulator.served.append)
    return emulator


def as_flag(name: str, value: Any) -> list[str]:
    return [flag(name)] if value is True else [flag(name), str(value)]


@pytest.mark.parametrize("command", [[], ["serve"]])
def test_serves_with_or_without_the_command(emulator: Emulator, command: list[str]) -> None:
    assert emulator(*command).exit_code == 0
    assert emulator(*command, "--port", "0").exit_code == 0
    assert emulator.served == [Settings(), Settings(port=0)]


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_every_option_is_a_flag(emulator: Emulator, name: str) -> None:
    value = OTHER_VALUES[name]
    assert emulator(*as_flag(name, value)).exit_code == 0
    assert emulator.served == [Settings(**{name: value})]


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_every_flag_defaults_to_its_environment_variable(emulator: Emulator, name: str) -> None:
    value = OTHER_VALUES[name]
    assert emulator(env={variable(name): str(value)}).exit_code == 0
    assert emulator.served == [Settings(**{name: value})]


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_help_describes_every_option(emulator: Emulator, name: str) -> None:
    text = " ".join(emulator("serve", "--help").output.split())
    assert flag(name) in text
    assert variable(name) in text
    assert Settings.__dataclass_fields__[name].metadata["help"] in text


def test_flag_wins_over_the_environment(emulator: Emulator) -> None:
    emulator("--no-strict", "--port", "2", env={variable("strict"): "1", variable("port"): "1"})
    assert emulator.served == [Settings(port=2)]


@pytest.mark.parametrize(
    "args",
    [
        ["--port", "70000"],
        ["--port", "http"],
        ["--workers", "0"],
        ["--log-level", "loud"],
        ["--db", "mysql://x"],
        ["--db", ":memory:", "--workers", "2"],
    ],
)
def test_wrong_value_is_a_usage_error(emulator: Emulator, args: list[str]) -> None:
    result = emulator(*args)
    assert result.exit_code == 2
    assert args[-2] in result.output.splitlines()[-1]
    assert emulator.served == []


def test_start_error_is_one_line(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Settings) -> None:
        raise server.StartError("Cannot listen.")

    monkeypatch.setattr(server, "serve", refuse)
    result = emulator()
    assert (result.exit_code, result.output) == (2, "Error: Cannot listen.\n")


def test_unknown_command_is_refused(emulator: Emulator) -> None:
    result = emulator("sevre")
    assert result.exit_code == 2
    assert "sevre" in result.output
    assert emulator.served == []


def test_version(emulator: Emulator) -> None:
    assert emulator("--version").output == f"humanloop-emulator, version {VERSION}\n"


def test_routes_are_listed_in_order(emulator: Emulator) -> None:
    result = emulator("routes")
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines()]
    assert ["GET", "/_emulator/health"] in [row[:2] for row in rows]
    assert all(len(row) == 3 for row in rows)
    assert rows == sorted(rows, key=lambda row: (row[1], row[0]))
    assert not any("<" in path for _, path, _ in rows)
