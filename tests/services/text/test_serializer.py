"""The text form of prompts and agents: the law that nothing is lost, and how it reads."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.errors import Invalid
from humanloop_emulator.services.text.serializer import DEEPEST, deserialize, serialize
from tests.builders.chat import assert_kept, image_part, message, text_part, tool_call

GOLDEN = """\
---
model: gpt-4o
provider: openai
endpoint: chat
temperature: 0.7
stop:
- '---'
tools:
- name: weather
  description: |-
    Look up the weather.
    One city at a time.
  strict: null
  parameters:
    type: object
    properties:
      city:
        type: string
attributes:
  owner: Zoë
---

<system>
You are a {{ role }}: answer in <b>HTML</b>, R&D style.

  - "Keep" the indentation
</system>

<user name="Ada">
<text>What is on this picture?</text>
<image url="https://example.com/a?b=1&c=2" detail="low"/>
</user>

<assistant>
<thinking signature="c2ln">A city, so the weather matters.</thinking>
<redacted_thinking data="ZGF0YQ"/>
Let me see.
<tool name="weather" id="call_1">{"city": "Oslo"}</tool>
</assistant>

<tool name="weather" id="call_1">
{"sky": "clear"}
</tool>

<user>
{{ question }}
</user>
"""


PICTURE = [text_part("What is on this picture?"), image_part("https://example.com/a?b=1&c=2", "low")]
THOUGHTS = [
    {"type": "thinking", "thinking": "A city, so the weather matters.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "ZGF0YQ"},
]
WEATHER = {
    "name": "weather",
    "description": "Look up the weather.\nOne city at a time.",
    "strict": None,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
GOLDEN_CONTENT = {
    **{"attributes": {"owner": "Zoë"}, "endpoint": "chat", "model": "gpt-4o", "provider": "openai", "seed": None},
    **{"stop": ["---"], "temperature": 0.7, "tools": [WEATHER]},
    "template": [
        message("system", 'You are a {{ role }}: answer in <b>HTML</b>, R&D style.\n\n  - "Keep" the indentation'),
        message("user", PICTURE, name="Ada"),
        message(
            *("assistant", "Let me see."),
            tool_calls=[tool_call("call_1", "weather", '{"city": "Oslo"}')],
            thinking=THOUGHTS,
        ),
        message("tool", '{"sky": "clear"}', name="weather", tool_call_id="call_1"),
        message("user", "{{ question }}"),
    ],
}


def without_nulls(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}


# The law

MARKS = [
    *("\n", "\n\n", "\r", "\r\n", " ", "  ", "\t", "\\", '"', "'", "#", ":", "- ", "|", "{{ x }}", "{% if %}"),
    *("---", "\n---\n", "...", "<", ">", "/>", "&", ";", "&lt;", "&amp;", "&amp;lt;", "&#13;", "&#32;", "&nbsp;"),
    *("<user>", "</user>", "<user", "</user", "</ user>", "<system>", "</system>", "<tool>", "</tool>", "<assistant/>"),
    *("<image url='u'/>", '<image url="', "<image", '<tool name="n" id="i">', '<part type="text">', "</part>"),
    *("<text>", "</text>", "<text/>", "<text >", '<tool id="i">', '<user name="n">', "<image url='u'>"),
    *('<thinking signature="s">', "</thinking>", '<redacted_thinking data="d"/>', "detail=", "\n  id=", "yes", "1e3"),
    *("null", "~", "=", "<<", "2024-01-01", "0x1", "\u2028", "\x85", "\x00", "\x1c", "\ufeff", "\xa0", "\U0001f600"),
]
texts = st.one_of(
    st.text(max_size=20), st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=3)), max_size=8).map("".join)
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
parts = st.one_of(
    st.builds(text_part, texts), st.builds(image_part, texts, st.none() | st.sampled_from(["low", "high", "auto"]))
)
thoughts = st.one_of(
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": texts, "signature": texts}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": texts}),
)
messages = st.builds(
    message,
    st.sampled_from(["user", "assistant", "system", "tool", "developer"]),
    st.none() | texts | st.lists(parts, min_size=1, max_size=4),
    name=st.none() | texts,
    tool_call_id=st.none() | texts,
    tool_calls=st.none() | st.lists(st.builds(tool_call, texts, texts, st.none() | texts), min_size=1, max_size=2),
    thinking=st.none() | st.lists(thoughts, min_size=1, max_size=2),
)
templates = st.none() | texts | st.lists(messages, max_size=4)
contents = st.fixed_dictionaries(
    {"model": texts, "template": templates},
    optional=dict.fromkeys(("provider", "temperature", "stop", "max_iterations", "tools", "attributes", "new"), values),
)


@given(contents)
@settings(deadline=None)
def test_content_survives_the_round_trip(content: dict[str, Any]) -> None:
    text = serialize(content)
    assert deserialize(text) == without_nulls(content)
    assert serialize(deserialize(text)) == text
    assert serialize(dict(reversed(content.items()))) == text


@given(st.lists(messages, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_all_messages_have_a_layout(template: list[dict[str, Any]]) -> None:
    text = serialize({"template": template})
    assert text.startswith("---\n---\n\n<")
    assert deserialize(text) == {"template": template}


@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=5), max_size=12).map("".join), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_for_good_or_refused(text: str, fenced: bool) -> None:
    try:
        content = deserialize(f"---\nmodel: m\n---\n{text}" if fenced else f"---\n{text}\n---\n")
    except Invalid as error:
        assert error.detail["description"].startswith("Line ")
    else:
        assert deserialize(serialize(content)) == content


def test_deeply_nested_values_are_kept() -> None:
    value: Any = 1
    for _ in range(125):
        value = {"a": [value]}
    assert deserialize(serialize({"other": value})) == {"other": value}


def test_values_that_are_nested_too_deeply_are_refused() -> None:
    def text(levels: int) -> str:
        return f"---\nother: {'[' * (levels - 1)}{']' * (levels - 1)}\n---\n"

    assert deserialize(text(DEEPEST))["other"]
    with pytest.raises(Invalid) as refused:
        deserialize(text(DEEPEST + 1))
    assert "nested too deeply" in refused.value.detail["description"]


# How it reads


def test_a_prompt_reads_plainly() -> None:
    assert serialize(GOLDEN_CONTENT) == GOLDEN
    assert deserialize(GOLDEN) == without_nulls(GOLDEN_CONTENT)


def test_an_agent_needs_nothing_of_its_own() -> None:
    tools = [
        {
            "type": "file",
            "link": {"file_id": "tl_1", "environment_id": None, "version_id": None},
            "on_agent_call": "stop",
        },
        {"type": "inline", "json_schema": {"name": "f", "description": ""}, "on_agent_call": "continue"},
    ]
    content = {"model": "m", "tools": tools, "max_iterations": 5, "template": [message("user", "Hi")]}
    text = serialize(content)
    assert deserialize(text) == content
    assert text.startswith("---\nmodel: m\nmax_iterations: 5\ntools:\n- type: file\n  link:\n    file_id: tl_1\n")


def test_a_completion_template_is_bare_text() -> None:
    text = serialize({"model": "m", "endpoint": "complete", "template": "Once <upon>\n---\n  a &amp; time"})
    assert text == "---\nmodel: m\nendpoint: complete\n---\n\nOnce <upon>\n---\n  a &amp; time\n"


def test_no_template_is_no_body() -> None:
    assert serialize({"model": "m", "template": None}) == "---\nmodel: m\n---\n"
    assert serialize({}) == "---\n---\n"
    assert deserialize("---\nmodel: m\nseed:\n---\n \n\n") == {"model": "m"}


def test_unknown_fields_come_last() -> None:
    assert serialize({"zeta": 1, "attributes": {}, "alpha": 2, "model": "m"}) == (
        "---\nmodel: m\nattributes: {}\nalpha: 2\nzeta: 1\n---\n"
    )


@pytest.mark.parametrize("template", ["", " \n", "<user>\nnot a message", "\n<tool/>", "a\r\nb", []])
def test_what_the_layout_cannot_carry_stands_in_the_front_matter(template: Any) -> None:
    text = assert_kept(template)
    assert text.startswith("---\nmodel: m\ntemplate: ") and text.endswith("\n---\n")


@pytest.mark.parametrize(
    "content",
    [
        "a < b && c > d &nbsp; &copy;",
        "<user>, <thinking>, <image>, <tool> and </tool>, <part>, <text>",
        "---\n\nmodel: x\n---",
        "First\n\n  second\n\tthird",
        "\n\nlines around\n\n",
        'She said "no", didn\'t she?',
    ],
)
def test_ordinary_text_is_not_escaped(content: str) -> None:
    assert f"<system>\n{content}\n</system>\n" in assert_kept([message("system", content)])


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ("a</user>b", "a&lt;/user>b"),
        ("a<user>b", "a&lt;user>b"),
        ("&lt; &nbsp;", "&amp;lt; &nbsp;"),
        ("a\r\nb", "a&#13;\nb"),
        ("  a\n  b", "&#32; a\n  b"),
        ("\n\ta", "\n&#9;a"),
        ('<tool name="f" id="1">', '&lt;tool name="f" id="1">'),
        ("<image\nurl='u'/>", "&lt;image\nurl='u'/>"),
    ],
)
def test_what_would_be_misread_is_escaped(content: str, written: str) -> None:
    assert f"<user>\n{written}\n</user>\n" in assert_kept([message("user", content)])


@pytest.mark.parametrize(
    ("given_message", "written"),
    [
        (message("user"), "<user/>"),
        (message("user", "", name=""), '<user name="">\n\n</user>'),
        (message("user", [text_part("a")]), '<user>\n<part type="text">a</part>\n</user>'),
        (
            message("user", [text_part("a"), text_part("b\n"), image_part("u")]),
            '<user>\n<text>a</text>\n<text>\nb\n\n</text>\n<image url="u"/>\n</user>',
        ),
        (
            message("user", [*map(text_part, ("a</text>b<text>", "", "</user><image url='u'/>")), image_part("u")]),
            "<user>\n<text>a&lt;/text>b&lt;text></text>\n<text></text>\n"
            "<text>&lt;/user>&lt;image url='u'/></text>\n<image url=\"u\"/>\n</user>",
        ),
        (
            message("assistant", tool_calls=[tool_call("1", "f", None), tool_call("2", "g", "")]),
            '<assistant>\n<tool name="f" id="1"/>\n<tool name="g" id="2"></tool>\n</assistant>',
        ),
        (
            message("assistant", " ", tool_calls=[tool_call("1", "f", "</tool>")]),
            '<assistant content=" ">\n<tool name="f" id="1">&lt;/tool></tool>\n</assistant>',
        ),
        (
            message("tool", "done", tool_call_id='a"b\n&quot;'),
            '<tool id="a&quot;b&#10;&amp;quot;">\ndone\n</tool>',
        ),
    ],
)
def test_forms_of_a_message(given_message: dict[str, Any], written: str) -> None:
    assert assert_kept([given_message]) == f"---\nmodel: m\n---\n\n{written}\n"


@pytest.mark.parametrize("key", ["content", "tool_calls", "thinking"])
def test_empty_lists_are_not_nulls(key: str) -> None:
    assert_kept([message("user", "a") | {key: []}])


def test_absent_keys_of_messages_are_read_as_null() -> None:
    text = serialize({"template": [{"role": "user", "content": "a"}]})
    assert deserialize(text) == {"template": [message("user", "a")]}
