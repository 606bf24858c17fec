"""The threads that take jobs from the queue."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

import huey.consumer
from huey.api import Huey

from ...errors import Interrupted

logger = logging.getLogger(__name__)

SECONDS_TO_FINISH = 5  # for running jobs when the process is told to stop; lost ones are found again
FIRST_DELAY, LONGEST_DELAY = 0.02, 0.2  # seconds between two looks at an empty queue
SECONDS_BETWEEN_SWEEPS = 10


class Scheduler(huey.consumer.Scheduler):
    """huey's scheduler, which also looks for lost jobs: soon when some are known to be lost."""

    def __init__(self, *arguments: object, sweep: Callable[[], None], lost: threading.Event, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._sweep = sweep
        self._lost = lost
        self._next = time.monotonic() + SECONDS_BETWEEN_SWEEPS

    def loop(self, now: datetime | None = None) -> None:
        """Do what huey does every second, and sweep from time to time."""
        super().loop(now)
        if time.monotonic() >= self._next or self._lost.is_set():
            self._next = time.monotonic() + SECONDS_BETWEEN_SWEEPS
            try:
                self._sweep()
            except Interrupted:
                self._lost.set()
            except Exception:  # such as a locked database: there will be another sweep
                logger.exception("The sweep for lost jobs failed")


class Consumer(huey.consumer.Consumer):
    """huey's consumer inside a process that does other things too: it leaves signals alone."""

    def __init__(self, huey: Huey, threads: int, sweep: Callable[[], None], lost: threading.Event) -> None:
        self._sweep = sweep
        self._lost = lost
        super().__init__(
            huey,
            workers=threads,
            periodic=False,
            initial_delay=FIRST_DELAY,
            max_delay=LONGEST_DELAY,
            check_worker_health=False,
            shutdown_timeout=SECONDS_TO_FINISH,
        )

    def is_working(self) -> bool:
        """Tell whether a job is still running although the consumer was told to stop."""
        return any(thread.is_alive() for _, thread in self.worker_threads)

    def _create_scheduler(self) -> Scheduler:
        return Scheduler(
            huey=self.huey,
            stop_flag=self.stop_flag,
            interval=self.scheduler_interval,
            periodic=self.periodic,
            sweep=self._sweep,
            lost=self._lost,
        )

    def _set_signal_handlers(self) -> None: ...
