"""The layout of the official export tree, and how its files are read and written.

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
from pathlib import Path
from typing import Any

import orjson

from ...schemas import json_text

FILES, DELETED, EVALUATIONS = "files", "deleted", "evaluations"
VERSIONS, DATAPOINTS, LOGS, RUNS = "versions", "datapoints", "logs", "runs"
FILE, DEPLOYMENTS, EVALUATION, STATS = "file.json", "deployments.json", "evaluation.json", "stats.json"
EXTRA, ORDER, DONE = "emulator.json", "logs.jsonl", ".done"
DEEPEST = json_text.DEEPEST + 20
"""Levels of a record: what a client sent, and what answers put around it."""

_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Line:
    """One record of a file: its number from 1, its length in bytes, and its value or what is wrong with it."""

    number: int
    size: int
    value: Any = None
    problem: str | None = None


def entries(folder: Path) -> list[Path]:
    """Return what a folder holds, hidden entries left out, pages in the order of their numbers."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=_place)


def _place(path: Path) -> list[Any]:
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
        return Line(number, len(text), json_text.read(text, DEEPEST))
    except json_text.TooDeep as error:
        return Line(number, len(text), problem=str(error))
    except orjson.JSONDecodeError as error:
        return Line(number, len(text), problem=f"not JSON: {error}")


def write(path: Path, document: Any) -> None:
    """Write one record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(document) + b"\n")


def write_lines(path: Path, documents: Iterable[Any]) -> None:
    """Write records line by line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(orjson.dumps(document) + b"\n" for document in documents)
