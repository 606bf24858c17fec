"""Prompts and agents in texts that people wrote: what is free, what is documented, and what is refused."""

import pytest

from humanloop_emulator.errors import Invalid
from humanloop_emulator.services.text.serializer import deserialize
from tests.builders.chat import assert_kept, image_part, message, template_of, text_part, tool_call


def test_indentation_is_part_of_the_layout() -> None:
    assert template_of("\n<system>\n  You are {{ role }}.\n\n    - kind\n</system>\n") == [
        message("system", "You are {{ role }}.\n\n  - kind")
    ]
    assert template_of("<assistant>\n  <tool name='f' id='1'>\n    {}\n  </tool>\n  </assistant>") == [
        message("assistant", tool_calls=[tool_call("1", "f", "{}")])
    ]


def test_line_ends_quotes_and_blank_lines_are_free() -> None:
    text = (
        "\ufeff---\r\nmodel: m  # the model\r\n--- \r\n<user  name = 'Ada'>a\r\nb</user >\r\n\r\n\r\n <assistant\r\n/>"
    )
    assert deserialize(text) == {"model": "m", "template": [message("user", "a\nb", name="Ada"), message("assistant")]}


def test_bare_text_needs_no_blank_line() -> None:
    assert template_of("Tell me") == template_of("\nTell me\n") == "Tell me"


def test_elements_may_stand_in_a_line() -> None:
    assert template_of("<user>See <image url='u'/> and say</user>") == [
        message("user", [text_part("See "), image_part("u"), text_part(" and say")])
    ]
    assert template_of("<assistant>a <tool name='f' id='1'/>\nb</assistant>") == [
        message("assistant", "a \nb", tool_calls=[tool_call("1", "f", None)])
    ]


WORKED_EXAMPLE = """
<system>
  You describe what people photograph.
</system>

<user>
  <text>
    Which city is this?
  </text>
  <image url="{{ photo }}" detail="high" />
  <text>And is it raining there?</text>
</user>

<assistant>
  <tool name="forecast" id="call_7">
    {"city": "Bergen"}
  </tool>
</assistant>

<tool name="forecast" id="call_7">
  Rain, as on most days.
</tool>
"""


def test_the_documented_forms_are_read_and_survive() -> None:
    template = template_of(WORKED_EXAMPLE)
    assert template == [
        message("system", "You describe what people photograph."),
        message(
            "user",
            [
                text_part("Which city is this?"),
                image_part("{{ photo }}", "high"),
                text_part("And is it raining there?"),
            ],
        ),
        message("assistant", tool_calls=[tool_call("call_7", "forecast", '{"city": "Bergen"}')]),
        message("tool", "Rain, as on most days.", name="forecast", tool_call_id="call_7"),
    ]
    written = assert_kept(template)
    assert "<text>Which city is this?</text>" in written
    assert '<tool name="forecast" id="call_7">\nRain, as on most days.\n</tool>' in written


@pytest.mark.parametrize(
    "text",
    [
        "Sum up: <text>{{ article }}</text>",
        "<context>\n{{ facts }}\n</context>\n\n<question/>",
        "<text><example id='1'>a</example>",
        '<image src="photo.png"/> <tools>search</tools> <tool>search</tool>',
    ],
)
def test_tags_of_the_author_stay_text(text: str) -> None:
    assert template_of(f"<user>\n{text}\n</user>") == [message("user", text)]
    assert f"<user>\n{text}\n</user>\n" in assert_kept([message("user", text)])


def test_text_beside_an_image_needs_no_tag() -> None:
    parts = [text_part("See <b>here</b>:"), image_part("u"), text_part("Well?")]
    text = "<user>\nSee <b>here</b>:\n<image url='u'/>\n<text>Well?</text></user>"
    assert template_of(text) == [message("user", parts)]


def test_an_answer_of_a_tool_may_name_its_call_either_way() -> None:
    answer = [message("tool", "42", tool_call_id="call_1")]
    assert template_of("<tool id='call_1'>42</tool>") == template_of("<tool tool_call_id='call_1'>42</tool>") == answer


def test_dates_are_text() -> None:
    assert deserialize("---\nmodel: 2024-01-01\n---\n") == {"model": "2024-01-01"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("Hello", 1),
        ("---\nmodel: m\n", 1),
        ("\n---\n- a\n---\n", 3),
        ("---\nmodel: m\nstop: [a\n---\n", 4),
        ("---\nmodel: m\nmodel: n\n---\n", 3),
        ("---\n1: m\n---\n", 2),
        ("---\nmodel: m\n...\nmodel: n\n---\n", 4),
        ("---\nmodel: \x01\n---\n", 2),
        ("---\nseed: .inf\n---\n", 2),
        ("---\nother: !!set {a, b}\n---\n", 2),
        ("---\nother: !!python/object/apply:os.getcwd []\n---\n", 2),
        ("---\nother: &all {a: 1}\nattributes: *all\n---\n", 3),
        (f"---\nother: {'[' * 3000}\n---\n", 2),
        ("---\nmodel: m\ntemplate: a\n---\nb", 5),
    ],
)
def test_malformed_front_matter_is_refused(text: str, line: int) -> None:
    with pytest.raises(Invalid) as caught:
        deserialize(text)
    assert caught.value.status == 422
    assert caught.value.detail["description"].startswith(f"Line {line}: ")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<user>\nhi\n", 4),
        ("<user>\nhi\n\n<user>\nho\n</user>", 4),
        ("<user>a</user>\n\nb", 6),
        ("<user>a</user\n", 4),
        ("\n<user name=Ada>a</user>", 5),
        ("<user name='Ada>a</user>", 4),
        ("<user age='1'>a</user>", 4),
        ("<user name='a' name='b'>a</user>", 4),
        ("<user content='a'>a</user>", 4),
        ("<user>\n<image url='u'>\n</user>", 5),
        ("<user>\n<image detail='low'/>\n</user>", 5),
        ("<user>\n<part type='sound'>a</part>\n</user>", 5),
        ("<user>\n<text>a\n<image url='u'/>\n</user>", 5),
        ("<user>\n<text>a<text>\n<image url='u'/>\n</user>", 5),
        ("<tool id='1' tool_call_id='1'>a</tool>", 4),
        ("<assistant id='1'>a</assistant>", 4),
        ("<assistant>\n<tool name='f'>{}</tool>\n</assistant>", 5),
        ("<assistant>\n\n<tool name='f' id='1'>{}\n</assistant>", 6),
        ("<assistant>\n<redacted_thinking data='d'>\n</assistant>", 5),
    ],
)
def test_malformed_messages_are_refused(body: str, line: int) -> None:
    with pytest.raises(Invalid) as caught:
        template_of(body)
    assert caught.value.detail["description"].startswith(f"Line {line}: ")
