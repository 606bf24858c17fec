"""Snapshots of a database that many servers share: it keeps them itself, see `dialects/schemas.py`."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import Invalid
from .database import Database
from .schema import apply, newest
from .snapshots import Snapshot, Snapshots, check_name, missing, now_text

if TYPE_CHECKING:
    from .dialects.schemas import SchemaStates  # psycopg is an extra

START = ".start-"  # before the origin: no name of a snapshot begins so


class SchemaSnapshots(Snapshots):
    """Snapshots that all servers of a database see."""

    def __init__(
        self, db: Database, states: "SchemaStates", fresh: Callable[[], Database], origin: Callable[[], str]
    ) -> None:
        """Take a database and the states it keeps; `fresh` makes another one in memory as a server starts with.

        Servers with the same `origin` go back to one start: that of the first of them, with its ids.
        """
        self._db = db
        self._states = states
        self._fresh = fresh
        self._origin = origin

    def keep_start(self) -> None:
        """Keep it for all servers of the same origin, unless one of them has, and if the database lets them."""
        name = START + self._origin()
        if not self._states.has(name):
            with suppress(PermissionError):
                self._states.save(name, now_text(), newest())

    def load_start(self) -> None:
        name = START + self._origin()
        try:
            self._load(name)
        except KeyError:
            self._remake(name)

    def _remake(self, name: str) -> None:
        fresh = self._fresh()
        try:
            self._states.put(name, fresh, now_text(), newest())
        except PermissionError:
            self._db.replace_with(fresh)
        else:
            self._load(name)

    def list(self) -> list[Snapshot]:
        return [Snapshot(*kept) for kept in self._states.list() if not kept.name.startswith(START)]

    def save(self, name: str) -> Snapshot:
        check_name(name)
        try:
            return Snapshot(*self._states.save(name, now_text(), newest()))
        except PermissionError as error:
            raise Invalid("The database keeps no snapshots.", str(error)) from None

    def load(self, name: str) -> None:
        check_name(name, loc=("path", "name"))
        try:
            self._load(name)
        except KeyError:
            raise missing(name) from None

    def delete(self, name: str) -> None:
        check_name(name, loc=("path", "name"))
        if not self._states.drop(name):
            raise missing(name)

    def _load(self, name: str) -> None:
        while not self._states.load(name, newest()):
            self._states.renew(name, newest(), apply)
