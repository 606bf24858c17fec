"""The smallest layer of the text form: how text stands between tags, and in attributes.

A block's text begins on the line below its opening tag and ends on the line above its closing tag; those two line
breaks belong to the layout, and so does an indentation that all lines share. Text is written as it is, except for:

- `<` where a tag would be read: the tags that count depend on the block, so that other markup stays plain;
- `&` where one of our entities would be read, and a CR, which reading takes for part of a line end;
- the first of the spaces that all lines share.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from ..errors import Invalid

ENTITIES = {
    **{"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"},
    **{"#9": "\t", "#10": "\n", "#13": "\r", "#32": " "},
}
ENTITY = re.compile(f"&({'|'.join(ENTITIES)});")


def malformed(text: str, position: int, problem: str) -> Invalid:
    """Make the error for what is wrong at this position of a text."""
    line = text.count("\n", 0, position) + 1
    return Invalid("Malformed text.", f"Line {line}: {problem}.")


def is_blank(text: str) -> bool:
    """Tell whether nothing would be seen of a text."""
    return not text.strip()


def escape(text: str, tags: re.Pattern[str]) -> str:
    """Escape what reading would take for one of these tags, for an entity or for a line end."""
    text = ENTITY.sub(r"&amp;\1;", text)
    return tags.sub(lambda tag: f"&lt;{tag[0][1:]}", text).replace("\r", "&#13;")


def unescape(text: str) -> str:
    """Replace our entities; all others are left alone."""
    return ENTITY.sub(lambda entity: ENTITIES[entity[1]], text)


def on_own_lines(escaped: str) -> str:
    """Write text so that its indentation is not taken for the layout's."""
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


def tag(name: str, attributes: Mapping[str, Any], end: str = ">") -> str:
    """Write a tag with the attributes that are not null."""
    written = "".join(f' {key}="{_quoted(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{written}{end}"


def _quoted(value: str) -> str:
    text = ENTITY.sub(r"&amp;\1;", value)
    return text.replace('"', "&quot;").replace("\n", "&#10;").replace("\r", "&#13;")
