"""The pytest plugin, in runs of pytest as users start it."""

import configparser
import importlib.util
from pathlib import Path

import pytest

from tests.testing.runs import ASYNCIO, NO_NETWORK, PARALLEL, ROOT, outcomes, run_pytest

HAS_ASYNCIO = importlib.util.find_spec("pytest_asyncio") is not None


class Project:
    """A folder with tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *options: str) -> str:
        """Run the tests and return what pytest prints."""
        done = run_pytest(self.folder, *options)
        self.outcomes = outcomes(done)
        return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


ISOLATED = """
import pytest
from humanloop import Humanloop
from humanloop_emulator.testing import emulate

@pytest.mark.parametrize("number", range(6))
def test_alone(humanloop, humanloop_client, number):
    client = Humanloop(api_key="mine")
    assert client.flows.list().items == []
    client.flows.upsert(path=f"a/flow-{number}", attributes={})
    assert [flow.path for flow in humanloop_client.flows.list()] == [f"a/flow-{number}"]
    humanloop.faults.add(status=500)
    humanloop.clock.freeze("2030-01-01")
    assert humanloop.state.snapshots.list() == []
    humanloop.snapshot("one")

def test_nested(humanloop):
    with pytest.raises(RuntimeError, match="cannot be nested"), emulate(): pass
"""


@pytest.mark.parametrize("options", [(), PARALLEL], ids=["alone", "in parallel"])
def test_each_test_starts_from_the_seed(project: Project, options: tuple[str, ...]) -> None:
    project.write("test_isolated.py", ISOLATED)
    printed = project.run(*options)
    assert project.outcomes == "7 passed", printed


def test_settings_come_from_the_ini_file_and_from_fixtures(project: Project) -> None:
    project.write(
        "pytest.ini",
        "[pytest]\nhumanloop_seed = workspace\nhumanloop_models = rules\nhumanloop_strict = true\n"
        "humanloop_base_urls = http://proxy.test/hl/v5\n",
    )
    project.write("workspace/prompt.yaml", "type: prompt\npath: a/prompt\nmodel: gpt-4o\n")
    project.write("rules/all.yaml", "- reply: by the rule\n")
    project.write(
        "test_ini.py",
        "from humanloop import Humanloop\n"
        "def test_ini(humanloop):\n"
        "    assert humanloop.settings.strict\n"
        "    client = Humanloop(api_key='k', base_url='http://proxy.test/hl/v5')\n"
        "    answer = client.prompts.call(path='a/prompt', messages=[{'role': 'user', 'content': '?'}])\n"
        "    assert humanloop.models.list()[0]['source'] == 'all.yaml'\n"
        "    assert answer.logs[0].output == 'by the rule'\n",
    )
    project.write(
        "other/test_fixture.py",
        "import pytest\n"
        "@pytest.fixture\n"
        "def humanloop_settings(humanloop_settings):\n"
        "    return {**humanloop_settings, 'strict': False, 'seed': '', 'seed_ids': 'x', 'clock': '2025-05-01'}\n"
        "def test_fixture(humanloop, humanloop_client):\n"
        "    assert not humanloop.settings.strict\n"
        "    assert humanloop_client.prompts.list().items == []\n"
        "    assert humanloop.clock.frozen\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_ids_are_the_same_each_time(humanloop_client, number, request):\n"
        "    made = humanloop_client.flows.upsert(path='a/flow', attributes={}).id\n"
        "    seen = request.config.__dict__.setdefault('seen', made)\n"
        "    assert made == seen\n",
    )
    printed = project.run()
    assert project.outcomes == "4 passed", printed


EVERY_TEST = """
import unittest
from humanloop import Humanloop

CLIENT = Humanloop(api_key="mine")

def use():
    assert CLIENT.flows.list().items == []
    CLIENT.flows.upsert(path="a/flow", attributes={})

def test_function():
    use()

class Case(unittest.TestCase):
    def test_method(self):
        use()
"""


@pytest.mark.parametrize("every", ["true", "false"])
def test_the_ini_file_may_ask_for_every_test(project: Project, every: str) -> None:
    project.write("pytest.ini", f"[pytest]\nhumanloop_every_test = {every}\n")
    project.write("test_every.py", EVERY_TEST)
    printed = project.run(*NO_NETWORK)
    assert project.outcomes == ("2 passed" if every == "true" else "2 failed"), printed


def test_wrong_settings_are_told(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nhumanloop_seed = nowhere\n")
    project.write("test_seed.py", "def test_seed(humanloop): pass\n")
    assert "nowhere" in project.run()
    assert project.outcomes == "1 error"


def test_the_ini_file_may_name_a_seed_that_comes_along(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nhumanloop_seed = demo\n")
    project.write("demo/Other.yaml", "type: flow\nattributes: {}\n")
    project.write(
        "test_demo.py",
        "def test_demo(humanloop_client):\n"
        "    assert 'Atlas/Capital' in [prompt.path for prompt in humanloop_client.prompts.list()]\n",
    )
    printed = project.run()
    assert project.outcomes == "1 passed", printed


def test_a_failing_test_tells_its_requests(project: Project) -> None:
    project.write(
        "test_failing.py",
        "def test_before(humanloop_client):\n"
        "    humanloop_client.flows.upsert(path='before/flow', attributes={})\n"
        "def test_failing(humanloop_client):\n"
        "    humanloop_client.flows.upsert(path='a/flow', attributes={})\n"
        "    humanloop_client.flows.get('nope')\n"
        "def test_without(): assert False\n",
    )
    printed = project.run()
    assert project.outcomes == "2 failed, 1 passed"
    _, _, told = printed.partition("Humanloop requests")
    assert "1. POST /v5/flows 200" in told and "2. GET /v5/flows/nope 404" in told
    assert "Could not find flow with ID 'nope'." in told
    assert printed.count("Humanloop requests") == 1


def test_nothing_is_imported_until_a_test_asks(project: Project) -> None:
    project.write(
        "test_modules.py",
        "import sys\n"
        "def test_modules():\n"
        "    assert not {'flask', 'humanloop', 'humanloop_emulator', 'httpx'} & set(sys.modules)\n"
        "def test_asked(humanloop):\n"
        "    assert 'humanloop_emulator' in sys.modules\n",
    )
    printed = project.run()
    assert project.outcomes == "2 passed", printed


@pytest.mark.parametrize("package", ["httpx", "humanloop"])
def test_a_missing_package_is_named(project: Project, package: str) -> None:
    project.write("conftest.py", f"import sys\nsys.modules[{package!r}] = None\n")
    project.write("test_missing.py", "def test_missing(humanloop): pass\n")
    printed = project.run()
    assert project.outcomes == "1 error"
    assert f"ImportError: humanloop_emulator.testing needs the package {package}, which is not installed" in printed


@pytest.mark.skipif(not HAS_ASYNCIO, reason="pytest-asyncio is not installed.")
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_asynchronous_tests_work(project: Project, mode: str) -> None:
    project.write("pytest.ini", f"[pytest]\nasyncio_mode = {mode}\n")
    project.write(
        "test_async.py",
        "import pytest\n"
        "from humanloop import AsyncHumanloop\n"
        "@pytest.mark.asyncio\n"
        "@pytest.mark.parametrize('number', range(3))\n"
        "async def test_async(humanloop, number):\n"
        "    client = AsyncHumanloop(api_key='mine')\n"
        "    assert [flow async for flow in await client.flows.list()] == []\n"
        "    await client.flows.upsert(path='a/flow', attributes={})\n"
        "    humanloop.journal.assert_called('POST', '/v5/flows', times=1)\n"
        "    assert (await humanloop.async_client().flows.list()).items[0].path == 'a/flow'\n",
    )
    printed = project.run(*ASYNCIO)
    assert project.outcomes == "3 passed", printed


def test_pytest_finds_the_plugin_where_it_is_installed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    name = "pytest_humanloop_emulator"  # for pytest too, which `-p` takes it by
    assert setup["options.entry_points"]["pytest11"].split() == [name, "=", name]
    assert setup["options"]["py_modules"].split() == [name]
    assert (ROOT / f"{name}.py").is_file()
