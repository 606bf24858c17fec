"""Modules that Monty lacks, written in the subset of Python that it supports.

They run inside the sandbox, under its limits, so that users' code cannot make the server itself compute. (Functions of
the host would run in the server, where nothing stops `SequenceMatcher` or a regular expression on hostile texts.)

Each file is the body of a function; the names it defines, but for those that begin with `_`, are the module. Monty has
no way to add a module, so statements that import them are replaced, on the same lines. The files use nothing that Monty
lacks: no subclasses, no `yield`, no `del`. If one does less than the module of its name, what is missing raises
AttributeError; it never gives another result. `docs/runtime.md` lists what is lent.
"""

import ast
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from ..entry import parse

FILES = {
    "collections": "collections.py",
    "contextlib": "contextlib.py",
    "difflib": "difflib.py",
    "heapq": "heapq.py",
    "html": "html.py",
    "io": "io.py",
    "jsonschema": "jsonschema.py",
    "logging": "logging.py",
    "operator": "operator.py",
    "statistics": "statistics.py",
    "string": "string.py",
    "textwrap": "textwrap.py",
    "urllib.parse": "urllib_parse.py",
    "uuid": "uuid.py",
}
NAMES = frozenset(FILES)
"""The modules that are lent."""

EXTENDED = {"collections": "OrderedDict"}
"""Modules that Monty has itself, lent only to code that names what they lack."""

HEAD = """
class Lent:
    def __init__(self, **names):
        for name, value in names.items():
            setattr(self, name, value)
"""
ROUND = "round = lent__builtins.rounded\n"

Import = ast.Import | ast.ImportFrom


@lru_cache(maxsize=128)
def lend(code: str) -> tuple[str | None, str]:
    """Return the code to run first, if any module is borrowed, and the code with its imports replaced."""
    tree = parse(code)
    lent = {name for name in NAMES if EXTENDED.get(name, "") in code}
    imports = [node for node in ast.walk(tree) if isinstance(node, Import) and not lent.isdisjoint(_wanted(node))]
    wanted = sorted({name for node in imports for name in _wanted(node) & lent})
    before = "".join(_defined(name) for name in wanted)
    if any(isinstance(node, ast.Name) and node.id == "round" for node in ast.walk(tree)):
        before += _defined("builtins") + ROUND
    return (HEAD + before if before else None), _replaced(code, imports, lent)


def _wanted(node: Import) -> set[str]:
    """Return the names of the modules that a statement imports; `from urllib import parse` imports `urllib.parse`."""
    if isinstance(node, ast.Import):
        return {name.name for name in node.names}
    if node.level or node.module is None:
        return set()
    return {node.module, *(f"{node.module}.{name.name}" for name in node.names)}


def _variable(module: str) -> str:
    return f"lent__{module.replace('.', '_')}"


@cache
def _defined(module: str) -> str:
    """Return code that assigns a module to a variable."""
    text = Path(__file__).with_name(FILES.get(module, f"{module}.py")).read_text("utf-8")
    tree = ast.parse(text)
    names = [name for node in tree.body for name in _names(node) if not name.startswith("_")]
    body = "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
    exported = ", ".join(f"{name}={name}" for name in names)
    made = (
        f"def {_variable(module)}():\n{body}    return Lent({exported})\n{_variable(module)} = {_variable(module)}()\n"
    )
    package, _, name = module.rpartition(".")
    return made + f"{_variable(package)} = Lent({name}={_variable(module)})\n" if package else made


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _replaced(code: str, imports: list[Import], lent: set[str]) -> str:
    """Replace the imports with assignments, the last one first; columns count bytes of UTF-8."""
    lines = [line.encode() for line in code.split("\n")]
    for node in sorted(imports, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        kept = "\n" * (last - first)  # the lines that follow keep their numbers
        lines[first : last + 1] = (before + _assigned(node, kept, lent).encode() + after).split(b"\n")
    return b"\n".join(lines).decode()


def _assigned(node: Import, kept: str, lent: set[str]) -> str:
    """Return the statements that replace an import; the line ends that it had are kept inside brackets."""
    targets, values, others = [], [], []
    for name in node.names:
        if isinstance(node, ast.ImportFrom):
            module = f"{node.module}.{name.name}"
            value = _variable(module) if module in lent else f"{_variable(node.module or '')}.{name.name}"
            targets.append(name.asname or name.name)
            values.append(value)
        elif name.name not in lent:
            others.append(f"import {name.name}" + (f" as {name.asname}" if name.asname else ""))
        elif name.asname:
            targets.append(name.asname)
            values.append(_variable(name.name))
        else:
            package = name.name.partition(".")[0]
            targets.append(package)
            values.append(_variable(package))
    return "; ".join([*others, f"{', '.join(targets)}, = ({kept}{', '.join(values)},)"])
