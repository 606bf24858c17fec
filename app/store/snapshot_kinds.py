"""Which snapshots a database has."""

from collections.abc import Callable

from .database import Database
from .snapshot_files import FileSnapshots
from .snapshot_schemas import SchemaSnapshots
from .snapshots import MemorySnapshots, Snapshots


def snapshots_of(db: Database, fresh: Callable[[], Database], origin: Callable[[], str]) -> Snapshots:
    """Return the snapshots of a database: in memory as it is, files beside it, or where all its servers find them.

    `fresh` makes a database in memory as a server starts with; `origin` tells by what, so that servers of the same
    origin can share it.
    """
    if db.in_memory:
        return MemorySnapshots(db, fresh)
    states = db.dialect.saved_states()
    return FileSnapshots(db, fresh) if states is None else SchemaSnapshots(db, states, fresh, origin)
