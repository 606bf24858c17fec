"""Who may import whom: the contract of the layers, held for imports inside of functions too."""

import ast
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import grimp
import pytest

from .rooms import INNER, LAYERS, PACKAGE, draw, drawn, importers_of, imports, room_of

APP = Path(__file__).resolve().parents[2] / "app"
WHY = "# Imported in functions: "
SERVING = {"application", "api", "control", "ui", "server", "testing"}


def crossing(layers: tuple[set[str], ...], container: str) -> set[str]:
    """Return the imports that go up, or to the side."""
    found = imports().find_illegal_dependencies_for_layers(
        layers=[grimp.Layer(*layer, independent=True) for layer in layers], containers={container}
    )
    return {
        " -> ".join(chain.from_iterable([sorted(route.heads), route.middle, sorted(route.tails)]))
        for dependency in found
        for route in dependency.routes
    }


def test_every_room_has_its_layer() -> None:
    rooms = {room_of(module) for module in imports().modules if module.startswith(PACKAGE + ".")}
    assert rooms == set(chain.from_iterable(LAYERS))


def test_rooms_import_only_those_below() -> None:
    assert crossing(LAYERS, PACKAGE) == set()


@pytest.mark.parametrize("room", INNER)
def test_inside_of_a_room_the_same_holds(room: str) -> None:
    assert crossing(INNER[room], f"{PACKAGE}.{room}") == set()


def test_no_import_leads_back() -> None:
    graph = imports()
    modules = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("library", ["flask", "werkzeug", "webargs"])
def test_flask_is_at_the_top(library: str) -> None:
    assert importers_of(library), "is it another library now?"
    assert importers_of(library) <= SERVING


@pytest.mark.parametrize("library", ["peewee", "playhouse", "sqlite3", "psycopg"])
def test_routes_know_no_database(library: str) -> None:
    assert not importers_of(library) & {"api", "ui"}


def late_imports(tree: ast.Module) -> dict[int, int]:
    """Return the first and the last lines of the rows of imports of our own modules inside of functions."""
    found = {
        node.lineno: node.end_lineno or node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and node.level
    }
    rows: dict[int, int] = {}
    for first, last in sorted(found.items()):
        start = next((start for start, end in rows.items() if end == first - 1), first)
        rows[start] = last
    return rows


def test_imports_inside_of_functions_say_why() -> None:
    silent = []
    for file in APP.rglob("*.py"):
        lines = file.read_text().splitlines()
        if any(line.startswith(WHY) for line in lines):  # for all of the module
            continue
        silent += [
            f"{file.relative_to(APP)}:{first}"
            for first, last in late_imports(ast.parse(file.read_text())).items()
            if not any("# " in line for line in lines[first - 2 : last])
        ]
    assert not silent


def test_the_drawing_is_that_of_the_imports() -> None:
    assert drawn()[1] == draw(), "run: python -m tests.architecture"
