"""The table in docs/clients.md: a row for each step, a column for each client."""

from collections.abc import Mapping
from pathlib import Path

from .clients import CLIENTS
from .steps import STEPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
START, END = "<!-- matrix -->", "<!-- end of matrix -->"
UNKNOWN = "?"
Columns = dict[str, dict[str, str]]
"""The cells of each client by step."""


def header() -> list[str]:
    """Return the heads of the columns."""
    return ["Step", *(name.replace("-", " ") for name in CLIENTS)]


def read(text: str) -> Columns:
    """Return the cells of the table in a page; those of new clients and steps are unknown."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in _between(text).splitlines()]
    columns = rows[0][1:] if rows else []
    titles = {title: step for step, title in STEPS.items()}
    found = {(titles.get(row[0]), name): cell for row in rows[2:] for name, cell in zip(columns, row[1:], strict=True)}
    names = dict(zip(CLIENTS, header()[1:], strict=True))
    return {client: {step: found.get((step, name), UNKNOWN) for step in STEPS} for client, name in names.items()}


def draw(columns: Columns) -> str:
    """Return the table in Markdown."""
    rows = [header(), ["---", *(":-:" for _ in CLIENTS)]]
    rows += [[title, *(columns[client][step] for client in CLIENTS)] for step, title in STEPS.items()]
    return "\n".join(f"| {' | '.join(row)} |" if row[0] != "---" else f"|{'|'.join(row)}|" for row in rows)


def update(columns: Mapping[str, dict[str, str]]) -> str:
    """Write these columns into the page, leave the others as they are, and return the table."""
    text = PAGE.read_text(encoding="utf-8")
    table = draw({**read(text), **columns})
    PAGE.write_text(text.replace(_between(text), table), encoding="utf-8")
    return table


def _between(text: str) -> str:
    _, start, rest = text.partition(f"{START}\n")
    table, end, _ = rest.partition(f"\n{END}")
    if not start or not end:
        raise LookupError(f"{PAGE.name} has no table between {START} and {END}.")
    return table
