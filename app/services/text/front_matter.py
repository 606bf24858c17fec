"""The front matter: YAML that holds JSON values, in one stable style."""

import math
from typing import Any

import yaml

from ...json_types import JsonObject
from .messages import malformed

TAG = "tag:yaml.org,2002:"
DEEPEST = 260  # levels; more than the JSON of a request may have
JSON_TAGS = {TAG + name for name in ("null", "bool", "int", "float", "str", "seq", "map")}


def dump(fields: JsonObject) -> str:
    """Write the fields in their order, one a line, without wrapping; no fields are no text."""
    if not fields:
        return ""
    return yaml.dump(fields, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)


def load(text: str, start: int, end: int) -> JsonObject:
    """Read the YAML between two positions of a text; it must be a mapping, and hold what JSON can."""
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

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        style = None
        if not data.isprintable():  # line breaks are not, and there are more of them than "\n"
            lines = data.split("\n")
            exact = all(line.isprintable() and not line.endswith(" ") for line in lines)
            style = "|" if exact and lines[0] and not data.startswith(" ") else '"'
        return self.represent_scalar(TAG + "str", data, style=style)


_Dumper.add_representer(str, _Dumper.text)


# The parser in C reads eight times as fast; PyYAML's wheels have it, a build from source may not.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag not in JSON_TAGS:
            raise _refused(node, f"values of type {node.tag.removeprefix(TAG)} are not allowed")
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, OverflowError):
            raise _refused(node, "this value cannot be read") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise _refused(node, "numbers must be finite")
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
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
