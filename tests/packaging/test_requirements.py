"""What the package imports is what it declares, and the reverse."""

import ast
import configparser
import sys
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.builders.processes import ROOT

BROUGHT = {
    **dict.fromkeys(("jinja2", "werkzeug"), "flask"),
    "protobuf": "opentelemetry-proto",
    "pydantic-monty-client": "pydantic-monty",
}
"""Parts of a requirement that are distributed by themselves."""
OF_THE_PROJECT = {"humanloop", "requests", "urllib3"}
"""What only `humanloop_emulator.testing` handles, where the project under test has it."""
LENT = ROOT / "app" / "runtime" / "sandbox" / "lent"  # these run in Monty, which has modules of its own


def imported() -> dict[str, set[str]]:
    """Return the outside packages that modules import, each with the distributions that it may come from."""
    packages: set[str] = set()
    for path in (ROOT / "app").rglob("*.py"):
        if path.parent == LENT and path.name != "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                packages |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                packages.add(node.module.partition(".")[0])
    known = packages_distributions()
    outside = packages - sys.stdlib_module_names - OF_THE_PROJECT
    names = {package: map(canonicalize_name, known[package]) for package in outside}
    return {package: {BROUGHT.get(name, name) for name in found} for package, found in names.items()}


def named(requirements: str) -> set[str]:
    """Return the distributions in a list of setup.cfg."""
    lines = requirements.split("\n")
    return {canonicalize_name(Requirement(line).name) for line in lines if line and not line.startswith("#")}


def test_what_is_imported_is_declared_and_nothing_else() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    declared = named(config["options"]["install_requires"])
    optional = named(config["options.extras_require"]["postgresql"])
    used = imported()
    assert not {package: names for package, names in used.items() if not names & (declared | optional)}
    assert declared <= set().union(*used.values())
