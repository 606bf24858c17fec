"""The entry point of code, and how many arguments it takes, found before the code runs.

The code is parsed here, never compiled or run. All runtimes use the result, and so call the same function.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...json_types import Json

LARGEST = 64 * 1024
"""Characters of code: parsing more may take seconds, in which the server answers nobody."""

ESCAPE = re.compile(r"\\([^\n'\"\\N])|\\.", re.DOTALL)


class CodeError(Exception):
    """The code cannot be called; the text says why."""


@dataclass(frozen=True)
class Entry:
    """The function to call. `code` has `\\n` as its only line end; `positional` is null if any number fits."""

    code: str
    name: str
    positional: int | None

    def accepted(self, arguments: Sequence[Json]) -> list[Json]:
        """Return the first arguments, as many as it takes [C]."""
        return list(arguments[: self.positional])


@lru_cache(maxsize=128)
def find(code: str) -> Entry:
    """Return the last function defined at the top level [D], or raise CodeError.

    Functions inside `if`, `try` and `with` count, those in classes do not; a named lambda counts if nothing else is
    defined [A].
    """
    defined = list(_functions(parse(code)))
    if not defined:
        raise CodeError("The code defines no function.")
    name, parameters = next((f for f in reversed(defined) if not f[2]), defined[-1])[:2]
    many = None if parameters.vararg else len(parameters.posonlyargs) + len(parameters.args)
    return Entry(with_newlines(code), name, many)


def parse(code: str) -> ast.Module:
    """Return the syntax tree, or raise CodeError. Names and positions in it are exact, string literals are not."""
    if len(code) > LARGEST:
        raise CodeError(f"The code is longer than {LARGEST // 1024} KiB.")
    try:
        return ast.parse(_without_escapes(with_newlines(code)))
    except SyntaxError as error:
        line = f"\n  line {error.lineno}: {(error.text or '').strip()[:200]}" if error.lineno else ""
        raise CodeError(f"SyntaxError: {error.msg}{line}") from None
    except (ValueError, RecursionError, MemoryError):
        raise CodeError("SyntaxError: the code holds a NUL character, or is nested too deeply") from None


def with_newlines(code: str) -> str:
    """Return the code with `\\n` as its only line end."""
    return code.replace("\r\n", "\n").replace("\r", "\n")


def _functions(node: ast.AST) -> Iterator[tuple[str, ast.arguments, bool]]:
    """Yield the name and parameters of each function in a block, and whether it is a lambda."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name, args=parameters) | ast.AsyncFunctionDef(name=name, args=parameters):
                yield name, parameters, False
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=parameters)):
                yield name, parameters, True
            case ast.ClassDef():
                pass
            case ast.stmt() | ast.excepthandler() | ast.match_case():
                yield from _functions(child)


def _without_escapes(code: str) -> str:
    r"""Write the escapes in texts as `\\n`, which changes no name and no length.

    Python warns about `"\\d"` when it parses, which fails where warnings are errors, as in many test suites; filters of
    warnings belong to the whole process, so they cannot be changed here.
    """
    return ESCAPE.sub(lambda found: r"\n" if found[1] else found[0], code)
