"""What is known of code before it runs: its entry point, and how many arguments that takes.

The code is parsed here, never compiled or run. Every runtime gets the same answer, and so calls the same function.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...json_types import Json

LARGEST = 64 * 1024
"""Characters of code: to parse more may take seconds, in which the server answers nobody."""

ESCAPE = re.compile(r"\\([^\n'\"\\N])|\\.", re.DOTALL)


class CodeError(Exception):
    """The code cannot be called; the text says why."""


@dataclass(frozen=True)
class Entry:
    """The function to call: `code` has newlines alone between its lines, `positional` is null where any number fits."""

    code: str
    name: str
    positional: int | None

    def taken(self, arguments: Sequence[Json]) -> list[Json]:
        """Return the arguments that it takes, the first ones [C]."""
        return list(arguments[: self.positional])


@lru_cache(maxsize=128)
def find(code: str) -> Entry:
    """Return the last function defined at the top level [D], or raise CodeError.

    Functions below `if`, `try` and `with` count, those in classes do not; a lambda with a name counts where nothing
    else is defined [A].
    """
    defined = list(_functions(parse(code)))
    if not defined:
        raise CodeError("The code defines no function.")
    name, parameters = next((f for f in reversed(defined) if not f[2]), defined[-1])[:2]
    many = None if parameters.vararg else len(parameters.posonlyargs) + len(parameters.args)
    return Entry(with_newlines(code), name, many)


def parse(code: str) -> ast.Module:
    """Return the tree of the code, or raise CodeError. Texts in it are not exact, names and places are."""
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
    """Return the code with newlines alone between its lines."""
    return code.replace("\r\n", "\n").replace("\r", "\n")


def _functions(node: ast.AST) -> Iterator[tuple[str, ast.arguments, bool]]:
    """Yield name and parameters of each function defined in a block, and whether it is a lambda."""
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

    Python warns of `"\\d"` when it parses, and fails where warnings are errors, as in many a test suite; filters of
    warnings belong to the whole process, and are not ours to change.
    """
    return ESCAPE.sub(lambda found: r"\n" if found[1] else found[0], code)
