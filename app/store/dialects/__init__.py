"""The databases that hold the store, and the only files that know which one it is."""

from .base import Dialect
from .sqlite import Sqlite


def dialect_of(target: str) -> Dialect:
    """Return the database at a path, a URL or `:memory:`."""
    if target.startswith(("postgresql://", "postgres://")):
        try:
            from .postgresql import Postgresql  # psycopg is an extra
        except ImportError:
            needs = "A database of PostgreSQL needs psycopg: pip install 'humanloop-emulator[postgresql]'."
            raise ValueError(needs) from None
        return Postgresql(target)
    return Sqlite(target.removeprefix("sqlite:///"))
