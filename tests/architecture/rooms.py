"""The rooms of the house, which are the folders and modules right below `app/`, and who may import whom.

`python -m tests.architecture` draws them into the documentation, from the imports as they are.
"""

from functools import cache
from pathlib import Path

import grimp

PACKAGE = "humanloop_emulator"
LAYERS = (
    {"commands", "testing"},
    {"server"},
    {"application"},
    {"control", "ui"},
    {"api"},
    {"replay"},
    {"exchange"},
    {"runtime"},
    {"services"},
    {"store"},
    {"kinds"},
    {"schemas"},
    {"client", "templating"},
    {"settings"},
    {"bundled", "clock", "errors", "ids", "json_types", "waiting"},
)
"""From the top down: a room may import those below it, and none above it or beside it."""

INNER = {
    "runtime": (
        {"runtime"},
        {"jobs"},
        {"agents"},
        {"tools", "judges"},
        {"calls"},
        {"completions"},
        {"engines"},
        {"providers", "sandbox"},
    ),
    "services": (
        {"telemetry"},
        {"logs"},
        {"evaluations", "text"},
        {"files"},
        {"csv_text", "paging"},
        {"workspace"},
    ),
    "store": (
        {"snapshot_kinds"},
        {"snapshot_files", "snapshot_schemas"},
        {"schema", "snapshots", "timekeeper"},
        {"database"},
        {"dialects"},
        {"copying"},
        {"disk", "staging", "statement"},
        {"models"},
    ),
}
"""The same inside of a room."""

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn from the imports: python -m tests.architecture -->\n", "<!-- end of the drawing -->"


@cache
def imports() -> grimp.ImportGraph:
    """Return who imports whom, in functions too; what is imported for type checkers alone does not count."""
    graph = grimp.build_graph(
        PACKAGE, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    graph.remove_import(importer=PACKAGE, imported=f"{PACKAGE}.application")  # loaded when somebody asks for it
    return graph


def room_of(module: str) -> str:
    """Return the room of a module; it is empty for the package itself."""
    return module.removeprefix(PACKAGE).strip(".").partition(".")[0]


def importers_of(library: str) -> set[str]:
    """Return the rooms that import a library."""
    graph = imports()
    return (
        {room_of(module) for module in graph.find_modules_that_directly_import(library)}
        if library in graph.modules
        else set()
    )


def imported_rooms() -> dict[str, set[str]]:
    """Return for each room those that it imports."""
    graph = imports()
    found: dict[str, set[str]] = {room: set() for layer in LAYERS for room in layer}
    for module in sorted(graph.modules):
        if room := module.startswith(PACKAGE) and room_of(module):
            found[room] |= {
                room_of(other)
                for other in graph.find_modules_directly_imported_by(module)
                if other.startswith(PACKAGE) and room_of(other) not in ("", room)
            }
    return found


def draw() -> str:
    """Draw each room with an arrow to those it imports; what follows from other arrows is left out."""
    rooms = imported_rooms()
    below: dict[str, set[str]] = {}
    for layer in reversed(LAYERS):
        for room in layer:
            below[room] = rooms[room] | {deeper for other in rooms[room] for deeper in below[other]}
    lines = ["```mermaid", "flowchart TD"]
    for layer in LAYERS:
        for room in sorted(layer):
            direct = rooms[room] - {deeper for other in rooms[room] for deeper in below[other]}
            lines += [f"    {room} --> {' & '.join(sorted(direct))}"] if direct else []
    return "\n".join([*lines, "```", ""])


def drawn() -> tuple[str, str, str]:
    """Return the document in front of its drawing, the drawing that is in it, and what follows."""
    front, begin, rest = DOCUMENT.read_text().partition(BEGIN)
    drawing, end, back = rest.partition(END)
    assert begin and end, "the marks of the drawing are missing"
    return front + begin, drawing, end + back
