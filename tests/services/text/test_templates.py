"""Templates: which variables they name, how they are filled, and what jinja may not do."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.errors import Invalid
from humanloop_emulator.templating.limits import MAX_TEXT
from humanloop_emulator.templating.templates import populate, variables

CHAT: list[dict[str, Any]] = [
    {"role": "system", "content": "You are {{ role }}.", "name": "{{ name }}"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "{{ question }} as {{ role }}"},
            {"type": "image_url", "image_url": {"url": "https://{{ host }}/a.png", "detail": "low"}},
        ],
    },
    {"role": "assistant", "content": None, "tool_calls": [{"id": "{{ id }}"}]},
    {"role": "tool", "content": "{{ answer }}"},
]


def refusal(template: Any, language: str = "jinja", inputs: dict[str, Any] | None = None) -> str:
    """Return what the 422 says about a template that cannot be filled."""
    with pytest.raises(Invalid) as caught:
        populate(template, language, inputs or {})
    assert caught.value.status == 422
    return str(caught.value.detail["description"])


# Variables


@pytest.mark.parametrize(
    ("template", "names"),
    [
        (None, []),
        ("", []),
        ("Hello", []),
        ("{{ b }} {{a}} {{\tb\n}}", ["b", "a"]),
        (
            "{{ log.messages[0].content }} {{ user-name }} {{ città }}",
            ["log.messages[0].content", "user-name", "città"],
        ),
        ('{{ tool("a") }} {{ lookup(b) }} {{ two words }} {{}} {{ - }} { x }', []),
        ('{"json": {{{ x }}}}', ["x"]),
        ("{% if a %}{{ b|upper }}{% endif %}", []),
        (CHAT, ["role", "question", "host", "answer"]),
    ],
)
def test_variables_of_the_default_language(template: Any, names: list[str]) -> None:
    assert variables(template) == names
    assert variables(template, None) == names


@pytest.mark.parametrize(
    ("template", "names"),
    [
        (None, []),
        ("{{ b }} {{ a.c }} {{ b|upper }} {{ d['e'] }}", ["b", "a", "d"]),
        ("{{ a if test else b }}", ["a", "test", "b"]),
        ("{% for x in items if keep %}{{ x }} {{ loop.index }} {{ y }}{% endfor %}", ["items", "keep", "y"]),
        ("{% set a = b %}{{ a }} {{ range(3) }} {% raw %}{{ c }}{% endraw %}", ["b"]),
        ("{{ missing | default(other) }}", ["missing", "other"]),
        (CHAT, ["role", "question", "host", "answer"]),
    ],
)
def test_variables_of_jinja(template: Any, names: list[str]) -> None:
    assert variables(template, "jinja") == names


@pytest.mark.parametrize(
    "template", ["{% if %}", "{{ a", "{{ a|no_such_filter }}", "{% for x in y %}", "{{" + "(" * 3000]
)
def test_jinja_that_cannot_be_parsed_is_refused(template: str) -> None:
    with pytest.raises(Invalid):
        variables(template, "jinja")
    assert refusal(template)


def test_the_line_of_a_syntax_error_is_named() -> None:
    assert refusal("a\n\n{% if %}").startswith("Line 3: ")


def test_unknown_languages_are_refused() -> None:
    with pytest.raises(Invalid):
        variables("a", "mustache")


# The default language


@pytest.mark.parametrize("language", ["default", "jinja"])
def test_populate_keeps_the_shape(language: str) -> None:
    inputs = {"role": "kind", "question": "Why?", "host": "example.com", "answer": "42"}
    filled = populate(CHAT, language, inputs)
    assert filled == [
        {"role": "system", "content": "You are kind.", "name": "{{ name }}"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Why? as kind"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [{"id": "{{ id }}"}]},
        {"role": "tool", "content": "42"},
    ]
    assert CHAT[0]["content"] == "You are {{ role }}."
    assert populate("Be {{ role }}\n", language, inputs) == "Be kind\n"
    assert populate(None, language, inputs) is None
    assert populate([], language, inputs) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\\1 {{ x }}", "a\\1 {{ x }}"),
        ("", ""),
        (0, "0"),
        (1.5, "1.5"),
        (True, "true"),
        ({"a": [1, None, "é"]}, '{"a": [1, null, "é"]}'),
        ([], "[]"),
    ],
)
def test_values_in_the_default_language(value: Any, text: str) -> None:
    assert populate("<{{ x }}>", "default", {"x": value}) == f"<{text}>"


def test_what_is_inserted_is_not_filled_again() -> None:
    assert populate("{{ a }} {{ b }}", "default", {"a": "{{ b }}", "b": "{{ a }}"}) == "{{ b }} {{ a }}"
    assert populate("{{ a }}", "jinja", {"a": "{{ b }}"}) == "{{ b }}"


def test_a_dotted_name_is_an_input_or_a_path() -> None:
    inputs = {"log": {"output": "yes", "messages": [{"content": "hi"}]}, "a.b": "whole", "a": {"b": "path"}}
    assert populate("{{ log.output }} {{ log.messages[0].content }} {{ a.b }}", "default", inputs) == "yes hi whole"
    assert "log.messages[7].content" in refusal("{{ log.messages[7].content }}", "default", inputs)
    assert refusal("{{ log.messages[" + "9" * 5000 + "] }}", "default", inputs)


def test_tool_calls_stay_as_they_are() -> None:
    assert populate('{{ snippet("a") }} {{ x }}', "default", {"x": "b"}) == '{{ snippet("a") }} b'


@pytest.mark.parametrize("language", ["default", "jinja"])
def test_all_missing_inputs_are_named(language: str) -> None:
    assert refusal(CHAT, language, {"question": "q", "unused": 1}) == (
        "The template needs values for: role, host, answer."
    )
    with pytest.raises(Invalid) as caught:
        populate("{{ a }}", language, None)
    assert caught.value.detail["loc"] == ["body", "inputs"]


def test_null_is_missing_in_the_default_language() -> None:
    assert refusal("{{ a }}", "default", {"a": None}) == "The template needs values for: a."
    assert populate("{% if a is none %}no{% endif %}", "jinja", {"a": None}) == "no"


def test_the_default_language_is_bounded() -> None:
    assert str(MAX_TEXT) in refusal("{{ a }}" * 5, "default", {"a": "x" * (MAX_TEXT // 4)})


# Jinja


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% for d in docs %}{{ loop.index }}/{{ loop.length }}{% if not loop.last %}, {% endif %}{% endfor %}",
         "1/2, 2/2"),
        ("{% for k, v in docs[0].items() %}{{ k }}={{ v }};{% endfor %}", "t=a;n=1;"),
        ("{{ docs | map(attribute='t') | join(', ') }} {{ docs | sum(attribute='n') }}", "a, b 3"),
        ("{{ missing | default('none given') }}{{ '!' if missing is defined }}", "none given"),
        ("{% set ns = namespace(x=1) %}{% for i in range(4) %}{% set ns.x = ns.x * 2 %}{% endfor %}{{ ns.x ~ '.' }}",
         "16."),
        ("{% macro m(x) %}<{{ x }}{{ caller() }}>{% endmacro %}{% call m('a') %}b{% endcall %}", "<ab>"),
        ("{% for x in [1, [2]] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}", "12"),
        ("{{ '%s at %d' % ('x', 1700000000) }} {{ '{:>4}'.format(1) }} {{ '%05.2f' | format(3.14159) }}",
         "x at 1700000000    1 03.14"),
        ("{{ 3 * 'ab' }} {{ 2 ** 10 }} {{ [1] + [2] }} {{ 17000000000 | string }}", "ababab 1024 [1, 2] 17000000000"),
        ("{{ 'a\nb' | indent(2) }} {{ 'abc' | center(7) }}|{{ 'a-b'.replace('-', '+') }}", "a\n  b   abc  |a+b"),
        ("{% filter upper %}a{% endfilter %}{{ docs[1] | tojson }}", 'A{"n": 2, "t": "b"}'),
        ("<b>{{ '<i>' }}</b>\n", "<b><i></b>\n"),
    ],
)  # fmt: skip
def test_jinja_is_jinja(template: str, text: str) -> None:
    assert populate(template, "jinja", {"docs": [{"t": "a", "n": 1}, {"t": "b", "n": 2}]}) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'].__mro__ }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ 'a' | attr('__class__') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ items.append(1) }}",
        "{% include 'other' %}",
        "{% import 'other' as other %}",
        "{{ items.nothing }}",
        "{{ items | first }}",
        "{{ 1 / 0 }}",
        "{{ none + 1 }}",
        "{{ 1() }}",
    ],
)
def test_what_fails_in_jinja_is_refused(template: str) -> None:
    assert refusal(template, inputs={"items": []})


def grow(start: str, step: str) -> str:
    """Write a template that changes `ns.x` many times."""
    body = "{% for i in range(60) %}" + step + "{% endfor %}{{ ns.x }}"
    return "{% set ns = namespace(x=" + start + ") %}" + body


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 1000000000 * 'a' }}",
        "{{ [0] * 1000000000 }}",
        "{{ 10 ** 100000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '%.1000000000f' | format(1) }}",
        "{{ '%(a)1000000000d' % {'a': 1} }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ '{:>{w}}'.format(1, w=1000000000) }}",
        "{{ '{a:1000000000}'.format_map({'a': 1}) }}",
        "{{ 'a'.center(1000000000) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ ('a' | safe).zfill(1000000000) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ 'a' | indent(1000000000, true) }}",
        "{{ '\t'.expandtabs(1000000000) }}",
        "{{ (1).to_bytes(1000000000, 'big') }}",
        "{{ {'a': 1} | tojson(indent=1000000000) }}",
        "{{ ['a'] | batch(1000000000, 'b') | list }}",
        "{{ ['a'] | map('center', 1000000000) | join }}",
        "{{ 'a' | replace('', 'b' * 100000) | replace('', 'b' * 100000) }}",
        "{{ ['a' * 100000] * 100000 }}",
        "{{ (['a' * 100000] * 100000) | join }}",
        "{{ range(1000000000) }}",
        "{{ lipsum(n=1000000) }}",
        "{% for i in range(99999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for x in [1, 1] recursive %}{% if loop.depth < 90 %}{{ loop([1, 1]) }}{% endif %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        grow("'a'", "{% set ns.x = ns.x ~ ns.x %}"),
        grow("'a'", "{% set ns.x = ns.x + ns.x %}"),
        grow("'a'", "{% set ns.x = '%s%s' % (ns.x, ns.x) %}"),
        grow("'a'", "{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}"),
        grow("'a'", "{% set ns.x = ns.x.replace('a', 'aa') %}"),
        grow("[1]", "{% set ns.x = [ns.x, ns.x] %}"),
        grow("[1]", "{% set ns.x = (ns.x, ns.x) %}{{ '' if ns.x is lower }}"),
        grow("[1]", "{% set ns.x = {1: ns.x, 2: ns.x} %}") + "{{ ns.x | upper }}",
        grow("[1]", "{% set ns.x = ns.x * 2 %}"),
        grow("2", "{% set ns.x = ns.x * ns.x %}"),
    ],
)
def test_jinja_is_bounded(template: str) -> None:
    assert refusal(template)


FRAGMENTS = [
    *("{{", "}}", "{%", "%}", " a ", " b.c ", " if a ", " endif ", " for x in a ", " endfor ", " else ", "|", "(", ")"),
    *("[", "]", "'", ".", ",", "1", "+", "*", "~", "%", "**", "upper", "join", "list", "format", "\n", "{#", "#}", "="),
    *("loop", "{{ a }}", "{{ b.c }}", "{% if a %}", "{% endif %}", " set x ", "{{ a.x() }}", "-", "{{ a|first }}"),
]


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=10).map("".join))
@settings(max_examples=200, deadline=None)
def test_any_template_is_filled_or_refused(template: str) -> None:
    inputs = {"a": ["x", 2], "b": {"c": None}, "x": "y"}
    for language in ("default", "jinja"):
        try:
            assert isinstance(populate(template, language, inputs), str)
            variables(template, language)
        except Invalid:
            pass


def test_the_sandbox_is_imported_on_first_use() -> None:
    use = "import sys; from humanloop_emulator.templating import templates; templates.variables('{{ a }}')"
    code = f"{use}; print('jinja2.sandbox' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
