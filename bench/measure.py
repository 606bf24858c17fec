"""How a time is taken: the best of several rounds, ours and the peer's in turn."""

import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True)
class Result:
    """The time of an operation and of its peer, in seconds."""

    name: str
    ours: float
    peer: float
    aim: float | None  # the largest ratio that is well; None: only told

    def line(self) -> str:
        """Return the row of the table."""
        ratio = self.ours / self.peer
        aim = "" if self.aim is None else f"  ≤ {self.aim:g} {'ok' if ratio <= self.aim else 'MISSED'}"
        return f"{self.name:<44}{_shown(self.ours):>12}{_shown(self.peer):>12}{ratio:>8.2f}{aim}"


def _shown(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 0.01 else f"{seconds * 1e3:.1f} ms"


def compare(
    name: str, ours: Callable[[], object], peer: Callable[[], object], *, aim: float | None, repeat: int = 1
) -> Result:
    """Time two functions in turn and keep the best round of each; one round is `repeat` calls."""
    best = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for index, function in enumerate((ours, peer)):
            best[index] = min(best[index], timed(function, repeat))
    return Result(name, best[0], best[1], aim)


def timed(function: Callable[[], object], repeat: int = 1) -> float:
    """Return the mean time of one call over `repeat` calls."""
    start = time.perf_counter()
    for _ in range(repeat):
        function()
    return (time.perf_counter() - start) / repeat
