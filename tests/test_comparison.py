"""docs/comparison.md and the table in the README claim nothing without a test, and are whole."""

import ast
import re
from functools import cache

import pytest

from .docs_reader import ROOT, page

HEADER = ["Feature", "This emulator", "moto", "WireMock", "LocalStack", "Firebase emulators", "pytest-httpserver"]
OTHERS = re.compile(r"(yes|no|partly|paid)(: .+|; .+)?|\?|–")
OURS = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_the_table_of_the_readme_is_part_of_it() -> None:
    whole = page("comparison.md").text.splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = readme.partition("## Compared with other stand-ins")[2].partition("\n## ")[0].splitlines()
    rows = [row for row in rows if row.startswith("|")]
    assert len(rows) > 10 and all(row in whole for row in rows)


def tables() -> list[list[str]]:
    """Return all rows of the tables as cells."""
    lines = [line for line in page("comparison.md").text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


ROWS = [row for row in tables() if row[0] != "Feature"]


@cache
def names_in(file: str) -> set[str]:
    """Return the names of the tests of a file, without importing it."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {item.name for item in tree.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_all_tables_compare_the_same() -> None:
    headers = [row for row in tables() if row[0] == "Feature"]
    assert headers and all(row == HEADER for row in headers)
    assert len(ROWS) == len({row[0] for row in ROWS})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_we_claim_is_proven(row: list[str]) -> None:
    assert len(row) == len(HEADER)
    ours = row[1]
    if ours != "no":
        named = OURS.findall(ours)
        assert named and OURS.sub("", ours).strip(", ") == "", ours
        for file, name in named:
            assert (ROOT / file).is_file() and name in names_in(file), f"{file}::{name}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_said_of_others_begins_with_a_plain_word(row: list[str]) -> None:
    for cell in row[2:]:
        assert OTHERS.fullmatch(cell), cell
