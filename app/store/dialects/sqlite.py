"""The SQL of SQLite."""

from typing import Any

import orjson
from peewee import SqliteDatabase

from .base import Dialect


def _json_each(document: str, field: str | None = None) -> str:
    return f"json_each({document})" if field is None else f"json_each({document}, '$.{field}')"


def _is_object(document: str, field: str | None = None) -> str:
    path = "" if field is None else f", '$.{field}'"
    return f"json_type({document}{path}) = 'object'"


class Sqlite(Dialect):
    """SQLite: lists are JSON texts, and its own functions take them apart."""

    name = "sqlite"
    context = SqliteDatabase(None).get_context_options()
    words = {
        "integers": _json_each,
        "texts": _json_each,
        "items": _json_each,
        "names": _json_each,
        "is_object": _is_object,
        "text_at": lambda document, path: f"json_extract({document}, '$.{path}')",
        "integer_at": lambda document, place: f"json_extract({document}, '$[{place}]')",
        "position_of": lambda text, part: f"instr({text}, {part})",
        "least_of": lambda one, other: f"min({one}, {other})",
    }

    def listed(self, values: list[Any]) -> str:
        return orjson.dumps(values).decode()


def contains_text(text: str | None, needle: str) -> bool:
    """Search as `contains_text` does: SQLite's own LIKE ignores case in ASCII alone."""
    return text is not None and needle in text.casefold()


from ..statement import contains as contains, holds_any as holds_any, sql as raw, texts as listed  # noqa
