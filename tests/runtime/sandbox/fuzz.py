"""Compare Monty with CPython on programs that nobody wrote: `python -m tests.runtime.sandbox.fuzz [PROGRAMS] [SEED]`.

Expressions are made at random from the templates in `fuzz.yaml`, many to a program. Both interpreters run it;
where both come to a value and the values differ, evaluators judge wrongly and nobody notices. What Monty refuses is
only counted: the error says so, and `--python-runtime auto` goes on in CPython.
"""

import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Sandbox

EXPRESSIONS = 40  # of one program
MADE_OF: dict[str, dict[str, list[str]]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
PIECES, QUOTED, TEMPLATES = MADE_OF["pieces"], MADE_OF["quoted"], MADE_OF["templates"]

Difference = tuple[str, str, str]
"""An expression, what CPython makes of it, and what Monty does; an exception is `!` and its type."""

HEAD = """
import base64, bisect, csv, functools, hashlib, heapq, html, itertools, json, math, operator, re, statistics, string
import io, textwrap, unicodedata, uuid
from contextlib import suppress
from collections import Counter, defaultdict, deque
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from difflib import SequenceMatcher, get_close_matches, unified_diff
from operator import itemgetter
from urllib.parse import parse_qs, parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode, urlparse, urlsplit

def told(value):
    return repr(sorted(value, key=repr)) if isinstance(value, (set, frozenset)) else repr(value)

def suppressed(kinds, value, key):
    with suppress(*kinds) if isinstance(kinds, tuple) else suppress(kinds):
        return value[key]
    return "suppressed"

def run():
    found = []
"""
EACH = """
    try:
        found.append(told({}))
    except Exception as error:
        found.append("!" + type(error).__name__)
"""


def expressions(chance: random.Random) -> Iterator[str]:
    """Yield expressions without end, each kind of template as often as any other."""
    kinds = list(TEMPLATES.values())
    while True:
        template = chance.choice(chance.choice(kinds))
        yield "".join(_piece(chance, token) for token in _tokens(template))


def _tokens(template: str) -> list[str]:
    """Cut a template so that the letters that stand for something are tokens of their own."""
    tokens, word = [], ""
    for character in template + " ":
        if character.isalnum() or character in "_'":
            word += character
        else:
            tokens += [word, character]
            word = ""
    return tokens[:-1]


def _piece(chance: random.Random, token: str) -> str:
    if token in PIECES:
        return f"({chance.choice(PIECES[token])})"
    return repr(chance.choice(QUOTED[token])) if token in QUOTED else token


def compare(sandbox: Sandbox, made: list[str]) -> Iterator[Difference]:
    """Yield where CPython and Monty come to different results."""
    code = HEAD + "".join(EACH.format(each) for each in made) + "    return found\n"
    space: dict[str, Any] = {}
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
        exec(compile(code, "fuzz", "exec"), space)
    outcome = sandbox.run(code)
    if outcome.error and len(made) > 1:  # one of them stops the whole program: look for it
        half = len(made) // 2
        yield from compare(sandbox, made[:half])
        yield from compare(sandbox, made[half:])
        return
    got = [f"!{outcome.error}"] if outcome.error else outcome.value
    results = zip(made, space["run"](), got, strict=True)
    yield from ((each, wanted, came) for each, wanted, came in results if wanted != came)


def differences(programs: int, seed: int = 0) -> tuple[list[Difference], int]:
    """Return the silent differences of so many programs, and how many expressions Monty refuses."""
    sandbox = make("monty", Limits(seconds=20))
    source = expressions(random.Random(seed))
    found = [each for _ in range(programs) for each in compare(sandbox, [next(source) for _ in range(EXPRESSIONS)])]
    silent = [each for each in found if not each[2].startswith("!")]
    return silent, len(found) - len(silent)


def main() -> None:
    """Print the silent differences."""
    programs, seed = (int(text) for text in [*sys.argv[1:], "100", "0"][:2])
    silent, refused = differences(programs, seed)
    for (expression, wanted, came), times in Counter(silent).most_common():
        print(f"{times} x {expression}\n    CPython {wanted}\n    Monty   {came}")
    print(f"{programs * EXPRESSIONS} expressions: {len(silent)} differ silently, {refused} are refused by Monty")


if __name__ == "__main__":
    main()
