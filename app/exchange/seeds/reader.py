"""The folder of a seed: its documents in lexical order, and the rows of the files that they name.

`*.yaml`, `*.yml` and `*.json` are documents, and so are `*.prompt` and `*.agent` files, with one version each. A
document may name other files beside it: `*.jsonl`, for datapoints also `*.csv`, and `*.py` for code. All other files
are ignored.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson

from ...json_types import Json, JsonObject
from ...kinds import KINDS
from ...schemas import problems
from ...services.files.datapoints import read_csv
from ...services.text.serializer import CLOSING, OPENING, deserialize, load_yaml
from .locations import SeedError, SourceLocation

DOCUMENTS = (".yaml", ".yml", ".json")
TEXTS = {f".{kind.type}": kind.type for kind in KINDS.values() if kind.text}
ROWS = (".jsonl", ".csv")
CODE = ".py"


class Folder:
    """A folder that holds a seed."""

    def __init__(self, path: Path) -> None:
        """List its files. SeedError: it is not a folder."""
        if not path.is_dir():
            raise SeedError(f"{path} is not a folder.")
        self._path = path
        found = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
        self._files = sorted((file for file in found if not _hidden(file)), key=Path.as_posix)
        self._unnamed = {file for file in self._files if file.suffix in ROWS}

    def documents(self) -> Iterator[tuple[JsonObject, SourceLocation]]:
        """Yield each document; that of a single File gets a `path`, where it is in the folder, unless it has one."""
        for file in self._files:
            if file.suffix in (*DOCUMENTS, *TEXTS):
                value, location = self._document(file)
                _check_storable(value, location)
                if "type" in value:
                    value.setdefault("path", file.with_suffix("").as_posix())
                yield value, location

    def rows(self, value: Json, location: SourceLocation) -> Iterator[tuple[Json, SourceLocation]]:
        """Yield the items of a list, or of the file beside the document that is named in its place."""
        if not isinstance(value, str):
            if not isinstance(value, list):
                raise location.error(problems.LIST)
            for position, item in enumerate(value):
                yield item, location.at(position)
            return
        file = location.file.parent / value
        if file not in self._files or file.suffix not in ROWS:
            raise location.error(f"there is no file {value} beside it that ends in {' or '.join(ROWS)}")
        self._unnamed.discard(file)
        yield from {".jsonl": self._jsonl, ".csv": self._csv}[file.suffix](file)

    def code(self, value: Json, location: SourceLocation) -> Json:
        """Return the code in the `.py` file that is named in its place; code itself stays as it is."""
        if not isinstance(value, str) or not value.endswith(CODE) or "\n" in value:
            return value
        file = location.file.parent / value
        if file not in self._files:
            raise location.error(f"there is no file {value} beside it")
        return self._location(file).text

    def check_all_named(self) -> None:
        """Raise for a file of rows that no document names: it would be ignored silently."""
        if self._unnamed:
            file = min(self._unnamed)
            raise SeedError(f"{file.as_posix()}: no document in {file.parent.as_posix()} names this file.")

    def _document(self, file: Path) -> tuple[JsonObject, SourceLocation]:
        location = self._location(file)
        if file.suffix in TEXTS:
            return self._text(location)
        if file.suffix == ".json":
            value = _json(location.text, location)
        else:
            with location.reading():
                value = load_yaml(location.text, 0, len(location.text))
        if not isinstance(value, dict):
            raise location.error(problems.DICT)
        return value, location

    def _text(self, location: SourceLocation) -> tuple[JsonObject, SourceLocation]:
        """Read a `.prompt` or `.agent` file; its fields are in the front matter, at the same lines as in the file."""
        with location.reading():
            content = deserialize(location.text)
        opening = OPENING.match(location.text)
        closing = CLOSING.search(location.text, opening.end()) if opening else None
        head = location.text[: closing.start()] if closing else ""
        return {"type": TEXTS[location.file.suffix], **content}, self._location(location.file, head)

    def _jsonl(self, file: Path) -> Iterator[tuple[Json, SourceLocation]]:
        for number, line in enumerate(self._location(file).text.split("\n"), 1):
            if line.strip():
                location = self._location(file, line, number)
                value = _json(line, location)
                _check_storable(value, location)
                yield value, location

    def _csv(self, file: Path) -> Iterator[tuple[Json, SourceLocation]]:
        location = self._location(file)
        with location.reading():
            points = read_csv(location.text.encode())
        for point in points:
            yield point, location

    def _location(self, file: Path, text: str | None = None, first_line: int = 1) -> SourceLocation:
        if text is None:
            try:
                text = (self._path / file).read_text(encoding="utf-8-sig")
            except UnicodeDecodeError:
                raise SeedError(f"{file.as_posix()} cannot be read: it is not in UTF-8.") from None
            except OSError as error:
                raise SeedError(f"{file.as_posix()} cannot be read: {error}.") from None
        return SourceLocation(self._path, file, text, (), first_line)


def _hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _json(text: str, location: SourceLocation) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        line = location.first_line + error.lineno - 1
        raise SeedError(f"{location.file.as_posix()}, line {line}: {error.msg}") from None


def _check_storable(value: Json, location: SourceLocation) -> None:
    """Raise for what can be read but not stored: integers beyond 64 bits, and values that contain themselves."""
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise location.error(str(error)) from None
