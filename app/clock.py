"""The one source of the current time, and of its wire form.

Times are ISO 8601 in UTC with microseconds and a `Z` [O]. The text has a fixed width, so it sorts in order of time: it
is stored as it is sent, and never parsed on the way out.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

TICK = timedelta(microseconds=1)
STILL = timedelta(0)
LAST_YEAR = 9000  # well before the end of Python's datetimes


def wire_time(moment: datetime) -> str:
    """Write a time as `2025-05-01T12:00:00.123456Z`; one without a time zone is taken as UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


def seconds_between(start: str, end: str) -> float:
    """Return the seconds from one wire time to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def read_time(moment: str | datetime) -> datetime:
    """Return a time in UTC without a time zone; a text is ISO 8601. ValueError: not a time, or too late for a clock."""
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
    """The state of a clock. Times are in their wire form, empty for none; `offset` is in microseconds."""

    start: str = ""
    """The time at which it started frozen; empty if it started with the real time."""
    frozen: str = ""
    """The time at which it is frozen; empty if it runs."""
    offset: int = 0
    """How far it is ahead of the real time."""
    last: str = ""
    """The last time that it returned."""

    @classmethod
    def of_start(cls, frozen_at: str) -> "Position":
        """Return the state in which a clock starts: frozen at this time, or with the real time."""
        start = wire_time(read_time(frozen_at)) if frozen_at else ""
        return cls(start, start)


class Clock:
    """Tells the time, strictly later at each call, so that rows made in one request keep their order.

    It can be frozen, advanced and set. While it is frozen, each call of `now` is one microsecond later. After `set`,
    and after `freeze` at a given time, the order starts again: new rows may be older than existing ones.
    """

    def __init__(
        self,
        frozen_at: str = "",
        sleep: Callable[[float], None] = time.sleep,
        changing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Start at the real time, or frozen at this one.

        `sleep` waits while the clock runs; `changing` is held while the clock is being changed.
        """
        self._sleep = sleep
        self._changing = changing
        self._lock = threading.Lock()
        self.position = Position.of_start(frozen_at)

    @property
    def position(self) -> Position:
        """Its state, from which another clock can continue."""
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
        """Return only times after this one, which another process returned."""
        with self._lock:
            self._last = max(self._last, last)

    def go_back(self, last: str) -> None:
        """Return the times after this one again, which nobody has got to see."""
        with self._lock:
            self._last = last

    @property
    def frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self._frozen is not None

    def now(self) -> str:
        """Return the current time in its wire form, later than in any call before."""
        with self._lock:
            moment = wire_time(self._present())
            if moment <= self._last:
                moment = wire_time(datetime.fromisoformat(self._last) + TICK)
            self._last = moment
            return moment

    def read(self) -> datetime:
        """Return the current time in UTC, for measuring; while the clock is frozen it stays the same."""
        with self._lock:
            return self._present()

    def freeze(self, at: str | datetime | None = None) -> None:
        """Stop the clock, now or at the given time."""
        moment = None if at is None else read_time(at)
        with self._changing(), self._lock:
            if moment is not None:
                self._last = ""
            self._frozen = moment or self._present()

    def set(self, to: str | datetime) -> None:
        """Show this time; a running clock continues from there."""
        moment = read_time(to)
        with self._changing(), self._lock:
            self._last = ""
            self._move(moment - self._present())

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises ValueError for a negative number, and for a time after the year 9999."""
        if seconds < 0:
            raise ValueError("The clock cannot be advanced by a negative number of seconds; set it instead.")
        try:
            with self._changing(), self._lock:
                self._move(timedelta(seconds=seconds))
        except OverflowError:
            raise ValueError("The clock cannot be advanced that far.") from None

    def resume(self) -> None:
        """Let time run again, from the time that the clock shows."""
        with self._changing(), self._lock:
            if self._frozen is not None:
                self._offset = self._frozen - _real_time()
                self._frozen = None

    def reset(self) -> None:
        """Go back to how the clock started: with the real time, or frozen at a given time."""
        with self._changing(), self._lock:
            self._frozen = read_time(self._start) if self._start else None
            self._offset = STILL
            self._last = ""

    def sleep(self, seconds: float) -> None:
        """Wait; a frozen clock is advanced instead, without waiting."""
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
