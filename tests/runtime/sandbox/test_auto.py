"""The default: Monty where it knows how, CPython that shut itself in where it does not, and never anything else."""

import ast
import builtins
import collections
import dataclasses
import functools
import json
import re
from types import ModuleType

import pytest

from humanloop_emulator.runtime.sandbox import auto, confinement, gaps
from humanloop_emulator.runtime.sandbox.auto import Auto
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome
from humanloop_emulator.runtime.sandbox.monty import Monty
from humanloop_emulator.settings import Settings

needs_confinement = pytest.mark.skipif(confinement.missing() is not None, reason="code cannot be shut in here")

GAPS = {
    "inheritance": "class A:\n    def g(self): return 1\nclass B(A): pass\ndef f(): return B().g()",
    "generator": "def g():\n    yield 1\ndef f(): return sum(g())",
    "deleted": "def f():\n    x = [1, 2]\n    del x[1]\n    return x[0]",
    "missing-name": "from difflib import ndiff\ndef f(): return len(list(ndiff(['a'], ['a'])))",
    "error-of-its-own": "class Low(ValueError): pass\ndef f():\n try: raise Low(1)\n except Low as e: return e.args[0]",
    "no-such-module": "import fractions\ndef f(): return fractions.Fraction(2, 2).numerator",
    "swallowed-import": "try: import fractions\nexcept ImportError: fractions = 0\ndef f(): return bool(fractions) * 1",
    "callable-replacement": "import re\ndef f(): return len(re.sub('a', lambda m: m.group() * 0, 'ab'))",
    "swallowed-method": (
        "def f():\n try: return len('abc'.translate(str.maketrans('', '', 'ab')))\n except Exception: return 0"
    ),
    "swallowed-name": "def f():\n try: return len(ascii('a')) - 2\n except Exception: return 0",
    "swallowed-member": "import re\ndef f():\n try: return re.subn('a', 'b', 'a')[1]\n except Exception: return 0",
    "asked-for": "def f(): return hasattr('a', 'upper') * 1",
    "asked-for-with-a-default": "def f(): return getattr(['a'], 'count', lambda x: 0)('a')",
    "line-end": "import re\ndef f(): return bool(re.search(r'^yes$', 'yes\\n')) * 1",
    "end-of-text": "import re as r\ndef f(): return (not r.search(r'yes\\Z', 'yes\\n')) * 1",
    "set-of-sets": "import re\ndef f(): return len(re.findall('[a&&b]', '&'))",
    "pattern-in-a-variable": "from re import findall as all_of\nP = 'x*'\ndef f(): return len(all_of(P, 'x')) - 1",
    "empty-matches": "import re\ndef f(): return len(re.findall('x*', 'x')) - 1",
}


@pytest.fixture
def sandbox() -> Auto:
    return Auto(Limits())


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Auto:
    """Return it as it is on a system that cannot shut a process in."""
    monkeypatch.setattr(confinement, "_landlock", lambda: 0)
    return Auto(Limits())


def test_it_is_the_default() -> None:
    assert Settings().python_runtime == "auto"


@needs_confinement
@pytest.mark.parametrize("code", GAPS.values(), ids=GAPS)
def test_what_monty_lacks_runs_in_cpython(sandbox: Auto, code: str) -> None:
    assert sandbox.run(code) == Outcome(1)


def test_what_monty_knows_starts_no_process(sandbox: Auto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto.Confined, "run", None)
    code = "import re, json, difflib, statistics\ndef f(x): return [re.findall('x+', x), round(0.005, 2)]"
    assert sandbox.run(code, ("axx",)) == Outcome([["xx"], 0.01])


@needs_confinement
def test_what_was_printed_is_told_once(sandbox: Auto) -> None:
    assert sandbox.run("def f():\n    print('once')\n    return dir(1)[:0]") == Outcome([], "once\n")


@needs_confinement
def test_errors_are_those_of_cpython(sandbox: Auto) -> None:
    assert sandbox.run("def f(): return [].nothing").error == (
        "AttributeError: 'list' object has no attribute 'nothing'\n  line 1, in f: def f(): return [].nothing"
    )


@needs_confinement
def test_files_are_refused_by_both(sandbox: Auto) -> None:
    error = sandbox.run("def f(): return open('/etc/passwd').read()").error or ""
    assert error.startswith(("PermissionError", "FileNotFoundError"))
    assert "--python-runtime process" in error


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f():\n    while True: pass", "TimeoutError: the code did not finish within 0.3 s (--python-timeout)"),
        ("def f(): return 'x' * 10**10", "MemoryError: the code needs more than 32 MiB (--python-memory-mb)"),
        ("def f(): return 'x' * 300_000", "The code returned more than 256 KiB."),
        ("def f(", "SyntaxError: '(' was never closed\n  line 1: def f("),
    ],
)
def test_limits_and_broken_code_are_not_tried_again(monkeypatch: pytest.MonkeyPatch, code: str, said: str) -> None:
    monkeypatch.setattr(auto.Confined, "run", None)
    assert Auto(Limits(seconds=0.3, memory_mb=32)).run(code).error == said


@pytest.mark.parametrize("code", [GAPS["inheritance"], GAPS["no-such-module"]])
def test_a_system_without_confinement_runs_monty_alone_and_says_why(alone: Auto, code: str) -> None:
    error = alone.run(code).error or ""
    assert "CPython cannot be confined here: its kernel has no Landlock" in error
    assert "--python-runtime process" in error
    assert "--python-runtime auto" not in error


def test_mistakes_of_the_code_say_nothing_of_it(alone: Auto) -> None:
    assert (
        alone.run("def f(): return 1 / 0").error
        == "ZeroDivisionError: division by zero\n  line 1, in f: def f(): return 1 / 0"
    )


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("import re\ndef f(): re.findall(r'\\w+', 'x')", False),
        ("import re\ndef f(): re.findall(r'\\w*', 'x')", True),
        ("import re\nP = re.compile('(a|)')\ndef f(x): return P.sub('', x)", True),
        ("import re\ndef f(): re.search('a*', 'x')", False),
        ("import re\ndef f(): re.search(r'\\$5', 'x')", False),
        ("def f(x): return x.replace('$', '').split('a*')", False),
        ("class A:\n    size = 1\ndef f(): return getattr(A(), 'size')", False),
        ("import re\ndef f(): re.sub('(', '', 'x')", False),
        ("import urllib.parse, os.path, html\nfrom urllib import parse\ndef f(): pass", False),
        ("import html.parser\ndef f(): pass", True),
        ("from urllib.request import urlopen\ndef f(): pass", True),
        ("from collections.abc import Mapping\ndef f(): pass", True),
        ("def f(", False),
    ],
)
def test_what_is_known_beforehand(code: str, known: bool) -> None:
    assert gaps.needs_cpython(code) is known


USELESS = {
    "PythonFinalizationError",
    "breakpoint",
    "compile",
    "copyright",
    "credits",
    "exit",
    "help",
    "input",
    "license",
    "quit",
}


def test_the_names_that_monty_lacks_are_known() -> None:
    names = [name for name in dir(builtins) if not name.startswith("_") and name not in USELESS]
    asked = "".join(f"    try: {name}\n    except NameError: lacking.append('{name}')\n" for name in names)
    assert set(Monty(Limits()).run(f"def f():\n    lacking = []\n{asked}    return lacking").value) == gaps.NAMES


@pytest.mark.parametrize("value", ["''", "[]", "{}", "{1}", "()", "1", "1.0", "b''", "frozenset()", "True"])
def test_the_methods_that_monty_lacks_are_known(value: str) -> None:
    names = [name for name in dir(ast.literal_eval(value) if value[0] != "f" else frozenset()) if name[0] != "_"]
    asked = "".join(f"    try: x.{name}()\n    except BaseException as e: told.append(str(e))\n" for name in names)
    told = Monty(Limits()).run(f"def f():\n    x, told = {value}, []\n{asked}    return told").value
    lacking = {name for name in names if any(text.endswith(f"has no attribute '{name}'") for text in told)}
    assert lacking - gaps.METHODS <= {"expandtabs"}  # which only bytes lack


SPARE = {
    "A",
    "DEBUG",
    "L",
    "LOCALE",
    "T",
    "TEMPLATE",
    "U",
    "UNICODE",
    "X",
    "RegexFlag",
    "purge",
    "template",
    "NOFLAG",
} | {
    *("WRAPPER_ASSIGNMENTS", "WRAPPER_UPDATES", "get_cache_token", "singledispatchmethod", "recursive_repr"),
    *("Field", "FrozenInstanceError", "InitVar", "KW_ONLY", "MISSING", "replace", "is_dataclass"),
}
"""Members that nobody needs where exceptions are caught; `replace` is a method of texts too."""


@pytest.mark.parametrize("module", [re, functools, dataclasses, collections, json])
def test_the_members_that_monty_lacks_are_known(module: ModuleType) -> None:
    names = [name for name in getattr(module, "__all__", dir(module)) if name[0] != "_"]
    asked = "".join(f"    try: m.{name}\n    except AttributeError: lacking.append('{name}')\n" for name in names)
    code = f"import {module.__name__} as m\ndef f():\n    lacking = []\n{asked}    return lacking"
    assert set(Monty(Limits()).run(code).value) - gaps.MEMBERS <= SPARE
