"""The one source of the current time, and of its wire form.

Times are ISO 8601 in UTC with microseconds and a `Z` [O]. The text has a fixed width, so it sorts as the
time does: it is stored as it is sent, and never parsed on the way out.
"""

import threading
from datetime import UTC, datetime, timedelta


def wire_time(moment: datetime) -> str:
    """Write a time as `2025-05-01T12:00:00.123456Z`; one without a zone is taken as UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


class Clock:
    """Tells the time, strictly later at each call, so that rows made in one request keep their order."""

    def __init__(self) -> None:
        self._last = ""
        self._lock = threading.Lock()

    def now(self) -> str:
        """Return the current time in its wire form."""
        with self._lock:
            moment = wire_time(datetime.now(UTC))
            if moment <= self._last:
                moment = wire_time(datetime.fromisoformat(self._last) + timedelta(microseconds=1))
            self._last = moment
            return moment
