"""The text form of prompts and agents: what a `.prompt` or `.agent` file holds [D].

All content fields but the template stand in front matter: YAML that holds JSON values, in one stable style. The
template follows, as messages in tags such as `<user>`, or as bare text. One mechanism serves both kinds: it knows no
fields, only an order that reads well.

The law of this module is that `deserialize(serialize(content))` is `content` without its null fields, for all content
that the API can store. Markup escapes what would be misread (see `messages`), and a template that the
text form cannot express, such as a blank text, stands in the front matter as `template`.
"""

import math
import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import yaml

from ...json_types import Json, JsonObject
from .message_reader import read_messages
from .messages import ROLE, Unwritable, is_blank, malformed, write_messages

FIELDS = (
    *("model", "provider", "endpoint", "template_language", "temperature", "top_p", "max_tokens", "stop"),
    *("presence_penalty", "frequency_penalty", "seed", "reasoning_effort", "response_format", "other"),
    *("max_iterations", "tools", "linked_tools", "attributes"),
)

TAG = "tag:yaml.org,2002:"
DEEPEST = 260  # levels; more than the JSON of a request may have
JSON_TAGS = {TAG + name for name in ("null", "bool", "int", "float", "str", "seq", "map")}

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
    return f"---\n{_dump(fields)}---\n{body}"


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
        name: value for name, value in load_yaml(text, opening.end(), closing.start()).items() if value is not None
    }
    if is_blank(text[closing.end() :]):
        return fields
    if "template" in fields:
        raise malformed(text, closing.end(), "the front matter has a template already")
    return fields | {"template": _read_template(text, closing.end())}


def _position(name: str) -> tuple[int, str]:
    return (FIELDS.index(name), name) if name in FIELDS else (len(FIELDS), name)


def _write_template(template: Json) -> str:
    if isinstance(template, list):
        return write_messages(template)
    if not isinstance(template, str) or is_blank(template) or "\r" in template or MESSAGES.match(template + "\n"):
        raise Unwritable
    return template


def _read_template(text: str, start: int) -> Json:
    if MESSAGES.match(text, start):
        return read_messages(text, start)
    return re.sub(r"\A[ \t]*\n", "", text[start:]).removesuffix("\n")


def _dump(fields: JsonObject) -> str:
    """Write the fields in their order, without wrapping; without fields the text is empty."""
    if not fields:
        return ""
    return yaml.dump(fields, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)


def load_yaml(text: str, start: int, end: int) -> JsonObject:
    """Read the YAML between two positions of a text; it must be a mapping of JSON values."""
    try:
        _check_events(text[start:end])
        loader = _Loader(text[start:end])
        try:
            fields = loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise malformed(text, start + (mark.index if mark else 0), error.problem or "invalid YAML") from None
    except yaml.reader.ReaderError as error:
        raise malformed(text, start + error.position, error.reason) from None
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise malformed(text, start, "the YAML must be a mapping")
    return fields


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block where that is exact, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        style = None
        if not data.isprintable():  # line breaks are not, and there are more of them than "\n"
            lines = data.split("\n")
            exact = all(line.isprintable() and not line.endswith(" ") for line in lines)
            style = "|" if exact and lines[0] and not data.startswith(" ") else '"'
        return self.represent_scalar(TAG + "str", data, style=style)


_Dumper.add_representer(str, _Dumper.text)


if TYPE_CHECKING:
    from yaml import SafeLoader as _SafeLoader
else:  # The parser in C reads eight times as fast; PyYAML's wheels have it, a build from source may not.
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _check_events(text: str) -> None:
    """Raise for an alias, for a few can stand for more than memory holds, and for nesting that takes long to read."""
    depth = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, "aliases are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _refused(event, "the YAML is nested too deeply")


class _Loader(_SafeLoader):
    """Reads JSON values only: no dates, no sets, no keys but text."""

    yaml_constructors = {tag: make for tag, make in yaml.SafeLoader.yaml_constructors.items() if tag in JSON_TAGS}
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in JSON_TAGS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Json:
        if node.tag not in JSON_TAGS:
            raise _refused(node, f"values of type {node.tag.removeprefix(TAG)} are not allowed")
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, OverflowError):
            raise _refused(node, "this value cannot be read") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise _refused(node, "numbers must be finite")
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Json]:
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.tag != TAG + "str":
                raise _refused(key, "keys must be text")
            if key.value in seen:
                raise _refused(key, f"the key {key.value!r} is repeated")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _refused(place: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)
