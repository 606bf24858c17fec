"""Python in a confined process: all of CPython and its libraries, without files, network and other processes.

It is the process of `process`, with the same limits, that gives up what `confinement` lists before it runs the code.
Compiled libraries run at full speed, and untrusted code can only compute. What confines it is the kernel, and that is
more code to trust than an interpreter without files: Monty exposes less.
"""

from . import report
from .process import Process


class Confined(Process):
    """Runs untrusted code, each call in a new CPython; Linux only, about 40 ms a call."""

    confined = True
    refusal = (
        f"The sandbox allows no files, network or processes. Code that you trust can run without it: {report.ADVICE}."
    )
