"""Python in a process that has shut itself in: all of CPython and its libraries, without files, network and processes.

The process is that of `process`, with its limits; before it runs the code it gives up what `confinement` says. So
compiled libraries work at full speed, and code of anybody can do no more than compute. What holds it is the kernel,
which is more to trust than an interpreter that knows no files: Monty is the narrower gate.
"""

from . import report
from .process import Process


class Confined(Process):
    """Runs code of anybody in a new CPython each: Linux only, some 40 ms a call."""

    shut_in = True
    refusal = (
        f"The sandbox refuses files, network and processes. Code that you trust can run without it: {report.ADVICE}."
    )
