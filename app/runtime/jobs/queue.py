"""The queue of background jobs: judging Logs and filling Runs.

What is left to do is in the database, in the tables `assignment`, `run` and `run_log`; a job only says where to look.
So a job may be lost or done twice without harm, and after a crash all jobs are made anew from the tables. With
`immediate` there is no queue; else it is huey's, in the same database, in this process for `:memory:`, or in Redis.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from ...clock import Clock
from ...errors import Interrupted, Unavailable
from ...ids import Ids
from ...json_types import Json
from ...services.evaluations import assignments
from ...services.workspace import Jobs, workspace_of
from ...waiting import hurried
from ..engines import Engines
from .filling import fill_run, unfilled
from .judging import judge_logs

if TYPE_CHECKING:
    from huey.api import Huey

    from .consumer import Consumer

logger = logging.getLogger(__name__)

NAME = "humanloop-emulator"
LOGS_AT_ONCE = 25
SECONDS_FOR_LOCK = 10
JOBS: dict[str, Callable[..., None]] = {"judge": judge_logs, "fill": fill_run}
RETRIES, RETRY_DELAY = 3, 1  # of a job that fails, because the database was locked for too long or its disk was full


class Queue(Jobs, ABC):
    """Takes jobs; those for many Logs are split."""

    def __init__(self, engines: Engines, clock: Clock, ids: Ids) -> None:
        self._engines, self._clock, self._ids = engines, clock, ids
        self.when_added: Callable[[], object] = lambda: None
        """What is called after a job was added: it may start whatever works on it."""
        self.judged = ("llm",) if engines.settings.python_runtime == "off" else ("python", "llm")

    def judge(self, organisation: int, logs: list[int]) -> None:
        """Judge these Logs by the Evaluators assigned to them."""
        for start in range(0, len(logs), LOGS_AT_ONCE):
            self._add("judge", organisation, logs[start : start + LOGS_AT_ONCE])

    def fill(self, organisation: int, run: int, after: int = -1) -> None:
        """Make the Logs that an orchestrated Run still lacks, for the datapoints after this position."""
        self._add("fill", organisation, run, after)

    def resume(self, look: str = "closely") -> None:
        """Add jobs for everything that is left to do according to the database.

        Looking `quickly` skips Runs that have as many Logs as their Dataset has datapoints.
        """
        db = self._engines.db
        with db.reading():
            logs, runs = assignments.outstanding(db), unfilled(db, look)
        for organisation, keys in logs.items():
            self.judge(organisation, keys)
        for organisation, run in runs:
            self.fill(organisation, run)

    def are_behind(self) -> bool:
        """Tell whether something is left to be done."""
        db = self._engines.db
        with db.reading():
            return bool(assignments.outstanding(db) or unfilled(db, "closely"))

    def renew(self) -> None:
        """Add the jobs of a state that has replaced another one."""
        self.resume()

    def start(self, threads: int = 1) -> None:
        """Do the jobs that are left, then those that are added."""
        self.resume()

    def stop(self) -> None:
        """Finish the running jobs and stop."""

    def check(self) -> None:
        """Raise an error if the queue cannot be used."""

    def perform(self, job: str, organisation: int, *arguments: Json) -> None:
        """Do a job now."""
        ws = workspace_of(self._engines.db, organisation, self._clock, self._ids, self)
        JOBS[job](ws, self._engines, *arguments)

    @abstractmethod
    def _add(self, job: str, organisation: int, *arguments: Json) -> None:
        """Add a job."""


class ImmediateQueue(Queue):
    """Does each job at once, before its caller goes on; a job that adds others is finished first."""

    def __init__(self, engines: Engines, clock: Clock, ids: Ids) -> None:
        super().__init__(engines, clock, ids)
        self._local = threading.local()

    def _add(self, job: str, organisation: int, *arguments: Json) -> None:
        waiting: deque[tuple[Json, ...]] | None = getattr(self._local, "waiting", None)
        if waiting is not None:
            waiting.append((job, organisation, *arguments))
            return
        waiting = self._local.waiting = deque([(job, organisation, *arguments)])
        try:
            while waiting:
                self._try(waiting.popleft())
        finally:
            self._local.waiting = None

    def _try(self, job: tuple[Json, ...]) -> None:
        try:
            self.perform(*job)
        except Exception:  # the request that caused it has been stored and is answered
            logger.exception("A job failed")


class HueyQueue(Queue):
    """Hands jobs to huey; any process that works on the same queue does them."""

    def __init__(self, engines: Engines, clock: Clock, ids: Ids) -> None:
        super().__init__(engines, clock, ids)
        self._consumer: Consumer | None = None
        self._interrupted = threading.Event()  # when a job could not be queued or finished

    @cached_property
    def _huey(self) -> "Huey":
        return _storage(self._engines)

    @cached_property
    def _adding(self) -> ThreadPoolExecutor:
        """Return the thread that adds jobs for those who must not wait, and keeps their order."""
        return ThreadPoolExecutor(1, "adding jobs")

    @cached_property
    def _task(self) -> Callable[..., object]:
        task: Callable[..., object] = self._huey.task(name="perform", retries=RETRIES, retry_delay=RETRY_DELAY)(
            self._try
        )
        return task

    def _try(self, job: str, organisation: int, *arguments: Json) -> None:
        """Do a job; if it is interrupted, the next sweep finds what is left to do."""
        try:
            self.perform(job, organisation, *arguments)
        except Interrupted:
            self._interrupted.set()

    def _add(self, job: str, organisation: int, *arguments: Json) -> None:
        if hurried():  # the queue may be locked by another process
            self._adding.submit(self._put, job, organisation, *arguments)
        else:
            self._put(job, organisation, *arguments)

    def _put(self, job: str, organisation: int, *arguments: Json) -> None:
        try:
            self._task(job, organisation, *arguments)
        except Unavailable:
            self._interrupted.set()
        except Exception:  # what is left to do is stored, and will be found again
            logger.exception("A job could not be queued")
        self.when_added()

    def check(self) -> None:
        """Raise an error if the queue cannot be used."""
        self._huey.pending_count()

    def sweep(self) -> None:
        """If the queue is empty, look for jobs that some process took from it and never finished."""
        if not self._huey.pending_count():
            look = "closely" if self._interrupted.is_set() else "quickly"
            self._interrupted.clear()
            self.resume(look)

    def renew(self) -> None:
        """Replace the jobs of the queue with those that follow from the tables."""
        self._huey.flush()
        self.resume()

    def start(self, threads: int = 1) -> None:
        """Work in threads of this process, first on the jobs that are left."""
        try:
            self.renew()
        except Interrupted:
            self._interrupted.set()
        self._work(threads)

    def _work(self, threads: int) -> None:
        from .consumer import Consumer  # huey's takes 5 ms, and most processes do no jobs

        _ = self._task  # huey must know the task before it gets a job
        self._consumer = Consumer(self._huey, threads, self.sweep, self._interrupted)
        self._consumer.start()

    def stop(self) -> None:
        """Finish the running jobs and stop."""
        if "_adding" in self.__dict__:
            self._adding.shutdown()
        if self._consumer is not None:
            self._consumer.stop(graceful=True)
            if self._consumer.is_working():  # others take over what this process drops
                self.resume()
        if "_huey" in self.__dict__:
            self._huey.storage.close()


class ThreadQueue(HueyQueue):
    """Works in this process; its thread starts with the first job, so a server without jobs has none."""

    def __init__(self, engines: Engines, clock: Clock, ids: Ids) -> None:
        super().__init__(engines, clock, ids)
        self._begin = threading.Lock()

    def _add(self, job: str, organisation: int, *arguments: Json) -> None:
        super()._add(job, organisation, *arguments)
        with self._begin:
            if self._consumer is None:
                self._work(1)


QUEUES: dict[str, type[Queue]] = {"immediate": ImmediateQueue, "thread": ThreadQueue, "off": HueyQueue}


def _storage(engines: Engines) -> "Huey":
    """Return huey on Redis if that is set, or else where the database is: in it, or in this process."""
    if engines.settings.redis_url:
        from huey.api import RedisHuey

        return RedisHuey(NAME, url=engines.settings.redis_url, results=False)
    return engines.db.dialect.make_queue(NAME, SECONDS_FOR_LOCK)
