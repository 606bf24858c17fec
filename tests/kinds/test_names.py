"""Only `kinds` tells one kind of File from another: nobody else compares the type of a File with a name."""

import ast
from collections.abc import Iterator

import pytest

from humanloop_emulator.kinds import KINDS
from tests.docs_reader import ROOT

CONSTANTS = {name.upper() for name in KINDS}
MODULES = [path for path in sorted((ROOT / "app").rglob("*.py")) if "kinds" not in path.relative_to(ROOT).parts]


def named_kinds(node: ast.expr) -> Iterator[str]:
    """Yield what an operand of a comparison names: `PROMPT`, `PROMPT.type`, or a kind's type as text."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in CONSTANTS:
            yield part.id
        elif isinstance(part, ast.Constant) and part.value in KINDS:
            yield part.value


def asks_for_a_type(node: ast.expr) -> bool:
    """Tell whether an operand is the type of a File: `row.kind`, `kind`, `file["type"]`."""
    match node:
        case ast.Attribute(attr="kind" | "type") | ast.Name(id="kind"):
            return True
        case ast.Subscript(slice=ast.Constant(value="kind" | "type")):
            return True
    return False


def switches(source: str) -> list[str]:
    """Return the comparisons of a module that ask which kind a File is of."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and not any(isinstance(sign, ast.Is | ast.IsNot) for sign in node.ops):
            operands = [node.left, *node.comparators]
            named = [name for operand in operands for name in named_kinds(operand)]
            if named and (CONSTANTS.intersection(named) or any(map(asks_for_a_type, operands))):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Match) and asks_for_a_type(node.subject):
            found.append(ast.unparse(node.subject))
    return found


@pytest.mark.parametrize("source", ["row.kind == 'prompt'", "kind in (PROMPT, AGENT)", "TOOL.type != row.kind"])
def test_a_switch_is_found(source: str) -> None:
    assert switches(source) == [source]


def test_no_module_asks_for_the_name_of_a_kind() -> None:
    assert len(MODULES) > 200
    found = {str(path.relative_to(ROOT)): switches(path.read_text(encoding="utf-8")) for path in MODULES}
    assert {path: asked for path, asked in found.items() if asked} == {}
