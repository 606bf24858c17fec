"""What is known, before code runs, to fail or to give another result in Monty.

Monty reports most of what it lacks. But code may catch the error and go on (`except ImportError: numpy = None`), or get
another result without any error. `docs/runtime.md` lists the differences, which a random comparison of both
interpreters finds (`tests/runtime/sandbox/fuzz.py`).
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
"""The modules that Monty has itself."""

REPEATING = {"findall", "finditer", "split", "sub", "subn"}
"""Functions of `re` that go on after a match: Monty skips an empty match right after another one."""

OTHERWISE = re.compile(r"(?<!\\)\$|\[[^\]]*(\[|&&|--|~~|\|\|)")
"""What Monty reads differently in patterns, besides `\\Z`: `$` before a final line end, and nested sets."""

NAMES = frozenset(
    {"BaseExceptionGroup", "BlockingIOError", "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError"}
    | {"ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError"}
    | {"DeprecationWarning", "EOFError", "EncodingWarning", "EnvironmentError", "ExceptionGroup", "FloatingPointError"}
    | {"FutureWarning", "GeneratorExit", "IOError", "ImportWarning", "IndentationError", "InterruptedError"}
    | {"PendingDeprecationWarning", "ProcessLookupError", "ReferenceError", "ResourceWarning", "RuntimeWarning"}
    | {"StopAsyncIteration", "SyntaxWarning", "SystemError", "TabError", "UnicodeError", "UnicodeTranslateError"}
    | {"UnicodeWarning", "UserWarning", "Warning", "aiter", "anext", "ascii", "bytearray", "callable", "classmethod"}
    | {"delattr", "dir", "globals", "issubclass", "memoryview", "staticmethod", "super", "vars"}
)
"""The builtins that Monty lacks."""

METHODS = frozenset(
    {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "difference_update", "format_map"}
    | {"from_bytes", "fromhex", "hex", "imag", "intersection_update", "is_integer", "maketrans", "numerator", "real"}
    | {"symmetric_difference_update", "to_bytes", "translate"}
)
"""The attributes that values of builtin types lack in Monty."""

MEMBERS = frozenset(
    {"ChainMap", "JSONDecoder", "JSONEncoder", "UserDict", "UserList", "UserString", "VERBOSE", "asdict", "astuple"}
    | {"cached_property", "cmp_to_key", "fields", "getsizeof", "make_dataclass", "partialmethod", "singledispatch"}
    | {"subn", "total_ordering", "update_wrapper", "wraps"}
)
"""What Monty's own modules lack."""


@lru_cache(maxsize=128)
def needs_cpython(code: str) -> bool:
    """Return whether this code needs CPython to do what it was written for."""
    try:
        tree = parse(code)
    except CodeError:
        return False
    return any(map(_is_unknown, _imported(tree))) or any(map(_lacks, ast.walk(tree))) or _matches_otherwise(code, tree)


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names of imported modules; `from urllib import parse` imports `urllib.parse`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                below = [f"{module}.{name.name}" for name in names]
                yield from below if all(map(lent.NAMES.__contains__, below)) else [module]


def _is_unknown(module: str) -> bool:
    return module not in MODULES and module not in lent.NAMES


def _lacks(node: ast.AST) -> bool:
    """Return whether a node needs what Monty lacks, or looks up methods by name, which Monty never finds."""
    match node:
        case ast.Name(id="hasattr") | ast.Call(func=ast.Name(id="getattr"), args=[_, _, _]):
            return True
        case ast.Name(id=name):
            return name in NAMES
        case ast.Attribute(attr=name):
            return name in METHODS or name in MEMBERS
    return False


def _matches_otherwise(code: str, tree: ast.AST) -> bool:
    """Return whether any string literal, wherever it is, would be a different pattern in Monty."""
    if "re" not in _imported(tree):
        return False
    nodes = list(ast.walk(tree))
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if r"\Z" in code or any(map(OTHERWISE.search, texts)):  # in the tree escapes are replaced
        return True
    names = {getattr(node, "attr", None) or getattr(node, "id", None) for node in nodes}
    imported = {name.name for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names}
    return not REPEATING.isdisjoint(names | imported) and any(text and _matches_nothing(text) for text in texts)


def _matches_nothing(pattern: str) -> bool:
    """Return whether a pattern matches an empty text; it is parsed, never tried on one."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return int(_parser.parse(pattern).getwidth()[0]) == 0
    except (re.error, RecursionError, OverflowError):
        return False
