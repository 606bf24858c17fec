"""Modules that are lent to Monty: they come to what CPython's come to, or to an error, and cannot stop the server."""

from typing import Any

import jsonschema
import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome, Sandbox
from humanloop_emulator.runtime.sandbox.lent import FILES, lend
from tests.runtime.sandbox import fuzz

KNOWN = ("re.", "(re.", "[m.", "bool(re.", "hash(")
"""What comes out differently in Monty, and is told in docs/runtime.md: expressions, and hashes of numbers."""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make("monty", Limits())


def test_monty_comes_to_what_cpython_comes_to() -> None:
    silent, refused = fuzz.differences(40, seed=11)
    assert [found for found in silent if not found[0].startswith(KNOWN)] == []
    assert refused < 40 * fuzz.EXPRESSIONS / 10, "Monty lacks more than it did"


@pytest.mark.parametrize("number", [0.005, 1.005, 2.675, -2.675, 2.5, 1e22, 1250.0, 1350.0, -1250.5, 0.0, 5e-324, 3])
@pytest.mark.parametrize("digits", [2, 0, -2, 400])
def test_round(sandbox: Sandbox, number: float, digits: int) -> None:
    code = f"def f(): return repr(round({number!r}, {digits}))"
    assert sandbox.run(code) == Outcome(repr(round(number, digits)))


@pytest.mark.parametrize(
    ("imports", "use"),
    [
        ("import difflib", "difflib.SequenceMatcher(None, 'ab', 'ab').ratio()"),
        ("import json, difflib as d", "d.SequenceMatcher(None, 'ab', json.loads('\"ab\"')).ratio()"),
        ("from difflib import SequenceMatcher as S", "S(None, 'ab', 'ab').ratio()"),
        (
            "from difflib import (\n    SequenceMatcher,\n    get_close_matches,\n)",
            "SequenceMatcher(None, 'a', 'a').ratio()",
        ),
        ("import urllib.parse", "len(urllib.parse.quote('a'))"),
        ("import urllib.parse as p", "len(p.quote('a'))"),
        ("from urllib import parse", "len(parse.quote('a'))"),
        ("from collections import Counter, OrderedDict", "Counter(OrderedDict([('a', 1)]))['a']"),
        ("import collections", "collections.OrderedDict(a=1)['a']"),
        ("ä = 'ü'; import string; ö = 1", "len(string.digits) * ö // 10"),
        ("if True: import uuid, \\\n    math", "len(str(uuid.uuid4())) // math.floor(36.5)"),
        ("try:\n    from statistics import mean\nexcept ImportError:\n    mean = None", "mean([1, 1])"),
    ],
)
def test_however_it_is_imported(sandbox: Sandbox, imports: str, use: str) -> None:
    code = f"{imports}\ndef f():\n    return {use}\n\ndef g():\n    return f() / 0\n"
    told = sandbox.run(code).error or ""
    line = imports.count("\n") + 3
    assert told.startswith(f"ZeroDivisionError: division by zero\n  line {line + 3}, in g: return f() / 0"), told
    assert sandbox.run(code.replace(" / 0", "")) == Outcome(1)


def test_code_that_borrows_nothing_is_left_alone() -> None:
    code = "import json, collections\nfrom . import x\ndef f(): return 'import difflib'"
    assert lend(code) == (None, code)


def test_its_exceptions_are_not_taken_for_others(sandbox: Sandbox) -> None:
    code = """
import json, jsonschema, statistics

def check(text):
    try:
        value = json.loads(text)
        jsonschema.validate(value, {"type": "array"})
        return statistics.mean(value)
    except jsonschema.ValidationError as error:
        return str(error)
    except statistics.StatisticsError as error:
        return f"{isinstance(error, ValueError)}: {error}"
    except json.JSONDecodeError:
        return "no JSON"
"""
    assert [sandbox.run(code, (text,)).value for text in ("[1]", "1", "[]", "[")] == [
        *(1, "1 is not of type 'array'", "True: mean requires at least one data point", "no JSON"),
    ]


def test_names_of_the_code_do_not_meet_those_of_a_module(sandbox: Sandbox) -> None:
    code = "from difflib import SequenceMatcher\ndef _ratio(*x): return 'mine'\nMatch = 1\n"
    assert sandbox.run(code + "def f(): return SequenceMatcher(None, 'ab', 'ab').ratio()") == Outcome(1.0)


@pytest.mark.parametrize("module", FILES)
def test_what_is_missing_is_an_error_that_names_it(sandbox: Sandbox, module: str) -> None:
    error = sandbox.run(f"import {module} as lent\ndef f(): return lent.missing").error or ""
    if module != "collections":  # lent only where OrderedDict is named
        assert error.startswith("AttributeError: a lent module has no attribute 'missing'")
    assert "--python-runtime auto" in error


@pytest.mark.parametrize(
    "body",
    [
        "import difflib\nreturn difflib.SequenceMatcher(None, 'ab' * 50_000, 'ba' * 50_000, autojunk=False).ratio()",
        "import difflib\nreturn difflib.get_close_matches('a' * 9_000, ['a' * 9_000 + str(n) for n in range(500)])",
        "import statistics\nreturn statistics.stdev([7 ** 60_000 + n for n in range(2_000)])",
        "import jsonschema\njsonschema.validate('a' * 40 + '!', {'pattern': '^(a+)+$'})\njsonschema.validate(1, S)",
        "import jsonschema\njsonschema.validate([[n] for n in range(100_000)], {'uniqueItems': True})",
        "import textwrap\nreturn len(textwrap.indent('a\\n' * 10**6, 'x' * 10**6))",
        "import string\nreturn len(string.punctuation * 10**10)",
        "import heapq\nreturn heapq.nlargest(1, range(10**12))",
        "return round(1.5, -(10**12)) + round(1.5, 10**12) + round(10 ** 300_000, -200_000) % 7 + S",
        "from urllib.parse import parse_qs\nreturn len(parse_qs('&'.join(['a=1'] * 10**7)))",
    ],
)
def test_no_lent_function_stops_the_server(body: str) -> None:
    lines = body.replace("\n", "\n    ")
    outcome = make("monty", Limits(seconds=0.3, memory_mb=64)).run(f"S = {{}}\nS['$ref'] = '#'\ndef f():\n    {lines}")
    assert outcome.value is None
    assert outcome.error is not None


SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {"type": ["string", "null"], "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"},
    {"type": "array", "items": {"type": "number", "minimum": 0, "exclusiveMaximum": 10}, "uniqueItems": True},
    {"enum": ["x", 1, None, [1]]},
    {"const": 1.0},
    {"anyOf": [{"type": "string"}, {"multipleOf": 3}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 2}]},
    {"not": {"type": "string"}, "allOf": [{"minItems": 1}, {"maxItems": 2}]},
    {"$ref": "#/$defs/item", "$defs": {"item": {"type": "array", "items": {"$ref": "#/$defs/item"}}}},
    {"if": {"type": "object"}, "then": {"minProperties": 1}, "else": {"type": "array", "contains": {"const": 2}}},
    {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": {"type": "number"}},
    {"propertyNames": {"maxLength": 1}, "prefixItems": [{"type": "string"}]},
]
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        1,
        1.0,
        3,
        2.5,
        10,
        "x",
        "ab",
        "AB",
        "abcde",
        [],
        [1],
        [1, 1],
        [1, True],
        [1, 2, 3],
        ["a", "b"],
        [[1]],
    ),
    *([[], [[]]], {}, {"a": 1}, {"a": "1"}, {"a": 1, "b": 2}, {"x1": "a"}, {"x1": 1}, {"ab": 1}),
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_schemas_are_checked_as_jsonschema_does(sandbox: Sandbox, schema: dict[str, Any]) -> None:
    code = """
import jsonschema

def check(values, schema):
    found = []
    for value in values:
        try:
            jsonschema.validate(value, schema)
            found.append(True)
        except jsonschema.ValidationError:
            found.append(False)
    return found
"""
    validator = jsonschema.Draft202012Validator(schema)
    assert sandbox.run(code, (VALUES, schema)) == Outcome([validator.is_valid(value) for value in VALUES])
