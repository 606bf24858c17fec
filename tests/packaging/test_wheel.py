"""What is built: the files of a wheel and of a source distribution, and that an installed wheel finds its data."""

import configparser
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.builders.processes import SECONDS, environment
from tests.packaging.distributions import FOLDERS, PLUGIN, SOURCES

pytest.importorskip("setuptools", minversion="77")


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    return next((source / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel, which is all that its installation does with the files."""
    path = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(path)
    return path


def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command of an unpacked wheel in an empty folder beside it."""
    folder = installed.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    code = "from humanloop_emulator.commands import cli; print(cli.__file__); cli.main()"
    env = {**environment(), "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS)


def expected(source: Path) -> set[str]:
    """Name the files of the package: everything below `app/`, and what is in the folders of `fixtures/`."""
    names = set()
    for folder, package in FOLDERS.items():
        for path in (source / folder).rglob("*"):
            place = path.relative_to(source / folder)
            if path.is_file() and (folder == "app" or len(place.parts) > 1):
                names.add(f"{package}/{place.as_posix()}")
    return names


def test_the_wheel_has_the_package_its_data_the_plugin_and_nothing_else(wheel: Path, source: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected(source) | {PLUGIN}
    assert "humanloop_emulator/fixtures/models/capitals.yaml" in found


def test_the_wheel_brings_the_command_and_the_plugin(installed: Path) -> None:
    entries = configparser.ConfigParser()
    entries.read(next(installed.glob("*.dist-info")) / "entry_points.txt")
    assert entries["console_scripts"]["humanloop-emulator"] == "humanloop_emulator.commands.cli:main"
    assert entries["pytest11"]["pytest_humanloop_emulator"] == "pytest_humanloop_emulator"


def test_the_licences_come_along(installed: Path) -> None:
    licences = next(installed.glob("*.dist-info")) / "licenses"
    assert (licences / "LICENSE").is_file()
    assert (licences / "app/ui/static/swagger/LICENSE").is_file()


def test_a_wheel_can_be_built_from_the_source_distribution(source: Path) -> None:
    with tarfile.open(next((source / "dist").glob("*.tar.gz"))) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    data = {str(path.relative_to(source)) for path in (source / "fixtures").glob("*/**/*") if path.is_file()}
    assert {*SOURCES, PLUGIN, "app/commands/cli.py", "app/ui/static/docs.html", *data} <= found
    assert not any(name.startswith("tests") for name in found)


def test_an_installed_command_finds_the_demo(installed: Path) -> None:
    done = run(installed, "seed", "demo", "--db", "demo.db")
    place, told = done.stdout.splitlines()
    assert place == str(installed / "humanloop_emulator" / "commands" / "cli.py"), "another installation was asked"
    assert told == "Filled the organisation default in demo.db from demo."


def test_an_installed_emulator_answers_by_the_rules_that_come_along(installed: Path) -> None:
    code = (
        "from humanloop_emulator import create_app\n"
        "from humanloop_emulator.settings import Settings\n"
        "app = create_app(Settings(db=':memory:', seed='default'))\n"
        "body = {'path': 'a', 'prompt': {'model': 'gpt-4o'},"
        " 'messages': [{'role': 'user', 'content': 'What is the capital of France?'}]}\n"
        "http = app.test_client()\n"
        "print(http.post('/v5/prompts/call', json=body, headers={'X-API-KEY': 'any'}).json['logs'][0]['output'])\n"
        "print(http.get('/docs').status_code)\n"
        "print(http.get('/v5/evaluators', headers={'X-API-KEY': 'any'}).json['total'])\n"
    )
    env = {**environment(), "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=installed, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout.splitlines() == ["Paris", "200", "8"], done.stderr
