"""SQL that not every database speaks, kept in one place; SQLite is the one spoken here.

Everything else in the project is built by Peewee or is plain SQL that SQLite and PostgreSQL share.
"""

import re
from typing import Any

from peewee import ColumnBase, Function, Node

from ..database import Arg, Statement

_PLACE = re.compile(r":([a-z_]+)")


def raw(text: str) -> Statement:
    """Keep a statement written by hand; its places are `:name`."""
    return Statement(_PLACE.sub("?", text), [Arg(name) for name in _PLACE.findall(text)])


class _Listed(Node):
    def __init__(self, name: str) -> None:
        self.arg = Arg(name)

    def __sql__(self, ctx: Any) -> Any:
        return ctx.literal("(SELECT value FROM json_each(").sql(self.arg).literal("))")


def listed(name: str) -> Any:
    """Stand for the members of a list of any length: `File.id.in_(listed("ids"))`."""
    return _Listed(name)


def contains(column: Any, name: str) -> Any:
    """Test whether a text holds the needle given as `name` (casefolded), ignoring case in every alphabet."""
    return Function("contains_text", (column, Arg(name)))


class _HoldsAny(ColumnBase):
    def __init__(self, column: Any, name: str) -> None:
        self.column, self.arg = column, Arg(name)

    def __sql__(self, ctx: Any) -> Any:
        ctx.literal("EXISTS (SELECT 1 FROM json_each(").sql(self.arg).literal(") AS part WHERE instr(")
        return ctx.sql(self.column).literal(", part.value) > 0)")


def holds_any(column: Any, name: str) -> Any:
    """Test whether a text holds one of the members of a list of any length, in the same case."""
    return _HoldsAny(column, name)
