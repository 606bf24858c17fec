"""Files for people and for git: named like the things in the workspace, and never outside their folder.

Names in a workspace may be anything: `..`, `CON`, `a:b`, two that differ only in case. Characters that one of the usual
systems would refuse or interpret are percent-encoded, as in a URL.
"""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import IO

LONGEST = 150  # bytes of a name; systems accept 255, and encoding and an extension add some
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(1, 10))}
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]|^\.|[. ]$')


class OutputError(Exception):
    """A file that cannot be written without leaving its folder."""


def safe_name(name: str, ending: str = "") -> str:
    """Return a name from a workspace as the name of a file; most stay as they are."""
    if len(name.encode()) > LONGEST:
        start = name.encode()[: LONGEST - 9].decode(errors="ignore")
        name = f"{start}~{sha256(name.encode()).hexdigest()[:8]}"
    name += ending
    if name.partition(".")[0].casefold() in _RESERVED:
        name = _encoded(name[0]) + name[1:]
    return _UNSAFE.sub(lambda match: _encoded(match[0]), name)


def _encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def safe_path(path: str, ending: str = "") -> str:
    """Return a path from a workspace as the path of a file below a folder."""
    *folders, name = path.split("/")
    return "/".join([*map(safe_name, folders), safe_name(name, ending)])


def distinct(choices: Sequence[Sequence[str]]) -> list[str]:
    """Return for each thing the first of its choices that no other thing has.

    Paths are the same if they differ only in case, or in how accents are composed, as some systems ignore these; the
    path of a file must not be that of a folder either. All that would share a path take their next choice, if any.
    """
    taken = [0] * len(choices)
    while True:
        paths = [choice[number] for choice, number in zip(choices, taken, strict=True)]
        keys = [_folded(path) for path in paths]
        count = Counter(keys)
        folders = {str(folder) for key in keys for folder in PurePosixPath(key).parents}
        shared = [
            place
            for place, key in enumerate(keys)
            if (count[key] > 1 or key in folders) and taken[place] < len(choices[place]) - 1
        ]
        if not shared:
            return paths
        for place in shared:
            taken[place] += 1


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


@contextmanager
def opened(folder: Path, path: str) -> Iterator[IO[bytes]]:
    """Open a file below a folder for writing; it appears, or replaces an older one, once it is complete.

    Symbolic links are not followed: one on the way raises OutputError, one in the file's place is replaced.
    """
    target = folder / path
    for parent in target.relative_to(folder).parents:
        if parent != Path() and (folder / parent).is_symlink():
            raise OutputError(f"{folder / parent} is a symbolic link, which is not followed.")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:
            yield file
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
