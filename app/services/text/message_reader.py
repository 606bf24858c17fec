"""Reads the chat messages of the text form; `messages` has its grammar."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...errors import Invalid
from ...json_types import JsonObject
from .messages import (
    ELEMENTS,
    MESSAGE_ATTRIBUTES,
    ROLE,
    ROLES,
    TOOL_ATTRIBUTES,
    between_tags,
    is_blank,
    malformed,
    own_tags,
    tags_beside_images,
    tags_inside,
    unescape,
)

SPACE = re.compile(r"\s*")
TAG = re.compile(r"<(\w+)((?:\s+[\w-]+\s*=\s*(?:\"[^\"\n]*\"|'[^'\n]*'))*)\s*(/?)>", re.ASCII)
ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.ASCII)

Piece = str | JsonObject


def read_messages(text: str, start: int) -> list[JsonObject]:
    """Read the chat messages from this position to the end, with all their keys; `Invalid` names the line."""
    return list(_Reader(text, start).messages())


@dataclass(frozen=True)
class _Tag:
    """An opening tag; an `empty` one closes itself."""

    name: str
    attributes: dict[str, str]
    empty: bool
    start: int


class _Reader:
    """Goes through a text; `at` is the position of the next character."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def messages(self) -> Iterator[JsonObject]:
        """Read messages up to the end of the text."""
        while not self._at_end():
            yield self._message()

    def _at_end(self) -> bool:
        space = SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.at == len(self.text)

    def _message(self) -> JsonObject:
        role = ROLE.match(self.text, self.at)
        if role is None:
            raise self._malformed(f"expected one of the tags {', '.join(f'<{role}>' for role in ROLES)}")
        opened = self._tag(TOOL_ATTRIBUTES if role[1] == "tool" else MESSAGE_ATTRIBUTES)
        pieces = [] if opened.empty else self._pieces(opened)
        texts = [piece for piece in pieces if isinstance(piece, str)]
        elements = [piece for piece in pieces if isinstance(piece, dict)]
        content = _content(pieces) if elements else texts[0] if texts else None
        if "content" in opened.attributes:
            if content is not None:
                raise self._malformed(f"<{opened.name}> has content and an attribute 'content'", opened.start)
            content = opened.attributes["content"]
        if {"id", "tool_call_id"} <= opened.attributes.keys():
            raise self._malformed("<tool> has both attributes 'id' and 'tool_call_id'", opened.start)
        return {
            "content": content,
            "name": opened.attributes.get("name"),
            "tool_call_id": opened.attributes.get("tool_call_id", opened.attributes.get("id")),
            "role": opened.name,
            "tool_calls": [item for item in elements if item["type"] == "function"] or None,
            "thinking": [item for item in elements if item["type"] in ("thinking", "redacted_thinking")] or None,
        }

    def _pieces(self, opened: _Tag) -> list[Piece]:
        """Read the texts and elements of a message, and its closing tag; once more, if there is an image among them."""
        start = self.at
        pieces = self._pieces_between(tags_inside(opened.name), opened)
        if not any(isinstance(piece, dict) and piece["type"] == "image_url" for piece in pieces):
            return pieces
        self.at = start
        return self._pieces_between(tags_beside_images(opened.name), opened)

    def _pieces_between(self, tags: re.Pattern[str], opened: _Tag) -> list[Piece]:
        pieces: list[Piece] = []
        while True:
            found = self._find(tags, opened)
            pieces.append(between_tags(self.text[self.at : found.start()]))
            self.at = found.start()
            if not found["element"]:
                self._close(opened)
                return pieces
            pieces.append(self._element(ELEMENTS.get(found["element"], ())))

    def _element(self, known: Sequence[str]) -> JsonObject:
        opened = self._tag(known, required=[name for name in known if name != "detail"])
        given = opened.attributes
        match opened.name:
            case "tool":
                function = {"name": given["name"], "arguments": self._text(opened)}
                return {"id": given["id"], "type": "function", "function": function}
            case "thinking":
                return {"type": "thinking", "thinking": self._text(opened) or "", "signature": given["signature"]}
            case "part" | "text":
                if given.get("type", "text") != "text":
                    raise self._malformed("the type of a <part> must be 'text'", opened.start)
                return {"type": "text", "text": self._text(opened) or ""}
        if not opened.empty:
            raise self._malformed(f"<{opened.name}> must be closed with />", opened.start)
        if opened.name == "image":
            return {"type": "image_url", "image_url": {"url": given["url"], "detail": given.get("detail")}}
        return {"type": "redacted_thinking", "data": given["data"]}

    def _text(self, opened: _Tag) -> str | None:
        """Read the text of an element, and its closing tag; None if the element was closed in its opening tag."""
        if opened.empty:
            return None
        found = self._find(own_tags(opened.name), opened)
        text = between_tags(self.text[self.at : found.start()])
        self.at = found.start()
        self._close(opened)
        return text

    def _tag(self, known: Sequence[str], required: Sequence[str] = ()) -> _Tag:
        """Read an opening tag and check its attributes."""
        start = self.at
        found = TAG.match(self.text, start)
        if found is None:
            raise self._malformed("this tag is malformed: attributes need quotes, and a tag ends with > or />")
        name, attributes = found[1], {}
        for key, double, single in ATTRIBUTE.findall(found[2]):
            if key in attributes or key not in known:
                raise self._malformed(f"<{name}> has no attribute '{key}', or has it twice")
            attributes[key] = unescape(double or single)
        absent = [key for key in required if key not in attributes]
        if absent:
            raise self._malformed(f"<{name}> needs the attribute '{absent[0]}'")
        self.at = found.end()
        return _Tag(name, attributes, bool(found[3]), start)

    def _find(self, tags: re.Pattern[str], opened: _Tag) -> re.Match[str]:
        found = tags.search(self.text, self.at)
        if found is None:
            raise self._malformed(f"<{opened.name}> is never closed", opened.start)
        return found

    def _close(self, opened: _Tag) -> None:
        """Read a closing tag; anything else means that this one is missing."""
        closing = re.compile(rf"</{opened.name}\s*>", re.ASCII).match(self.text, self.at)
        if closing is None:
            raise self._malformed(f"<{opened.name}> is not closed before the next tag of that name", opened.start)
        self.at = closing.end()

    def _malformed(self, problem: str, position: int | None = None) -> Invalid:
        return malformed(self.text, self.at if position is None else position, problem)


def _content(pieces: list[Piece]) -> str | list[JsonObject] | None:
    """Return the content of a message with elements: a list if one of them is a part of it."""
    shown = [piece for piece in pieces if isinstance(piece, dict) or not is_blank(piece)]
    if any(isinstance(piece, dict) and piece["type"] in ("text", "image_url") for piece in pieces):
        parts = [{"type": "text", "text": piece} if isinstance(piece, str) else piece for piece in shown]
        return [part for part in parts if part["type"] in ("text", "image_url")]
    return "\n".join(piece for piece in shown if isinstance(piece, str)) or None
