"""The databases that hold the store, and the only files that know which one it is."""

import sqlite3
import sys
from typing import TYPE_CHECKING

from peewee import PeeweeException

from ...errors import Interrupted
from .base import Dialect
from .base import shown as shown
from .sqlite import MEMORY as MEMORY
from .sqlite import Sqlite

if TYPE_CHECKING:
    from .postgresql import Postgresql


CONNECTIONS = 10  # of a process to a server, at most


def dialect_of(target: str, connections: int = CONNECTIONS) -> Dialect:
    """Return the database at a path, a URL or `:memory:`. OSError, ValueError: there can be none."""
    kind, place = _kind_of(target)
    return kind(place, connections)


def exists(target: str) -> bool:
    """Tell whether an emulator has stored something at a path or a URL; nothing is made."""
    kind, place = _kind_of(target)
    return kind.exists(place)


def _kind_of(target: str) -> tuple[type["Sqlite | Postgresql"], str]:
    if target.startswith(("postgresql://", "postgres://")):
        try:
            from .postgresql import Postgresql  # psycopg is an extra
        except ImportError:
            needs = "A database of PostgreSQL needs psycopg: pip install 'humanloop-emulator[postgresql]'."
            raise ValueError(needs) from None
        return Postgresql, target
    return Sqlite, target.removeprefix("sqlite:///")


def driver_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return these errors and those of the drivers in use: what a command tells of in one line."""
    psycopg = sys.modules.get("psycopg")  # an extra
    return (*others, Interrupted, PeeweeException, sqlite3.Error, *([psycopg.Error] if psycopg else []))


def reason_of(error: Exception) -> str:
    """Return in one line, without a full stop, what went wrong: the further lines of drivers are SQL."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
