"""Monty first, for it is a hundred times faster; CPython, shut in, for what Monty does not know.

What Monty comes to stands. What it *raises* is run again in CPython, and that counts: whatever Monty lacks, and however
it says so, the code gets what it was written for. To run code twice does no harm, for all it can do is compute. Only
what exceeded a limit is not tried again.

Where this system cannot shut a process in, Monty is alone, and its errors say why. The unguarded `process` is never a
way out.
"""

from dataclasses import replace

from . import confinement, gaps, report
from .base import Call, Limits, Outcome, Sandbox
from .confined import Confined
from .monty import HINT, Monty


class Auto(Sandbox):
    """Runs code of anybody, in the fastest sandbox that can."""

    def __init__(self, limits: Limits) -> None:
        self._monty = Monty(limits)
        self._confined = Confined(limits)
        self._lacking = confinement.missing()
        self._hint = (
            f"The sandbox does not support this, and CPython cannot be confined here: {self._lacking}. "
            f"Code that you trust can run without a sandbox: {report.ADVICE}."
        )

    def perform(self, call: Call) -> Outcome:
        """Call the last function of the code."""
        if self._lacking is None and gaps.known(call.code):
            return self._confined.perform(call)
        outcome = self._monty.perform(call)
        if not outcome.doubtful:
            return outcome
        if self._lacking is None:
            return self._confined.perform(call)
        return replace(outcome, error=(outcome.error or "").replace(HINT, self._hint))
