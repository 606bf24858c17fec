"""Where something stands in a seed, so that whatever is wrong with it is told by file, line and field."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from ...errors import DomainError
from ...schemas import problems
from ...schemas.fields import instance_of

LINE = re.compile(r"Line (\d+): (.*)", re.DOTALL)


class SeedError(ValueError):
    """A seed that cannot be stored; the text is one line for the person who wrote it."""


@dataclass(frozen=True)
class Place:
    """A value in a file of a seed: `loc` leads to it from the top of `text`, which begins at `first_line`."""

    folder: Path
    file: Path  # within the folder
    text: str
    loc: tuple[str | int, ...] = ()
    first_line: int = 1

    def at(self, *keys: str | int) -> "Place":
        """Return the place of what stands under these keys and positions."""
        return replace(self, loc=self.loc + keys)

    def __str__(self) -> str:
        """Tell the file and the line."""
        return f"{self.file.as_posix()}, line {self.first_line + _line(self.text, self.loc)}"

    def error(self, problem: str, *keys: str | int) -> SeedError:
        """Make the error for what is wrong here, or under these keys."""
        loc = self.loc + keys
        field = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in loc).removeprefix(".")
        return SeedError(f"{self.at(*keys)}: " + (f"`{field}`: " if field else "") + problem)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Let what a service refuses be the fault of what stands here."""
        try:
            yield
        except DomainError as error:
            raise self.error(error.detail["description"]) from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let what cannot be read in the text be the fault of the file; readers of text tell the line themselves."""
        try:
            yield
        except DomainError as error:
            description = error.detail["description"]
            line = LINE.fullmatch(description)
            where, problem = (f", line {line[1]}", line[2]) if line else ("", description)
            raise SeedError(f"{self.file.as_posix()}{where}: {problem}") from None

    def load(self, schema: type[Schema], value: Any) -> Any:
        """Load a value that stands here."""
        try:
            return instance_of(schema).load(value)
        except ValidationError as error:
            found = problems.flatten(error.messages, "")
            problem = min(found, key=lambda item: item["msg"] != problems.EXTRA)  # misspelt: why another is missing
            raise self.error(problem["msg"], *problem["loc"][1:]) from None

    def split(self, schema: type[Schema], value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Load those keys of an object that the schema knows, and return them and the others as they are."""
        if not isinstance(value, Mapping):
            raise self.error(problems.DICT)
        known = instance_of(schema).fields
        own = {key: item for key, item in value.items() if key in known}
        return self.load(schema, own), {key: item for key, item in value.items() if key not in known}


def _line(text: str, loc: tuple[str | int, ...]) -> int:
    """Count the lines above what `loc` leads to, or above the last that is there on the way to it.

    YAML tells where its values stand, and reads JSON too, but for tabs. It is read again for this: only errors ask.
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


def _child(node: Any, key: str | int) -> tuple[Any, Any] | None:
    if isinstance(key, int):
        children = node.value if node.id == "sequence" else []
        return (children[key].start_mark, children[key]) if key < len(children) else None
    pairs = node.value if node.id == "mapping" else []
    return next(((name.start_mark, value) for name, value in pairs if name.value == key), None)
