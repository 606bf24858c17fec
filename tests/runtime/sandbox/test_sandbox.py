"""What both runtimes do with code: what must work, what must end, and what is said of it."""

from typing import Any

import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome, Sandbox
from tests.builders.sandboxes import LOG, error, value

TESTCASE = {"target": {"output": "The capital of France is Paris."}}

EXACT_MATCH = """
def exact_match(log, testcase):
    return log["output"] == testcase["target"]["output"]
"""
LEVENSHTEIN = """
def levenshtein(log, testcase):
    a, b = log["output"], testcase["target"]["output"]
    dp = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i == 0:
                dp[i][j] = j
            elif j == 0:
                dp[i][j] = i
            elif a[i - 1] == b[j - 1]:
                dp[i][j] = dp[i - 1][j - 1]
            else:
                dp[i][j] = 1 + min(dp[i - 1][j], dp[i][j - 1], dp[i - 1][j - 1])
    return dp[len(a)][len(b)]
"""
SCHEMA = """
import json

SCHEMA = {"type": "object", "required": ["name", "age"],
          "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array"}}}
TYPES = {"string": str, "integer": int, "array": list, "object": dict}

def problems(value, schema, path="$"):
    found = []
    expected = TYPES[schema["type"]]
    if not isinstance(value, expected):
        found.append(f"{path}: not {schema['type']}")
        return found
    for name in schema.get("required", []):
        if name not in value:
            found.append(f"{path}.{name}: missing")
    for name, below in schema.get("properties", {}).items():
        if name in value:
            found.extend(problems(value[name], below, f"{path}.{name}"))
    return found

def valid_json(log):
    try:
        value = json.loads(log["output"])
    except json.JSONDecodeError as error:
        print("not JSON")
        return False
    found = problems(value, SCHEMA)
    for problem in found:
        print(problem)
    return not found
"""
WORD_COUNT = """
from collections import Counter

def word_count(log):
    words = [word.strip(".,!?").lower() for word in log["output"].split()]
    counts = Counter(words)
    return sum(counts.values())
"""
REGEX = r"""
import re

PATTERN = re.compile("\b[A-Z]\w+\b")  # not raw, as people write it
DATE = r"(?P<year>\d{4})-(?P<month>\d{2})"

def names(log):
    found = re.search(DATE, "on 2024-05-01")
    return {"names": re.findall(r"\b[A-Z]\w+\b", log["output"]), "year": found.group("year")}
"""
RAISES = """
def pick(log):
    return log["nothing"]

def check(log):
    print("before")
    chosen = pick(log)
    return chosen
"""


def test_exact_match(sandbox: Sandbox) -> None:
    assert value(sandbox, EXACT_MATCH, LOG, TESTCASE) is True
    assert value(sandbox, EXACT_MATCH, {**LOG, "output": "Rome"}, TESTCASE) is False


def test_levenshtein(sandbox: Sandbox) -> None:
    assert value(sandbox, LEVENSHTEIN, {"output": "kitten"}, {"target": {"output": "sitting"}}) == 3


def test_json_schema_by_hand(sandbox: Sandbox) -> None:
    assert sandbox.run(SCHEMA, ({"output": '{"name": "Ada", "age": 36, "tags": []}'},)) == Outcome(True)
    broken = sandbox.run(SCHEMA, ({"output": '{"age": "old"}'},))
    assert broken == Outcome(False, "$.name: missing\n$.age: not integer\n")
    assert sandbox.run(SCHEMA, ({"output": "{"},)) == Outcome(False, "not JSON\n")


def test_word_count(sandbox: Sandbox) -> None:
    assert value(sandbox, WORD_COUNT, LOG) == 6


def test_regular_expressions(sandbox: Sandbox) -> None:
    assert value(sandbox, REGEX, LOG) == {"names": ["The", "France", "Paris"], "year": "2024"}


@pytest.mark.filterwarnings("error")
def test_escapes_that_python_warns_of(sandbox: Sandbox) -> None:
    code = r"""
    import re
    NAME = f"\N{BULLET} \d"
    def check(log): return re.sub("\d", "", log), NAME, 'it\'s', "\\"
    """
    assert value(sandbox, code, "a1") == ["a", "\N{BULLET} \\d", "it's", "\\"]


def test_an_exception_tells_type_message_and_lines(sandbox: Sandbox) -> None:
    outcome = sandbox.run(RAISES, (LOG,))
    assert outcome.error == (
        "KeyError: 'nothing'\n  line 3, in pick: return log[\"nothing\"]\n  line 7, in check: chosen = pick(log)"
    )
    assert (outcome.value, outcome.stdout) == (None, "before\n")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def f(log): return 1 / 0", "ZeroDivisionError: division by zero"),
        ("def f(log): raise ValueError('bad ' + log)", "ValueError: bad log"),
        ("def f(log): assert log == 'x', 'not x'", "AssertionError: not x"),
        ("def f(log): raise NotImplementedError('mine')", "NotImplementedError: mine"),
        ("x = int('one')\ndef f(log): return 1", "ValueError: invalid literal"),
        ("def f(log):\r\n    return nowhere\r\n", "NameError: name 'nowhere' is not defined"),
        ("def f(log, testcase, third): return 1", "TypeError: f() missing"),
        ("def f(log):\n    return (", "SyntaxError: '(' was never closed\n  line 2"),
        ("def f(log):\n    x = 1\n    global x", "SyntaxError: name 'x' is assigned to before global declaration"),
    ],
)
def test_exceptions_are_told_alike(sandbox: Sandbox, code: str, kind: str) -> None:
    told = error(sandbox, code, "log")
    assert told.startswith(kind)
    assert "process" not in told


def test_the_last_function_is_the_entry(sandbox: Sandbox) -> None:
    code = """
    LIMIT = 3
    def helper(x): return x + LIMIT
    class Box:
        def last(self): return "method"
    if LIMIT:
        def entry(x):
            def inner(): return "inner"
            return helper(x)
    after = lambda x: "lambda"
    LIMIT = 4  # def comment(): in a comment
    TEXT = '''
    def text(x): return "text"
    '''
    """
    assert value(sandbox, code, 1) == 5


def test_a_lambda_is_the_entry_where_nothing_else_is_defined(sandbox: Sandbox) -> None:
    assert value(sandbox, "first = lambda x: 1\nsecond = lambda x: x * 2", 4) == 8


@pytest.mark.parametrize(
    ("code", "taken"),
    [
        ("def f(log): return [log]", ["a"]),
        ("def f(log, testcase): return [log, testcase]", ["a", "b"]),
        ("def f(log, testcase=None): return [log, testcase]", ["a", "b"]),
        ("def f(log, /, testcase, more=3): return [log, testcase, more]", ["a", "b", 3]),
        ("def f(*all): return all", ["a", "b"]),
        ("def f(*, more=1): return [more]", [1]),
        ("def f(): return []", []),
        ("f = lambda log: [log]", ["a"]),
    ],
)
def test_arguments_that_it_does_not_take_are_left_out(sandbox: Sandbox, code: str, taken: list[Any]) -> None:
    assert value(sandbox, code, "a", "b") == taken


def test_keywords_for_tools(sandbox: Sandbox) -> None:
    code = "def add(a, b=2, **more):\n    return [a + b, more]"
    assert value(sandbox, code, keywords={"a": 1, "b": 5, "some name": None}) == [6, {"some name": None}]
    assert value(sandbox, code, keywords={"a": 1}) == [3, {}]


def test_values_are_json(sandbox: Sandbox) -> None:
    code = "def f(x):\n    return {1: (1, 2.5, None, True), 'é': [x, ()]}"
    assert value(sandbox, code, {"deep": [{"a": "ü\n\t😀"}]}) == {
        "1": [1, 2.5, None, True],
        "é": [{"deep": [{"a": "ü\n\t😀"}]}, []],
    }
    assert value(sandbox, "def f(): pass") is None


@pytest.mark.parametrize(
    "returned",
    ["{1, 2}", "b'x'", "Box()", "f", "range(3)", "{(1, 2): 3}", "float('nan')", "[float('-inf')]", "10**400"],
)
def test_other_values_are_refused(sandbox: Sandbox, returned: str) -> None:
    assert "must return JSON types" in error(sandbox, f"class Box: pass\ndef f():\n    return {returned}")


@pytest.mark.parametrize("levels", [300, 5000])  # what JSON cannot write, what it cannot read
def test_values_nested_too_deeply_are_refused(sandbox: Sandbox, levels: int) -> None:
    code = f"def f():\n    x = []\n    for _ in range({levels}):\n        x = [x]\n    return x"
    assert "must return JSON types" in error(sandbox, code)


def test_what_is_printed(sandbox: Sandbox) -> None:
    code = """
import sys
print("loading")
def f():
    print("a", "é", sep="-", end="")
    print("x", file=sys.stderr)
"""
    assert sandbox.run(code).stdout == "loading\na-é"
    assert sandbox.run("def f(): pass").stdout is None
    assert sandbox.run("def f():\n    print('V[1]')\n    return 2") == Outcome(2, "V[1]\n")


def test_the_environment_is_what_was_given(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "secret")
    code = "import os\ndef f():\n    return [dict(os.environ), os.getenv('A'), os.getenv('HOST_SECRET', 'none')]"
    assert value(sandbox, code, environment={"A": "1"}) == [{"A": "1"}, "1", "none"]
    assert value(sandbox, code) == [{}, None, "none"]


def test_random_depends_on_the_arguments_alone(sandbox: Sandbox) -> None:
    code = "import random\ndef f(x):\n    return [random.random(), random.choice('abcdef')]"
    assert value(sandbox, code, 1) == value(sandbox, code, 1)
    assert value(sandbox, code, 1) != value(sandbox, code, 2)


def test_nothing_is_kept_between_runs(sandbox: Sandbox) -> None:
    value(sandbox, "kept = 1\ndef f():\n    global kept\n    kept = 2")
    assert error(sandbox, "def f():\n    return kept").startswith("NameError")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1", "The code defines no function."),
        ("", "The code defines no function."),
        ("class A:\n    def f(self): pass", "The code defines no function."),
        ("def f(): pass\0", "SyntaxError: "),
        ("def f(): return " + "-" * 60_000 + "1", "SyntaxError: "),
        ("#" * 65_537 + "\ndef f(): pass", "The code is longer than 64 KiB."),
    ],
)
def test_code_that_cannot_be_called(sandbox: Sandbox, code: str, said: str) -> None:
    assert error(sandbox, code).startswith(said)


def test_off_names_the_setting() -> None:
    told = error(make("off", Limits()), EXACT_MATCH, LOG, TESTCASE)
    assert "--python-runtime (HUMANLOOP_EMULATOR_PYTHON_RUNTIME) is off" in told
