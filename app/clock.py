"""The one source of the current time, and of its wire form.

Times are ISO 8601 in UTC with microseconds and a `Z` [O]. The text has a fixed width, so it sorts as the
time does: it is stored as it is sent, and never parsed on the way out.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

TICK = timedelta(microseconds=1)
STILL = timedelta(0)
LAST_YEAR = 9000  # far from where Python's times end


def wire_time(moment: datetime) -> str:
    """Write a time as `2025-05-01T12:00:00.123456Z`; one without a zone is taken as UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


def seconds_between(start: str, end: str) -> float:
    """Return the seconds from one wire time to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def read_time(moment: str | datetime) -> datetime:
    """Return a time in UTC and without a zone; a text is ISO 8601. Raises ValueError, also where no clock can go on."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    try:
        read = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError as error:
        raise ValueError(str(error)) from None
    if read.year > LAST_YEAR:
        raise ValueError(f"The clock ends with the year {LAST_YEAR}.")
    return read


class Position(NamedTuple):
    """Where a clock stands. Times are in their wire form, empty for none; `offset` is in microseconds."""

    start: str = ""
    """The time at which it began frozen; empty: it began with the real time."""
    frozen: str = ""
    """The time at which it stands still; empty: it runs."""
    offset: int = 0
    """How far it runs before the real time."""
    last: str = ""
    """The last time that it told."""

    @classmethod
    def of_start(cls, frozen_at: str) -> "Position":
        """Return where a clock begins: frozen at this time, or at the real time."""
        start = wire_time(read_time(frozen_at)) if frozen_at else ""
        return cls(start, start)


class Clock:
    """Tells the time, strictly later at each call, so that rows made in one request keep their order.

    It can be frozen, advanced and set. Frozen, it is one microsecond later at each call of `now`. After `set` and
    `freeze` at a given time the order begins anew: rows made then may be older than rows that are there.
    """

    def __init__(
        self,
        frozen_at: str = "",
        sleep: Callable[[float], None] = time.sleep,
        changing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Start at the real time, or frozen at this one.

        `sleep` is what waits while the clock runs; `changing` is held while the clock is told something.
        """
        self._sleep = sleep
        self._changing = changing
        self._lock = threading.Lock()
        self.position = Position.of_start(frozen_at)

    @property
    def position(self) -> Position:
        """Where it stands, for another one to go on from there."""
        with self._lock:
            frozen = wire_time(self._frozen) if self._frozen else ""
            return Position(self._start, frozen, self._offset // TICK, self._last)

    @position.setter
    def position(self, position: Position) -> None:
        with self._lock:
            self._start, frozen, offset, self._last = position
            self._frozen = read_time(frozen) if frozen else None
            self._offset = offset * TICK

    def go_on(self, last: str) -> None:
        """Tell only times after this one, which another process told."""
        with self._lock:
            self._last = max(self._last, last)

    @property
    def frozen(self) -> bool:
        """Whether the time stands still."""
        return self._frozen is not None

    def now(self) -> str:
        """Return the current time in its wire form, later than that of any call before."""
        with self._lock:
            moment = wire_time(self._present())
            if moment <= self._last:
                moment = wire_time(datetime.fromisoformat(self._last) + TICK)
            self._last = moment
            return moment

    def read(self) -> datetime:
        """Return the current time in UTC, for those who measure; frozen, it stays the same."""
        with self._lock:
            return self._present()

    def freeze(self, at: str | datetime | None = None) -> None:
        """Stop the clock, at the present moment or at this one."""
        moment = None if at is None else read_time(at)
        with self._changing(), self._lock:
            if moment is not None:
                self._last = ""
            self._frozen = moment or self._present()

    def set(self, to: str | datetime) -> None:
        """Show this time; a clock that runs goes on from there."""
        moment = read_time(to)
        with self._changing(), self._lock:
            self._last = ""
            self._move(moment - self._present())

    def advance(self, seconds: float) -> None:
        """Move the clock on. Raises ValueError for a negative number, and for a time after the year 9999."""
        if seconds < 0:
            raise ValueError("The clock is advanced by a negative number of seconds; set it instead.")
        try:
            with self._changing(), self._lock:
                self._move(timedelta(seconds=seconds))
        except OverflowError:
            raise ValueError("The clock cannot be advanced so far.") from None

    def resume(self) -> None:
        """Let time run again, from the moment that the clock shows."""
        with self._changing(), self._lock:
            if self._frozen is not None:
                self._offset = self._frozen - _real_time()
                self._frozen = None

    def reset(self) -> None:
        """Go back to how the clock started: the real time, or the time at which it was frozen then."""
        with self._changing(), self._lock:
            self._frozen = read_time(self._start) if self._start else None
            self._offset = STILL
            self._last = ""

    def sleep(self, seconds: float) -> None:
        """Wait; a frozen clock is advanced instead, and nobody waits."""
        if self.frozen:
            self.advance(seconds)
        else:
            self._sleep(seconds)

    def _present(self) -> datetime:
        return self._frozen if self._frozen is not None else _real_time() + self._offset

    def _move(self, by: timedelta) -> None:
        moment = self._present() + by
        if self._frozen is not None:
            self._frozen = moment
        else:
            self._offset += by


def _real_time() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
