"""Only `app/store/dialects` knows which database it is; what other code says of one has a reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
KNOWING = APP / "store" / "dialects"
LENT = APP / "runtime" / "sandbox" / "lent"  # code of others' that runs in a sandbox
WORDS = re.compile(r"sqlite|psycopg|postgres|pragma|rowid|\bwal\b|json_each|json_extract|pg_\w+", re.IGNORECASE)

ALLOWED = {
    "settings.py": "says which URLs --db takes",
    "store/snapshot_files.py": "keeps snapshots of a file as files, and removes their journals with them",
    "store/staging.py": "is a file of SQLite whatever the database is: rows wait there for an import",
}


def code_of(file: Path) -> Iterator[str]:
    """Yield the names and texts of a module; comments and docstrings may tell of databases."""
    tree = ast.parse(file.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if not node.value.endswith(".") or "\n" in node.value:  # a sentence for people
                yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def knows(file: Path) -> bool:
    return any(WORDS.search(piece) for piece in code_of(file))


def others() -> list[str]:
    files = (file for file in APP.rglob("*.py") if KNOWING not in file.parents and LENT not in file.parents)
    return sorted(str(file.relative_to(APP)) for file in files)


def test_no_other_code_knows_which_database_it_is() -> None:
    assert [name for name in others() if name not in ALLOWED and knows(APP / name)] == []


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_is_needed(name: str) -> None:
    assert knows(APP / name), f"{name} {ALLOWED[name]}: that is no longer so"
