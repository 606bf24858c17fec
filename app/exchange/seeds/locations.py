"""Where something is written in a seed, so that errors name the file, the line and the field."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from marshmallow import Schema, ValidationError

from ...errors import DomainError
from ...json_types import Json, JsonObject
from ...schemas import problems
from ...schemas.fields import instance_of

if TYPE_CHECKING:
    from yaml.error import Mark
    from yaml.nodes import Node

LINE = re.compile(r"Line (\d+): (.*)", re.DOTALL)


class SeedError(ValueError):
    """A seed that cannot be stored; the text is one line, for the person who wrote the seed."""


@dataclass(frozen=True)
class SourceLocation:
    """A value in a file of a seed: `loc` leads to it from the top of `text`, which starts at `first_line`."""

    folder: Path
    file: Path  # within the folder
    text: str
    loc: tuple[str | int, ...] = ()
    first_line: int = 1

    def at(self, *keys: str | int) -> "SourceLocation":
        """Return the location of the value under these keys and positions."""
        return replace(self, loc=self.loc + keys)

    def __str__(self) -> str:
        """Name the file and the line."""
        return f"{self.file.as_posix()}, line {self.first_line + _line(self.text, self.loc)}"

    def error(self, problem: str, *keys: str | int) -> SeedError:
        """Return the error for something wrong here, or under these keys."""
        loc = self.loc + keys
        field = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in loc).removeprefix(".")
        return SeedError(f"{self.at(*keys)}: " + (f"`{field}`: " if field else "") + problem)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Turn what a service refuses into an error at this location."""
        try:
            yield
        except DomainError as error:
            raise self.error(error.detail["description"]) from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what cannot be read in the text into an error of the file; readers of text name the line themselves."""
        try:
            yield
        except DomainError as error:
            description = error.detail["description"]
            line = LINE.fullmatch(description)
            where, problem = (f", line {line[1]}", line[2]) if line else ("", description)
            raise SeedError(f"{self.file.as_posix()}{where}: {problem}") from None

    def load(self, schema: type[Schema], value: Json) -> Json:
        """Load the value at this location."""
        try:
            return instance_of(schema).load(value)
        except ValidationError as error:
            found = problems.flatten(error.messages, "")
            # A misspelt key comes before the missing one.
            problem = min(found, key=lambda item: item["msg"] != problems.EXTRA)
            raise self.error(problem["msg"], *problem["loc"][1:]) from None

    def split(self, schema: type[Schema], value: Json) -> tuple[JsonObject, JsonObject]:
        """Load the keys of an object that the schema knows; return them, and the others as they are."""
        if not isinstance(value, Mapping):
            raise self.error(problems.DICT)
        known = instance_of(schema).fields
        own = {key: item for key, item in value.items() if key in known}
        return self.load(schema, own), {key: item for key, item in value.items() if key not in known}


def _line(text: str, loc: tuple[str | int, ...]) -> int:
    """Count the lines above what `loc` leads to, or above the last part of the way that exists.

    YAML's parser knows where values are, and reads JSON too once its tabs are replaced. The text is parsed again for
    this, which only errors need.
    """
    import yaml

    try:
        node = yaml.compose(text.replace("\t", " "))
    except yaml.YAMLError:
        return 0
    line = node.start_mark.line if node else 0
    for key in loc:
        found = _child(node, key)
        if found is None:
            break
        mark, node = found
        line = mark.line
    return line


def _child(node: "Node | None", key: str | int) -> "tuple[Mark, Node] | None":
    import yaml

    if isinstance(key, int):
        children: list[Node] = node.value if isinstance(node, yaml.SequenceNode) else []
        return (children[key].start_mark, children[key]) if key < len(children) else None
    pairs: list[tuple[Node, Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((name.start_mark, value) for name, value in pairs if name.value == key), None)
