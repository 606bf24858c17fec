"""The result of a conversion: files by their paths, and notes on what the other tool cannot represent."""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex

from ...json_types import Json

NOTES = "notes.txt"
UNSAFE = re.compile(r"[^\w .()+-]")


class Output:
    """The files of a conversion, written once all of them are ready."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.notes: list[str] = []
        self._taken: set[str] = set()

    def folder(self, path: str) -> str:
        """Return a folder for one File alone: its path, in characters that every file system accepts."""
        safe = "/".join(UNSAFE.sub("_", segment).strip(" .") or "_" for segment in path.split("/"))
        return self._free(safe)

    def file(self, folder: str, name: str, ending: str) -> str:
        """Return the name of a new file in a folder, made from any text."""
        wanted = UNSAFE.sub("_", name).strip(" .") or "_"
        return self._free(f"{folder}/{wanted}", ending).removeprefix(f"{folder}/")

    def _free(self, name: str, ending: str = "") -> str:
        number, free = 1, f"{name}{ending}"
        while free.casefold() in self._taken:
            number += 1
            free = f"{name} {number}{ending}"
        self._taken.add(free.casefold())
        return free

    def note(self, text: str) -> None:
        """Note what was left out or changed; the same note is kept once."""
        if text not in self.notes:
            self.notes.append(text)

    def write(self, folder: Path) -> None:
        """Write everything to a new or empty folder, or nothing at all. Raises FileExistsError and OSError."""
        folder = folder.resolve()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileExistsError(f"{folder} is not empty.")
        partial = folder.with_name(f".{folder.name}.{token_hex(4)}.partial")
        try:
            notes = {NOTES: "".join(f"{note}\n" for note in self.notes)} if self.notes else {}
            for name, text in (self.files | notes).items():
                path = partial / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def json_text(document: Json) -> str:
    """Return a document as indented JSON."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def json_lines(documents: Iterable[Json]) -> str:
    """Return documents as JSON, one per line."""
    return "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
