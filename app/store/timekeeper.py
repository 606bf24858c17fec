"""One clock and one source of ids for all processes that share a database, kept in its table `timeline`.

Each process has a copy, which it brings up to date at the beginning of its transactions: no call of `now` asks the
database. A clock that is told something stores it with a higher revision, and that is what the others look at. While
the clock stands still, and where ids are seeded, a transaction that writes goes on where the last one ended, whichever
process it was in: it holds the lock of the database, so no tick and no id comes twice. A database in memory has one
process, which looks only then.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..clock import Clock, Position
from ..ids import Ids
from .database import Database
from .models import Timeline
from .statement import sql

ROW = 1


class Present(NamedTuple):
    """What is looked at when a transaction begins."""

    revision: int
    last: str
    sequence: int


class Whole(NamedTuple):
    """All of a timeline: ids, and the position of the clock."""

    revision: int
    seed: str
    sequence: int
    start: str
    frozen: str
    offset: int
    last: str


PRESENT = sql("SELECT revision, last, sequence FROM timeline", Present)
WHOLE = sql('SELECT revision, seed, sequence, start, frozen, "offset", last FROM timeline', Whole)


class Timekeeper:
    """The clock and the ids of one database, in this process."""

    def __init__(self, db: Database) -> None:
        """Take a database that has been brought to the present schema."""
        self._db = db
        self._revision = -1
        self._stored = ("", 0)  # what the running transaction began with
        self.clock = Clock(changing=self._changing)
        self.ids = Ids(numbering=db.writing)
        with db.reading():
            self._adopt()
        db.timekeeper = self

    def begin(self, *, writing: bool) -> None:
        """Take over what other processes have changed; a transaction has just begun."""
        counts = self._counts
        if self._db.in_memory and not counts:
            return
        revision, last, sequence = self._db.one(PRESENT)
        if revision > self._revision:
            self._adopt()
        if writing and counts:
            self.clock.go_on(last)
            self.ids.sequence = sequence
            self._stored = (self.clock.position.last, sequence)

    def end(self) -> None:
        """Store how far ticks and ids have come; a transaction that wrote is about to be committed."""
        if not self._counts:
            return
        last, sequence = self.clock.position.last, self.ids.sequence
        changed: dict[str, Any] = {}
        if self.clock.frozen and last != self._stored[0]:
            changed["last"] = last
        if self.ids.seed and sequence != self._stored[1]:
            changed["sequence"] = sequence
        if changed:
            self._db.update(Timeline, ROW, **changed)

    def abandon(self) -> None:
        """Forget how far ticks and ids have come; a transaction that wrote is rolled back, and may come again."""
        if self._counts:
            self.clock.go_back(self._stored[0])

    def restart(self, start: str, seed: str) -> None:
        """Begin with these, in every process: frozen at this time (empty: the real time), with ids of this seed.

        The ids go on where those of the database have come to: none is made again.
        """
        with self._db.writing():
            self._store(Position.of_start(start), seed)

    @contextmanager
    def outlasting(self) -> Iterator[None]:
        """Keep clock and seed, while everything that is stored is replaced within; the ids follow what is stored."""
        with self._db.reading():
            position, seed = self.clock.position, self.ids.seed
        yield
        with self._db.writing():
            self._store(position, seed)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Tell the clock something, and every other process with it."""
        try:
            with self._db.writing():
                yield
                self._store(self.clock.position, self.ids.seed)
        except BaseException:
            self._revision = -1  # nothing was stored: the next transaction takes over what is
            raise

    def _store(self, position: Position, seed: str) -> None:
        revision = max(self._revision, self._db.one(PRESENT).revision) + 1
        self._db.update(Timeline, ROW, revision=revision, seed=seed, **position._asdict())
        self._adopt()

    def _adopt(self) -> None:
        whole = self._db.one(WHOLE)
        self._revision, self.ids.seed, self.ids.sequence = whole.revision, whole.seed, whole.sequence
        self.clock.position = Position(whole.start, whole.frozen, whole.offset, whole.last)
        self._counts = self.clock.frozen or bool(self.ids.seed)  # ticks or ids, which are stored as they are used
