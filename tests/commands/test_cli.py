"""The command line: `serve` by default, a flag for every setting, and the list of routes."""

import re
from dataclasses import fields
from typing import Any

import pytest
from click.testing import CliRunner, Result

from humanloop_emulator import create_app
from humanloop_emulator.commands.cli import main
from humanloop_emulator.server import serving, working
from humanloop_emulator.server.checks import StartError
from humanloop_emulator.settings import VERSION, Settings, flag, variable
from tests.test_settings import OTHER_VALUES


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
    monkeypatch.setattr(serving, "serve", emulator.served.append)
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
        raise StartError("Cannot listen.")

    monkeypatch.setattr(serving, "serve", refuse)
    result = emulator()
    assert (result.exit_code, result.output) == (1, "Error: Cannot listen.\n")


def test_misspelt_variable_is_warned_of(emulator: Emulator) -> None:
    env = {"HUMANLOOP_EMULATOR_SEEDS": "demo", "HUMANLOOP_EMULATOR_Q": "1", "HUMANLOOP_EMULATOR_PORT": "1"}
    result = emulator(env=env)
    assert result.stderr.splitlines() == [
        "Warning: HUMANLOOP_EMULATOR_Q is not an option.",
        "Warning: HUMANLOOP_EMULATOR_SEEDS is not an option: did you mean HUMANLOOP_EMULATOR_SEED?",
    ]
    assert emulator.served == [Settings(port=1)]
    routes = emulator("routes", "--json", env=env)
    assert "HUMANLOOP_EMULATOR_SEEDS" in routes.stderr and "HUMANLOOP_EMULATOR" not in routes.stdout


def test_a_variable_that_is_right_is_not_warned_of(emulator: Emulator) -> None:
    result = emulator(env={variable(name): str(value) for name, value in OTHER_VALUES.items() if name == "seed"})
    assert result.stderr == ""


def test_an_application_warns_of_misspelt_variables_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HUMANLOOP_EMULATOR_DB", ":memory:")
    monkeypatch.setenv("HUMANLOOP_EMULATOR_STRIKT", "1")
    create_app()
    assert "HUMANLOOP_EMULATOR_STRIKT is not an option: did you mean HUMANLOOP_EMULATOR_STRICT?" in caplog.messages


def test_help_of_a_worker_shows_what_it_takes(emulator: Emulator) -> None:
    shown = set(re.findall(r"^  (--[a-z-]+)", emulator("worker", "--help").output, re.MULTILINE)) - {"--help"}
    assert shown == {
        *("--db", "--db-connections", "--threads", "--redis-url"),
        *("--models", "--openai-base-url", "--openai-api-key", "--openai-providers", "--model-timeout"),
        *("--model-retries", "--python-runtime", "--python-packages", "--python-timeout", "--python-memory-mb"),
    }
    refused = emulator("worker", "--port", "1")
    assert refused.exit_code == 2 and "No such option" in refused.output


def test_a_worker_gets_its_options(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    works: list[Settings] = []
    monkeypatch.setattr(working, "work", works.append)
    emulator("worker", "--db", "other.db", "--threads", "3", env={variable("seed"): "demo", variable("models"): "m"})
    assert works == [Settings(db="other.db", threads=3, models="m", seed="none")]


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
