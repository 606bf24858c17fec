"""Chat messages in the text form: a block for each message, named by its role.

    <user>
    <text>Text, also of several lines.</text>
    <image url="…" detail="low"/>
    </user>

    <assistant name="Ada">
    <thinking signature="…">…</thinking>
    Text, also of several lines.
    <tool name="…" id="…">{"argument": 1}</tool>
    </assistant>

    <tool name="…" id="…">
    What the tool answered.
    </tool>

Content that is a list has an image in it, and beside an image each `<text>` is a part [D]; prompts often mark what they
quote with this tag, so elsewhere it is text like all tags that are not named here. `<part type="text">` holds the texts
of a list without images. Text that is blank beside other elements stands in the attribute `content`. A block closed in
its opening tag, `<user/>`, has no content: null, not the empty text.

Inside a block only its own name and the elements above with one of their own attributes count as tags. A block
that opens again inside itself is an error: most often its closing tag was forgotten.

A block's text begins on the line below its opening tag and ends on the line above its closing tag; those two line
breaks belong to the layout, and so does an indentation that all lines share. Text is written as it is, except for:

- `<` where a tag would be read: the tags that count depend on the block, so that other markup stays plain;
- `&` where one of our entities would be read, and a CR, which reading takes for part of a line end;
- the first of the spaces that all lines share.
"""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache

from ...errors import Invalid
from ...json_types import Json, JsonObject

ROLES = ("system", "user", "assistant", "tool", "developer")
KEYS = ("content", "name", "tool_call_id", "role", "tool_calls", "thinking")

MESSAGE_ATTRIBUTES = ("name", "tool_call_id", "content")
TOOL_ATTRIBUTES = (*MESSAGE_ATTRIBUTES, "id")  # the `tool_call_id` of an answer is the `id` of the call [D]

ELEMENTS = {
    "image": ("url", "detail"),
    "tool": ("name", "id"),
    "thinking": ("signature",),
    "redacted_thinking": ("data",),
    "part": ("type",),
}
"""The elements of messages with their attributes; all but the `detail` of an image must be given."""

ATTRIBUTED = "|".join(rf"{name}(?=\s+(?:{'|'.join(known)})\s*=)" for name, known in ELEMENTS.items())

TEXT = "text"
"""The element without attributes that stands beside images alone."""

ROLE = re.compile(rf"<({'|'.join(ROLES)})(?=[\s/>])", re.ASCII)

ENTITIES = {
    **{"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"},
    **{"#9": "\t", "#10": "\n", "#13": "\r", "#32": " "},
}
ENTITY = re.compile(f"&({'|'.join(ENTITIES)});")


class Unwritable(Exception):
    """The text form cannot express this value."""


def malformed(text: str, position: int, problem: str) -> Invalid:
    """Return the error for a problem at this position of a text."""
    line = text.count("\n", 0, position) + 1
    return Invalid("Malformed text.", f"Line {line}: {problem}.")


def is_blank(text: str) -> bool:
    """Tell whether a text has nothing but blanks."""
    return not text.strip()


def escape(text: str, tags: re.Pattern[str]) -> str:
    """Escape what would be read as one of these tags, as an entity or as a line end."""
    text = ENTITY.sub(r"&amp;\1;", text)
    return tags.sub(lambda tag: f"&lt;{tag[0][1:]}", text).replace("\r", "&#13;")


def unescape(text: str) -> str:
    """Replace our entities; all others are left alone."""
    return ENTITY.sub(lambda entity: ENTITIES[entity[1]], text)


def on_own_lines(escaped: str) -> str:
    """Write text so that its indentation is not read as that of the layout."""
    if not _shared_indentation(escaped):
        return escaped
    # Every line that is not blank begins with a space or tab: escaping the first one ends what they share.
    first = re.compile(r"^[ \t](?=[ \t]*[^ \t\n])", re.MULTILINE)
    return first.sub(lambda space: f"&#{ord(space[0])};", escaped, count=1)


def between_tags(raw: str) -> str:
    """Read the text between two tags: without the layout's line breaks and indentation, and with entities replaced.

    Text on the line of the opening tag keeps its spaces: only lines of their own are indented.
    """
    text = re.sub(r"\n[ \t]*\Z", "", raw)
    below = re.match(r"[ \t]*\n", text)
    if below:
        text = text[below.end() :]
        indentation = len(_shared_indentation(text))
        text = "\n".join(line[indentation:] for line in text.split("\n")) if indentation else text
    return unescape(text)


def _shared_indentation(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip(" \t")]
    indentations = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines]
    return os.path.commonprefix(indentations)  # noqa: RUF071 - character by character is what is meant


def tag(name: str, attributes: Mapping[str, Json], end: str = ">") -> str:
    """Write a tag with the attributes that are not null."""
    written = "".join(f' {key}="{_quoted(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{written}{end}"


def _quoted(value: str) -> str:
    text = ENTITY.sub(r"&amp;\1;", value)
    return text.replace('"', "&quot;").replace("\n", "&#10;").replace("\r", "&#13;")


@cache
def own_tags(name: str) -> re.Pattern[str]:
    """Find where tags of this name open and close."""
    return re.compile(rf"</?{name}(?=[\s/>]|\Z)", re.ASCII)


@cache
def tags_inside(role: str) -> re.Pattern[str]:
    """Find the tags inside a message: its own, and the elements with one of their attributes."""
    return re.compile(rf"<(?P<element>{ATTRIBUTED})|{own_tags(role).pattern}", re.ASCII)


@cache
def tags_beside_images(role: str) -> re.Pattern[str]:
    """Find the tags inside a message with an image: its texts are elements too."""
    return re.compile(rf"<(?P<element>{TEXT}(?=\s*/?>)|{ATTRIBUTED})|{own_tags(role).pattern}", re.ASCII)


@cache
def tags_in_part(role: str) -> re.Pattern[str]:
    """Find the tags to escape in a text beside an image: a message is read without regard to images first."""
    return re.compile(rf"{own_tags(TEXT).pattern}|{tags_inside(role).pattern}", re.ASCII)


def write_messages(messages: list[JsonObject]) -> str:
    """Write chat messages, absent keys counting as null; raise `Unwritable` for what cannot be expressed."""
    if not messages:
        raise Unwritable
    return "\n\n".join(map(_write_message, messages))


def _write_message(message: JsonObject) -> str:
    if not isinstance(message, dict) or not message.keys() <= set(KEYS) or message.get("role") not in ROLES:
        raise Unwritable
    role, content = message["role"], message.get("content")
    call = "id" if role == "tool" else "tool_call_id"
    attributes = {"name": message.get("name"), call: message.get("tool_call_id")}
    before = _write_each(_write_thinking, message.get("thinking"))
    after = _write_each(_write_tool_call, message.get("tool_calls"))
    parts: list[str] = []
    if isinstance(content, str):
        if is_blank(content) and (before or after):
            attributes["content"] = content
        else:
            parts = [_bare(content, role)]
    elif content is not None:
        parts = _write_parts(content, role)
    lines = [*before, *parts, *after]
    if not lines:
        return tag(role, attributes, "/>")
    return "\n".join([tag(role, attributes), *lines, f"</{role}>"])


def _write_each(write: Callable[[JsonObject], str], items: list[JsonObject] | None) -> list[str]:
    if items == []:
        raise Unwritable  # it would be read as null
    return [write(item) for item in items or ()]


def _write_parts(content: list[JsonObject], role: str) -> list[str]:
    """Write the parts of a message."""
    if not content:
        raise Unwritable
    pictured = any(part.get("type") == "image_url" for part in content)
    written = []
    for part in content:
        match part:
            case {"type": "text", "text": str(text), **rest} if not rest and pictured:
                written.append(_block(TEXT, {}, text, tags_in_part(role)))
            case {"type": "text", "text": str(text), **rest} if not rest:
                written.append(_block("part", {"type": "text"}, text))
            case {"type": "image_url", "image_url": {"url": str(url), **detail}, **rest} if (
                not rest and detail.keys() <= {"detail"}
            ):
                written.append(tag("image", {"url": url, "detail": detail.get("detail")}, "/>"))
            case _:
                raise Unwritable
    return written


def _write_thinking(item: JsonObject) -> str:
    match item:
        case {"type": "thinking", "thinking": str(text), "signature": str(signature), **rest} if not rest:
            return _block("thinking", {"signature": signature}, text)
        case {"type": "redacted_thinking", "data": str(data), **rest} if not rest:
            return tag("redacted_thinking", {"data": data}, "/>")
    raise Unwritable


def _write_tool_call(call: JsonObject) -> str:
    match call:
        case {"id": str(uid), "type": "function", "function": {"name": str(name), **given}, **rest} if (
            not rest and given.keys() <= {"arguments"}
        ):
            attributes = {"name": name, "id": uid}
            match given.get("arguments"):
                case None:
                    return tag("tool", attributes, "/>")
                case str(arguments):
                    return _block("tool", attributes, arguments)
    raise Unwritable


def _bare(text: str, role: str) -> str:
    return on_own_lines(escape(text, tags_inside(role)))


def _block(name: str, attributes: Mapping[str, Json], text: str, tags: re.Pattern[str] | None = None) -> str:
    escaped = escape(text, tags or own_tags(name))
    inside = f"\n{on_own_lines(escaped)}\n" if "\n" in text else escaped
    return f"{tag(name, attributes)}{inside}</{name}>"
