"""When a Run that is finished is shown as completed: at once, after some answers, or after some time.

Those who poll for the end of a Run are tested with it. Only the status that is derived from Logs and verdicts is
delayed: one that is set by hand is shown at once.
"""

import threading
from datetime import datetime, timedelta

from ...clock import Clock


class Transitions:
    """The delay of one process, and the finished Runs that it has seen."""

    def __init__(self) -> None:
        self.after_reads = 0
        self.after_seconds = 0.0
        self._seen: dict[int, tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    def set(self, *, after_reads: int = 0, after_seconds: float = 0.0) -> None:
        """Show a finished Run as running in its first answers, and for some seconds of the clock after the first.

        Every answer counts that would show it as completed, those to writes too. Both 0 show it at once.
        """
        with self._lock:
            self.after_reads, self.after_seconds = after_reads, after_seconds
            self._seen.clear()

    def shows(self, run: int, finished: bool, clock: Clock) -> bool:
        """Tell whether a Run, by key, is shown as completed in the answer that is being made."""
        if not self.after_reads and not self.after_seconds:
            return finished
        with self._lock:
            if not finished:
                self._seen.pop(run, None)
                return False
            now = clock.read()
            reads, since = self._seen.get(run, (0, now))
            self._seen[run] = (reads + 1, since)
            return reads >= self.after_reads and now - since >= timedelta(seconds=self.after_seconds)
