"""How the official export tree is laid out, read and written, and how values are taken from its records.

    files/<file id>/
        file.json, deployments.json, versions/<version id>, datapoints/<version id>/N.jsonl, logs/N.jsonl,
        evaluations/<evaluation id>/evaluation.json, stats.json, runs/<run id>, logs/N.jsonl,
        .done                                                                                  once all of it is there

What the API's documents do not say is in files and folders that other readers ignore: `emulator.json` (at the top, and
beside what it adds to), `logs.jsonl` with the ids of all Logs in the order of their creation, `deleted` with what is
deleted but still shown by Logs and Runs, and `evaluations` at the top with those that have no File yet. A tree may lack
any of it.

Another tool may have written the records, and only what is used of them is checked: to load a Log with the schema of
its answer takes longer than all the rest of reading it (107 against 62 µs), and would lose it for a field that nobody
reads.
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
"""Levels of nesting in a record: those a client may send, and what answers wrap around them."""

_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Line:
    """One record of a file: its line number from 1, its length in bytes, and its value or what is wrong with it."""

    number: int
    size: int
    value: Json = None
    problem: str | None = None


def entries(folder: Path) -> list[Path]:
    """List a folder without hidden entries; numbered pages are in the order of their numbers."""
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
    """Yield the records of a file that has one in each line; empty lines are skipped."""
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
    """Write one record to a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(orjson.dumps(document) + b"\n" for document in documents)


class InvalidRecord(Exception):
    """A record, or part of one, cannot be imported; the text says why."""


def document(value: Json, what: str) -> JsonObject:
    """Return a value that must be an object."""
    if not isinstance(value, dict):
        raise InvalidRecord(f"{what} is not an object")
    return value


def objects(value: Json) -> list[JsonObject]:
    """Return the objects in a list; anything but a list has none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def objects_by_id(value: Json, name: str) -> dict[str, JsonObject]:
    """Return the objects in a list by the id that each has in the field `name`, with their `place` in the list."""
    listed = enumerate(objects(value))
    return {item[name]: item | {"place": place} for place, item in listed if isinstance(item.get(name), str)}


def texts(value: Json) -> list[str]:
    """Return the strings in a list; anything but a list has none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def text(source: JsonObject, name: str) -> str | None:
    """Return a field that holds a string, or None where it is missing."""
    value = source.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRecord(f"`{name}` is not a text")
    return value


def required_id(source: JsonObject, name: str) -> str:
    """Return an id that must be present."""
    value = text(source, name)
    if not value or "\0" in value:
        raise InvalidRecord(f"`{name}` is missing")
    return value


def folder_id(source: JsonObject, name: str) -> str:
    """Return an id that must be present and usable as the name of a file or folder: exports use it as one."""
    value = required_id(source, name)
    if "/" in value or value.startswith("."):
        raise InvalidRecord(f"`{name}` is not an id: {value!r}")
    return value


def time(source: JsonObject, name: str) -> str | None:
    """Return a time in its wire form, or None where it is missing."""
    value = text(source, name)
    try:
        return value and wire_time(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise InvalidRecord(f"`{name}` is not a time: {value!r}") from None


def required_time(source: JsonObject, name: str) -> str:
    """Return a time that must be present, in its wire form."""
    value = time(source, name)
    if value is None:
        raise InvalidRecord(f"`{name}` is missing")
    return value


def count_of(source: JsonObject, name: str) -> int:
    """Return a count, or 0 where it is missing or wrong."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def json_of(value: Json) -> str:
    """Return the JSON of a value."""
    return orjson.dumps(value).decode()


def json_or_none(value: Json) -> str | None:
    """Return the JSON of a value, or None for None."""
    return None if value is None else json_of(value)
