"""Through how many files a change is followed: requests that grow by a file have to say why, here."""

from pathlib import Path

import pytest

from bench.walks import walks
from humanloop_emulator.commands.cli import main

MOST_FILES = {
    "Add Logs to Run": 14,
    "a streamed call": 28,
    "an import": 40,
}  # with `waiting.py`, for the lock of writers


@pytest.mark.sqlite_only("it is about the code of the emulator, which is the same")
def test_walks_do_not_grow(tmp_path: Path) -> None:
    found = {name: sorted(Path(file).name for file in walk.files) for name, walk in walks(main, tmp_path).items()}
    assert {name: files for name, files in found.items() if len(files) > MOST_FILES[name]} == {}
