"""The text form of prompts and agents: what a `.prompt` or `.agent` file holds [D].

All content fields but the template stand in YAML front matter; the template follows, as messages in tags such as
`<user>`, or as bare text. One mechanism serves both kinds: it knows no fields, only an order that reads well.

The law of this module is that `deserialize(serialize(content))` is `content` without its null fields, for all content
that the API can store. Markup escapes what would be misread (see `messages`), and a template that the
layout cannot carry at all, such as a blank text, stands in the front matter as `template`.
"""

import re
from typing import Any

from ...json_types import JsonObject
from . import front_matter
from .message_reader import read_messages
from .messages import ROLE, Unwritable, is_blank, malformed, write_messages

FIELDS = (
    *("model", "provider", "endpoint", "template_language", "temperature", "top_p", "max_tokens", "stop"),
    *("presence_penalty", "frequency_penalty", "seed", "reasoning_effort", "response_format", "other"),
    *("max_iterations", "tools", "linked_tools", "attributes"),
)

OPENING = re.compile(r"\s*---[ \t]*\n")
CLOSING = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE)
MESSAGES = re.compile(rf"\s*{ROLE.pattern}", re.ASCII)


def serialize(content: JsonObject) -> str:
    """Write the content of a Version as text; fields that are null are left out [D]."""
    fields = {name: content[name] for name in sorted(content, key=_position) if content[name] is not None}
    template, body = fields.pop("template", None), ""
    if template is not None:
        try:
            body = f"\n{_write_template(template)}\n"
        except Unwritable:
            fields["template"] = template
    return f"---\n{front_matter.dump(fields)}---\n{body}"


def deserialize(text: str) -> JsonObject:
    """Read the content fields that a text carries, without defaults: the caller loads them through its schema.

    Files written by hand may be indented, have CRLF line ends, comments in the YAML and blank lines where they like.
    Whatever is malformed raises `Invalid`, naming the line.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    opening = OPENING.match(text)
    if opening is None:
        raise malformed(text, 0, "the text must begin with YAML front matter between two lines of ---")
    closing = CLOSING.search(text, opening.end())
    if closing is None:
        raise malformed(text, opening.end() - 1, "the front matter has no closing line of ---")
    fields = {
        name: value
        for name, value in front_matter.load(text, opening.end(), closing.start()).items()
        if value is not None
    }
    if is_blank(text[closing.end() :]):
        return fields
    if "template" in fields:
        raise malformed(text, closing.end(), "the front matter has a template already")
    return fields | {"template": _read_template(text, closing.end())}


def _position(name: str) -> tuple[int, str]:
    return (FIELDS.index(name), name) if name in FIELDS else (len(FIELDS), name)


def _write_template(template: Any) -> str:
    if isinstance(template, list):
        return write_messages(template)
    if not isinstance(template, str) or is_blank(template) or "\r" in template or MESSAGES.match(template + "\n"):
        raise Unwritable
    return template


def _read_template(text: str, start: int) -> Any:
    if MESSAGES.match(text, start):
        return read_messages(text, start)
    return re.sub(r"\A[ \t]*\n", "", text[start:]).removesuffix("\n")
