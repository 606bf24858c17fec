"""The runtime of one application: its models, its sandbox and its jobs, each made when it is first needed."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ..clock import Clock
from ..errors import Busy
from ..ids import Ids
from ..services.workspace import Workspace
from ..settings import Settings
from ..store.database import Database
from .jobs.queue import QUEUES, make_tables
from .sandbox import Limits, Sandbox, make, require

if TYPE_CHECKING:
    from .jobs.queue import Queue
    from .providers.registry import Models


class Runtime:
    """What runs models and code for the users of one database."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, ids: Ids) -> None:
        self.settings = settings
        self.db = db
        self.clock = clock
        self.ids = ids
        self._calls: threading.Semaphore | None = None
        require(settings.python_runtime)
        if not db.in_memory and settings.jobs != "immediate":
            make_tables(db)

    def limit_calls(self, number: int) -> None:
        """Let so many calls go on at a time, for they hold a thread of the server each; the next one is Busy."""
        self._calls = threading.BoundedSemaphore(number)

    def begin_call(self) -> Callable[[], None]:
        """Return what is to be called at the end of the call that begins now; Busy when there are too many."""
        if self._calls is None:
            return lambda: None
        if not self._calls.acquire(blocking=False):
            raise Busy
        return self._calls.release

    @cached_property
    def models(self) -> "Models":
        """Return the models that Prompts, Agents and LLM evaluators ask."""
        from .providers.registry import Models

        return Models(self.settings, self.db)

    @cached_property
    def sandbox(self) -> Sandbox:
        """Return what runs the Python code of Evaluators and Tools."""
        return make(
            self.settings.python_runtime,
            Limits(
                seconds=self.settings.python_timeout,
                memory_mb=self.settings.python_memory_mb,
                packages=self.settings.python_packages,
            ),
        )

    @cached_property
    def jobs(self) -> "Queue":
        """Return the queue of what is done without a request."""
        return QUEUES[self.settings.jobs](self)

    def close(self) -> None:
        """Stop working, and close the database for this thread."""
        if "jobs" in self.__dict__:
            self.jobs.stop()
        self.db.close()

    def workspace(self, organisation: int) -> Workspace:
        """Return an organisation's view of the database, for a job."""
        from ..services.workspace import workspace_of

        return workspace_of(self.db, organisation, self.clock, self.ids, self.jobs)
