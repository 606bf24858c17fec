"""What is known, before code runs, to fail or to come out differently in Monty.

Most of what Monty lacks it says itself. But code may catch that and go on (`except ImportError: numpy = None`), or get
another result and no error at all. `docs/runtime.md` lists the differences; a comparison of both interpreters at random
finds them (`tests/runtime/sandbox/fuzz.py`).
"""

import ast
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]

from . import lent
from .entry import CodeError, parse

MODULES = frozenset(
    {"asyncio", "base64", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "functools"}
    | {"hashlib", "itertools", "json", "math", "os", "os.path", "pathlib", "random", "re", "sys", "time", "typing"}
    | {"unicodedata"}
)
"""Those that Monty has itself."""

REPEATING = ("findall", "finditer", "split", "sub", "subn", "compile")
"""Functions of `re` that go on after a match: Monty passes over an empty one right behind another."""


@lru_cache(maxsize=128)
def known(code: str) -> bool:
    """Return whether CPython is needed for this code to do what it was written for."""
    try:
        tree = parse(code)
    except CodeError:
        return False
    return any(map(_is_unknown, _imported(tree))) or any(map(_matches_nothing, _patterns(tree)))


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names of what is imported; `from urllib import parse` imports `urllib.parse`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                below = [f"{module}.{name.name}" for name in names]
                yield from below if all(map(lent.NAMES.__contains__, below)) else [module]


def _is_unknown(module: str) -> bool:
    return module not in MODULES and module not in lent.NAMES


def _patterns(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=name) | ast.Name(id=name),
                args=[ast.Constant(value=str(pattern)), *_],
            ) if name in REPEATING:
                yield pattern


def _matches_nothing(pattern: str) -> bool:
    """Return whether an expression matches an empty text; it is read here, never tried on one."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return int(_parser.parse(pattern).getwidth()[0]) == 0
    except (re.error, RecursionError, OverflowError):
        return False
