"""The threads that take jobs from the queue."""

import huey.consumer
from huey.api import Huey

SECONDS_TO_FINISH = 5  # for the job at hand when the process is told to stop; what is lost is found again
FIRST_DELAY, LONGEST_DELAY = 0.02, 0.2  # seconds between two looks into an empty queue


class Consumer(huey.consumer.Consumer):
    """huey's consumer inside a process that has other things to do: it leaves the signals alone."""

    def __init__(self, huey: Huey, threads: int) -> None:
        super().__init__(
            huey,
            workers=threads,
            periodic=False,
            initial_delay=FIRST_DELAY,
            max_delay=LONGEST_DELAY,
            check_worker_health=False,
            shutdown_timeout=SECONDS_TO_FINISH,
        )

    def _set_signal_handlers(self) -> None: ...
