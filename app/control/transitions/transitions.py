"""When a finished Run is shown as completed: at once, after some answers, or after some time.

This is for testing clients that poll until a Run ends. Only the status that follows from Logs and judgments is delayed;
one that is set by hand is shown at once.
"""

import threading
from datetime import datetime, timedelta

from ...clock import Clock
from ...services.workspace import AT_ONCE, Completion
from ...waiting import may_wait


class Delay:
    """Shows a finished Run as running in its first answers, and for some seconds of the clock after the first."""

    def __init__(self, after_reads: int, after_seconds: float) -> None:
        self._reads = after_reads
        self._time = timedelta(seconds=after_seconds)
        self._seen: dict[int, tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    def shows(self, run: int, finished: bool, clock: Clock) -> bool:
        """Tell whether a Run, by key, is shown as completed in the answer that is being made."""
        may_wait()  # an answer that is made again elsewhere counts once
        with self._lock:
            if not finished:
                self._seen.pop(run, None)
                return False
            now = clock.read()
            reads, since = self._seen.get(run, (0, now))
            self._seen[run] = (reads + 1, since)
            return reads >= self._reads and now - since >= self._time


class Transitions:
    """The delay in force in one process; `completion` is what decides, for each answer."""

    completion: Completion

    def __init__(self) -> None:
        self.set()

    def set(self, *, after_reads: int = 0, after_seconds: float = 0.0) -> None:
        """Delay `completed` by this many answers and seconds; with both 0 it is shown at once.

        Every answer counts that would have shown it, including answers to writes.
        """
        self.after_reads, self.after_seconds = after_reads, after_seconds
        self.completion = Delay(after_reads, after_seconds) if after_reads or after_seconds else AT_ONCE
