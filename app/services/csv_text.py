"""Rows as CSV: RFC 4180 in UTF-8, and safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and what models write must not become
one. Such a cell gets an apostrophe in front, unless it is a number; so does one that has only apostrophes before such a
character, so that taking one apostrophe off `'+[=+@\t\r\n-]` always gives the text back.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from ..json_types import Json, plain_text

ROWS = 500  # in a piece of text
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def cell(value: Json) -> str:
    """Return what stands in a cell: a text as it is, nothing for null, JSON for everything else."""
    if value is None:
        return ""
    text = plain_text(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def written(names: Sequence[str], rows: Iterable[Sequence[Json]]) -> Iterator[str]:
    """Yield a table in pieces, beginning with its names: never more than some hundred rows are held at once."""
    lines = chain([names], rows)
    while piece := list(islice(lines, ROWS)):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([cell(value) for value in row] for row in piece)
        yield text.getvalue()
