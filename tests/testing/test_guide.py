"""The guide to testing is true: its files are written as they stand there, and its tests pass."""

import re
from pathlib import Path

import pytest

from tests.docs_reader import page
from tests.testing.runs import outcomes, run_pytest

GUIDE = page("testing.md")
SEEDED = ("test_seed.py", "pyproject.toml", "workspace/prompts.yaml")


def files() -> dict[str, str]:
    """Return the files of the guide: each snippet names its own in its first line."""
    found = {}
    for snippet in GUIDE.snippets:
        named = re.match(r"# (\S+)\n", snippet.text)
        if snippet.language != "bash":
            assert named, f"{GUIDE}:{snippet.line} names no file"
            found[named[1]] = snippet.text
    return found


def write(folder: Path, names: list[str]) -> int:
    """Write these files and return how many tests are in them."""
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(files()[name], encoding="utf-8")
    return sum(len(re.findall(r"^ *def test_", files()[name], re.MULTILINE)) for name in names)


@pytest.mark.parametrize("left_out", [SEEDED, ()], ids=["before the seed", "all"])
def test_the_tests_of_the_guide_pass(tmp_path: Path, left_out: tuple[str, ...]) -> None:
    tests = write(tmp_path, [name for name in files() if name not in left_out])
    done = run_pytest(tmp_path)
    assert outcomes(done) == f"{tests} passed", done.stdout + done.stderr
