"""Monty first, for it is a hundred times faster; confined CPython for what Monty does not support.

A value that Monty returns is final. Code that *raises* in Monty is run again in CPython, whose result counts: whatever
Monty lacks, and however it says so, the code gets the interpreter it was written for. Running it twice does no harm,
because all it can do is compute. Only code that exceeded a limit is not run again.

If this system cannot confine a process, Monty is all there is, and its errors say why. The unguarded `process` is never
a fallback.
"""

from dataclasses import replace

from . import confinement, gaps, report
from .base import Call, Limits, Outcome, Sandbox
from .monty import HINT, Monty
from .process import Confined


class Auto(Sandbox):
    """Runs untrusted code in the fastest sandbox that supports it."""

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
        if self._lacking is None and gaps.needs_cpython(call.code):
            return self._confined.perform(call)
        outcome = self._monty.perform(call)
        if not outcome.doubtful:
            return outcome
        if self._lacking is None:
            return self._confined.perform(call)
        return replace(outcome, error=(outcome.error or "").replace(HINT, self._hint))
