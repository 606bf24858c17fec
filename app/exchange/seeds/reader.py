"""The folder of a seed: its documents in lexical order, and the rows of the files that they name.

`*.yaml`, `*.yml` and `*.json` are documents. A `*.prompt` or `*.agent` file is a document too, of one version. What a
document leaves to another file beside it, is in `*.jsonl`, for datapoints in `*.csv`, and for code in `*.py`. All else
is left alone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from ...kinds import KINDS
from ...schemas import problems
from ...services.files.datasets import read_csv
from ...services.text import front_matter
from ...services.text.serializer import CLOSING, OPENING, deserialize
from .places import Place, SeedError

DOCUMENTS = (".yaml", ".yml", ".json")
TEXTS = {f".{kind.type}": kind.type for kind in KINDS.values() if kind.text}
ROWS = (".jsonl", ".csv")
CODE = ".py"


class Folder:
    """A folder that holds a seed."""

    def __init__(self, path: Path) -> None:
        """Look what is in it; a SeedError if it is no folder."""
        if not path.is_dir():
            raise SeedError(f"{path} is not a folder.")
        self._path = path
        found = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
        self._files = sorted((file for file in found if not _hidden(file)), key=Path.as_posix)
        self._unnamed = {file for file in self._files if file.suffix in ROWS}

    def documents(self) -> Iterator[tuple[dict[str, Any], Place]]:
        """Yield each document; one of a single File has a `path`, its place in the folder unless it says another."""
        for file in self._files:
            if file.suffix in (*DOCUMENTS, *TEXTS):
                value, place = self._document(file)
                _check_storable(value, place)
                if "type" in value:
                    value.setdefault("path", file.with_suffix("").as_posix())
                yield value, place

    def rows(self, value: Any, place: Place) -> Iterator[tuple[Any, Place]]:
        """Yield the items of a list, or of the file beside the document that stands there instead."""
        if not isinstance(value, str):
            if not isinstance(value, list):
                raise place.error(problems.LIST)
            for position, item in enumerate(value):
                yield item, place.at(position)
            return
        file = place.file.parent / value
        if file not in self._files or file.suffix not in ROWS:
            raise place.error(f"there is no file {value} beside it; it must be of type {' or '.join(ROWS)}")
        self._unnamed.discard(file)
        yield from {".jsonl": self._jsonl, ".csv": self._csv}[file.suffix](file)

    def code(self, value: Any, place: Place) -> Any:
        """Return the code of the `.py` file beside the document that stands there instead; code stays as it is."""
        if not isinstance(value, str) or not value.endswith(CODE) or "\n" in value:
            return value
        file = place.file.parent / value
        if file not in self._files:
            raise place.error(f"there is no file {value} beside it")
        return self._place(file).text

    def check_all_named(self) -> None:
        """Raise for a file with rows that no document has asked for: it would be missed in silence."""
        if self._unnamed:
            file = min(self._unnamed)
            raise SeedError(f"{file.as_posix()}: no document in {file.parent.as_posix()} names this file.")

    def _document(self, file: Path) -> tuple[dict[str, Any], Place]:
        place = self._place(file)
        if file.suffix in TEXTS:
            return self._text(place)
        if file.suffix == ".json":
            value = _json(place.text, place)
        else:
            with place.reading():
                value = front_matter.load(place.text, 0, len(place.text))
        if not isinstance(value, dict):
            raise place.error(problems.DICT)
        return value, place

    def _text(self, place: Place) -> tuple[dict[str, Any], Place]:
        """Read a `.prompt` or `.agent` file; its fields stand in the front matter, whose lines are the file's."""
        with place.reading():
            content = deserialize(place.text)
        opening = OPENING.match(place.text)
        closing = CLOSING.search(place.text, opening.end()) if opening else None
        head = place.text[: closing.start()] if closing else ""
        return {"type": TEXTS[place.file.suffix], **content}, self._place(place.file, head)

    def _jsonl(self, file: Path) -> Iterator[tuple[Any, Place]]:
        for number, line in enumerate(self._place(file).text.split("\n"), 1):
            if line.strip():
                place = self._place(file, line, number)
                value = _json(line, place)
                _check_storable(value, place)
                yield value, place

    def _csv(self, file: Path) -> Iterator[tuple[Any, Place]]:
        place = self._place(file)
        with place.reading():
            points = read_csv(place.text.encode())
        for point in points:
            yield point, place

    def _place(self, file: Path, text: str | None = None, first_line: int = 1) -> Place:
        if text is None:
            try:
                text = (self._path / file).read_text(encoding="utf-8-sig")
            except UnicodeDecodeError:
                raise SeedError(f"{file.as_posix()} cannot be read: it is not in UTF-8.") from None
            except OSError as error:
                raise SeedError(f"{file.as_posix()} cannot be read: {error}.") from None
        return Place(self._path, file, text, (), first_line)


def _hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _json(text: str, place: Place) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        line = place.first_line + error.lineno - 1
        raise SeedError(f"{place.file.as_posix()}, line {line}: {error.msg}") from None


def _check_storable(value: Any, place: Place) -> None:
    """Raise for what can be read but not be written again: numbers without end, and endless nesting."""
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise place.error(str(error)) from None
