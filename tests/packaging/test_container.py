"""The Dockerfile and compose.yaml name what exists: files, commands, variables. Nothing here needs Docker."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from humanloop_emulator.commands.cli import main
from humanloop_emulator.settings import Settings, variable
from tests.builders.processes import ROOT, SECONDS, ServerProcess

VARIABLES = {variable(item.name) for item in fields(Settings)}
HEALTH = "/_emulator/health"
IMAGE = "humanloop-emulator"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile in their order, continued lines joined."""
    lines = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in text.splitlines() if line]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def copied() -> list[str]:
    """Return what the image takes from the project."""
    words = [rest.split() for rest in arguments("COPY") if "--from" not in rest]
    return [source for *sources, _ in words for source in sources]


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def test_every_instruction_is_known() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "ENV", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions()} == known


@pytest.mark.parametrize("name", copied())
def test_what_is_copied_exists_and_is_sent_to_the_builder(name: str) -> None:
    assert (ROOT / name).exists()
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(path == name or path.startswith(f"{name}/") for path in kept)


def test_what_is_sent_to_the_builder_is_copied() -> None:
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists() and line[1:].partition("/")[0] in copied(), line


def test_shell_commands_parse() -> None:
    for command in arguments("RUN"):
        done = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_it_runs_a_command_of_the_emulator_on_its_volume_and_not_as_root() -> None:
    assert json.loads(arguments("ENTRYPOINT")[-1]) == ["humanloop-emulator"]
    [command] = json.loads(arguments("CMD")[-1])
    assert command in main.commands
    [user] = arguments("USER")
    assert user != "root" and any(
        f"useradd --uid 8904 --no-create-home --home-dir /data {user} " in run for run in arguments("RUN")
    )
    assert arguments("VOLUME") == ["/data"]


def test_its_variables_are_those_of_the_settings() -> None:
    pairs = dict(word.split("=", 1) for word in shlex.split(" ".join(arguments("ENV"))))
    assert set(pairs) - {"PATH"} <= VARIABLES
    settings = Settings.from_env(pairs)
    assert (settings.db, settings.host) == ("/data/humanloop.db", "0.0.0.0")
    assert [str(settings.port)] == arguments("EXPOSE")


def test_its_health_check_tells_a_server_that_answers(make_server: Callable[..., ServerProcess]) -> None:
    [check] = arguments("HEALTHCHECK")
    words = json.loads(check[check.index("CMD ") + 4 :])
    assert words[:2] == ["python", "-c"] and HEALTH in words[2]
    server = make_server("--api-keys", "k=acme")
    server.start()
    port = server.url.rpartition(":")[2]

    def ask() -> int:
        env = {"HUMANLOOP_EMULATOR_PORT": port}
        return subprocess.run([sys.executable, *words[1:]], env=env, capture_output=True, timeout=SECONDS).returncode

    assert ask() == 0
    server.terminate()
    assert ask() != 0


def test_compose_runs_commands_of_the_emulator_on_named_volumes() -> None:
    document = yaml.safe_load((ROOT / "compose.yaml").read_text())
    for name, service in document["services"].items():
        if service["image"] == IMAGE:
            assert set(service.get("command", ["serve"])) <= main.commands.keys(), name
        for mount in service.get("volumes", ()):
            volume, _, path = mount.partition(":")
            assert volume in document["volumes"]
            assert [path] == (arguments("VOLUME") if service["image"] == IMAGE else ["/var/lib/postgresql/data"])


@pytest.mark.parametrize("name", [name for name, service in services().items() if service["image"] == IMAGE])
def test_compose_passes_variables_of_the_settings(name: str) -> None:
    passed = {key: value for key, value in services()[name]["environment"].items() if value == f"${{{key}:-}}"}
    assert len(passed) == 5 and passed.keys() <= VARIABLES
    others = {key: value for key, value in services()[name]["environment"].items() if key not in passed}
    assert bool(others) == ("postgresql" in services()[name].get("profiles", ()))
    Settings.from_env({key: value for key, value in others.items() if key in VARIABLES})
    assert others.keys() - VARIABLES <= {"PGPASSWORD"}


def test_compose_publishes_ports_to_this_machine_alone() -> None:
    ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert ports == {
        "emulator": ["127.0.0.1:${HUMANLOOP_EMULATOR_PORT:-8904}:8904"],
        "server": ["127.0.0.1:8905-8906:8904"],
    }


def test_compose_has_two_servers_and_a_worker_on_one_database_of_postgresql() -> None:
    found = services()
    database, server, judge = (found[name] for name in ("database", "server", "judge"))
    assert server["deploy"] == {"replicas": 2} and judge["command"] == ["worker"]
    assert judge["environment"] == server["environment"]
    url = urlsplit(server["environment"]["HUMANLOOP_EMULATOR_DB"])
    account = database["environment"]
    assert (url.hostname, url.username, url.path) == ("database", account["POSTGRES_USER"], "/emulator")
    assert server["environment"]["PGPASSWORD"] == account["POSTGRES_PASSWORD"]
    assert [extra for run in arguments("RUN") for extra in re.findall(r"postgresql", run)] == ["postgresql"]
