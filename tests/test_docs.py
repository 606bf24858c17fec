"""The documentation is true: its snippets run, its links lead somewhere, and the names in it exist."""

import importlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from humanloop_emulator.commands.cli import main
from humanloop_emulator.settings import VERSION, Settings, flag, options_table, variable

from .conftest import make_app
from .contract.contract import PREFIX, ROUTES
from .contract.generations import GENERATIONS
from .docs_reader import DOCUMENTS, PAGES, ROOT, Page, expected_output, page
from .docs_runner import Shell, commands, run_python

NAMES = [item.name for item in fields(Settings)]
SWITCHES = {flag(item.name).replace("--", "--no-", 1) for item in fields(Settings) if item.type is bool}
OTHER_FLAGS = {"--help", "--version", "--logs", "--base-url", "--api-key"}
COMMANDS = {
    name: {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for name, command in main.commands.items()
}
METHODS = ("GET", "POST", "PATCH", "DELETE")
PACKAGE = "humanloop_emulator"


@pytest.fixture
def app() -> Iterator[Flask]:
    """Judge and fill Runs as a server does, but before the request is answered: readers wait for it, tests need not."""
    app = make_app(jobs="immediate", seed="default")
    yield app
    app.extensions["emulator"].db.close()


def with_language(language: str) -> list[Page]:
    return [document for document in DOCUMENTS if document.of_language(language)]


def normal(line: str) -> str:
    """Replace what differs each time: ids, dates, and the short ids of Runs in a report."""
    line = re.sub(r"\b([a-z]+_)[0-9A-Za-z]{21}\b", r"\1", line.rstrip())
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", line)
    return re.sub(r"^(Run ID +).*", r"\1", line)


@pytest.mark.parametrize("document", with_language("python"), ids=str)
def test_python_snippets_print_what_they_say(document: Page, app: Flask) -> None:
    printed = list(map(normal, run_python(document, app)))
    left = iter(printed)
    for line in map(normal, expected_output(document)):
        assert line in left, f"{document} says `{line}`, in this order:\n" + "\n".join(printed)


@pytest.mark.parametrize("document", with_language("python3"), ids=str)
def test_python_for_packages_of_others_parses(document: Page) -> None:
    for snippet in document.of_language("python3"):
        compile(snippet.text, f"{document}:{snippet.line}", "exec")


@pytest.mark.parametrize("document", with_language("bash"), ids=str)
def test_shell_snippets_parse(document: Page) -> None:
    for snippet in document.of_language("bash"):
        done = subprocess.run(["bash", "-n"], input=snippet.text, capture_output=True, text=True)
        assert done.returncode == 0, f"{document}:{snippet.line}: {done.stderr}"


@pytest.mark.parametrize("document", with_language("bash"), ids=str)
def test_curl_commands_succeed(document: Page, app: Flask) -> None:
    shell = Shell(app)
    for snippet in document.of_language("bash"):
        for command in commands(snippet.text):
            shell.run(command)
    assert len(shell.sent) == sum(snippet.text.count("curl -s $API") for snippet in document.of_language("bash"))


def test_files_named_by_shell_snippets_exist() -> None:
    for document in DOCUMENTS:
        for snippet in document.of_language("bash"):
            for name in re.findall(r"[\w./]+\.py\b", snippet.text):
                assert (ROOT / name).is_file(), f"{document}: {name}"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed.")
@pytest.mark.parametrize("document", with_language("javascript"), ids=str)
def test_javascript_snippets_parse(document: Page, tmp_path: Path) -> None:
    for snippet in document.of_language("javascript"):
        script = tmp_path / "snippet.mjs"
        script.write_text(snippet.text, encoding="utf-8")
        done = subprocess.run(["node", "--check", str(script)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Page) -> None:
    for link in document.links:
        name, _, anchor = link.partition("#")
        target = (document.path.parent / name).resolve() if name else document.path
        assert target.exists(), f"{document}: {link}"
        if anchor:
            assert anchor in Page(target).anchors, f"{document}: {link}"


def test_every_guide_is_linked_in_the_readme() -> None:
    assert {str(guide) for guide in PAGES[1:]} <= set(page("README.md").links)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_paths_exist(document: Page) -> None:
    for name in document.names:
        if re.fullmatch(r"(app|bench|docs|examples|tests|\.ci)(/[\w./-]*)?|[\w-]+\.(toml|py|md)", name):
            known = [ROOT / name, document.path.parent / name]
            assert any(path.exists() for path in known) or name == "tour.py", f"{document}: {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_options_exist(document: Page) -> None:
    known = {*map(flag, NAMES), *SWITCHES, *OTHER_FLAGS}
    for name in document.names:
        command, _, rest = name.partition(" --")
        for option in re.findall(r"--[a-z-]+", f"--{rest}") if rest and command in COMMANDS else ():
            assert option in {*COMMANDS[command], "--help"}, f"{document}: {name}"
        found = re.match(r"(?:serve )?(--[a-z-]+)", name)
        assert not found or found[1] in known, f"{document}: {name}"
    for name in re.findall(r"\bHUMANLOOP_EMULATOR_[A-Z_]+", document.text):
        assert name in map(variable, NAMES), f"{document}: {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_routes_exist(document: Page, app: Flask) -> None:
    known = {route.name for route in ROUTES} | GENERATIONS["routes"].keys()
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    for name in document.names:
        method, _, path = name.partition(" ")
        if method in METHODS and path.startswith("/"):
            route = f"{method} {path.removeprefix(PREFIX).partition('?')[0]}"
            assert route in known, f"{document}: {name}"
        elif re.fullmatch(r"/(_emulator/\w+|docs|openapi\.json)", name):
            assert name in rules, f"{document}: {name}"


def test_names_of_the_code_in_the_architecture_exist() -> None:
    modules: dict[str, list[str]] = {}
    for path in (ROOT / "app").rglob("*.py"):
        dotted = ".".join(path.relative_to(ROOT / "app").with_suffix("").parts)
        modules.setdefault(path.stem, []).append(f"{PACKAGE}.{dotted}")
    classes = {"Database": "store.database", "Operation": "api.operations", "Workspace": "services.workspace"}
    checked = 0
    for name in page("architecture.md").names:
        owner, _, attribute = name.partition(".")
        if not re.fullmatch(r"[A-Za-z_]+", attribute) or attribute in ("py", "md", "db", "json"):
            continue
        if owner in classes:
            found = [getattr(importlib.import_module(f"{PACKAGE}.{classes[owner]}"), owner)]
            if owner == "Database":
                found.append(make_app().extensions["emulator"].db)
        else:
            found = [importlib.import_module(module) for module in modules.get(owner, [])]
        if found:
            assert any(hasattr(item, attribute) for item in found), name
            checked += 1
    assert checked > 20


def test_the_readme_has_the_options_as_they_are() -> None:
    assert options_table() in page("README.md").text


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_explained(name: str) -> None:
    assert flag(name) in page("running.md").text


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_the_number_of_routes_is_told(name: str, app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    names = {f"{method} {rule.rule.removeprefix(PREFIX)}" for rule in rules for method in rule.methods or ()}
    served = len(names & {route.name.replace("{", "<").replace("}", ">") for route in ROUTES})
    assert f"{served} of the {len(ROUTES)} routes" in page(name).text


def test_the_changelog_knows_the_version() -> None:
    assert VERSION in page("CHANGELOG.md").text
