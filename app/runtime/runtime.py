"""The runtime of an application: its engines, and the queue of background jobs on top of them."""

from functools import cached_property

from ..clock import Clock
from ..ids import Ids
from ..settings import Settings
from ..store.database import Database
from .engines import Engines
from .jobs.queue import QUEUES, Queue


class Runtime(Engines):
    """The engines, and the jobs on top of them."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, ids: Ids) -> None:
        super().__init__(settings, db)
        self.clock = clock
        self.ids = ids
        if not db.in_memory and settings.jobs != "immediate":
            db.dialect.make_queue_tables()

    @cached_property
    def jobs(self) -> Queue:
        """Return the queue of background jobs."""
        return QUEUES[self.settings.jobs](self, self.clock, self.ids)

    def close(self) -> None:
        """Stop the jobs, and close the database for this thread."""
        if "jobs" in self.__dict__:
            self.jobs.stop()
        self.db.close()
