"""The layout of the official export tree, how its files are read and written, and how values are taken out of records.

Others may have written them: a value that cannot be used is refused in words, and so is the record that needs it.

    files/<file id>/
        file.json, deployments.json, versions/<version id>, datapoints/<version id>/N.jsonl, logs/N.jsonl,
        evaluations/<evaluation id>/evaluation.json, stats.json, runs/<run id>, logs/N.jsonl,
        .done                                                                                  once all of it is there

What the API's documents do not tell stands in files and folders that other readers pass over: `emulator.json` (at the
top, and beside what it adds to), `logs.jsonl` with the ids of all Logs in the order in which they were made, `deleted`
with what is deleted but still shown by Logs and Runs, and `evaluations` at the top with those that have no File yet.
A tree may lack any of it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from ...clock import wire_time
from ...json_types import MOST_LEVELS, Json, JsonObject, TooDeep, read_json

FILES, DELETED, EVALUATIONS = "files", "deleted", "evaluations"
VERSIONS, DATAPOINTS, LOGS, RUNS = "versions", "datapoints", "logs", "runs"
FILE, DEPLOYMENTS, EVALUATION, STATS = "file.json", "deployments.json", "evaluation.json", "stats.json"
EXTRA, ORDER, DONE = "emulator.json", "logs.jsonl", ".done"
DEEPEST = MOST_LEVELS + 20
"""Levels of a record: what a client sent, and what answers put around it."""

_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Line:
    """One record of a file: its number from 1, its length in bytes, and its value or what is wrong with it."""

    number: int
    size: int
    value: Json = None
    problem: str | None = None


def entries(folder: Path) -> list[Path]:
    """Return what a folder holds, hidden entries left out, pages in the order of their numbers."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=_place)


def _place(path: Path) -> list[int | str]:
    parts = _NUMBERS.split(path.name)  # texts and numbers in turn
    return [int(part) if part.isdigit() else part for part in parts]


def size_of(folder: Path) -> int:
    """Return how many bytes there are to read."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def read(path: Path) -> Line:
    """Read a file that holds one record."""
    return _parsed(1, path.read_bytes())


def read_lines(path: Path) -> Iterator[Line]:
    """Read a file with a record in each line, one at a time; empty lines are passed over."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield _parsed(number, line)


def _parsed(number: int, text: bytes) -> Line:
    try:
        return Line(number, len(text), read_json(text, DEEPEST))
    except TooDeep as error:
        return Line(number, len(text), problem=str(error))
    except orjson.JSONDecodeError as error:
        return Line(number, len(text), problem=f"not JSON: {error}")


def write(path: Path, document: Json) -> None:
    """Write one record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(document) + b"\n")


def write_lines(path: Path, documents: Iterable[Json]) -> None:
    """Write records line by line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(orjson.dumps(document) + b"\n" for document in documents)


class Unusable(Exception):
    """A record, or a part of one, that cannot be imported; the text says why."""


def document(value: Json, what: str) -> JsonObject:
    """Return a value that must be an object."""
    if not isinstance(value, dict):
        raise Unusable(f"{what} is not an object")
    return value


def items(value: Json) -> list[JsonObject]:
    """Return the objects of a list; what is no list has none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def numbered(value: Json, name: str) -> dict[str, JsonObject]:
    """Return the objects of a list by the id that they have as `name`, each with its `place` in the list."""
    listed = enumerate(items(value))
    return {item[name]: item | {"place": place} for place, item in listed if isinstance(item.get(name), str)}


def texts(value: Json) -> list[str]:
    """Return the texts of a list; what is no list has none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def text(source: JsonObject, name: str) -> str | None:
    """Return a text, or None where there is none."""
    value = source.get(name)
    if value is not None and not isinstance(value, str):
        raise Unusable(f"`{name}` is not a text")
    return value


def identity(source: JsonObject, name: str) -> str:
    """Return an id, which must be there."""
    value = text(source, name)
    if not value or "\0" in value:
        raise Unusable(f"`{name}` is missing")
    return value


def name_of_folder(source: JsonObject, name: str) -> str:
    """Return an id that can name a file or a folder: an export makes one of it."""
    value = identity(source, name)
    if "/" in value or value.startswith("."):
        raise Unusable(f"`{name}` is not an id: {value!r}")
    return value


def time(source: JsonObject, name: str) -> str | None:
    """Return a time in its wire form."""
    value = text(source, name)
    try:
        return value and wire_time(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise Unusable(f"`{name}` is not a time: {value!r}") from None


def moment(source: JsonObject, name: str) -> str:
    """Return a time, which must be there."""
    value = time(source, name)
    if value is None:
        raise Unusable(f"`{name}` is missing")
    return value


def whole(source: JsonObject, name: str) -> int:
    """Return a count; 0 where there is none."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def written(value: Json) -> str:
    """Return the JSON of a value."""
    return orjson.dumps(value).decode()


def as_json(value: Json) -> str | None:
    """Return the JSON of a value; None stays None."""
    return None if value is None else written(value)
