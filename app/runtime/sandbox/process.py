"""Python in a process of its own, with every installed library: for code that you trust, or confined for any code.

Unconfined, it is no sandbox: the code runs as the user who runs the server, and can read and write that user's files,
open connections and start programs. But calls are kept apart, and mistakes are contained: a fresh interpreter in
isolated mode; an empty working directory that is removed later; only the given environment; limits on time, memory,
open files and the size of files; in the end the process is killed, with those it started. There is no limit on the
number of processes, because the system counts all of the user's; a process that leaves its session outlives the call.
"""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import orjson

from ...json_types import Json
from ...settings import flag, variable
from . import report
from .base import Call, Limits, Outcome, Sandbox
from .entry import CodeError, Entry, find

CHILD = Path(__file__).with_name("child.py")
COMMAND = [sys.executable, "-I", "-X", "utf8", str(CHILD)]
PIECE = 65_536
ERROR_BYTES = 65_536  # an error may be longer than the values that are allowed

INSTALL = (
    "Packages must be installed where the server runs (pip install 'humanloop-emulator[evaluators]' has those that "
    f"Humanloop had), or in the folder {flag('python_packages')} ({variable('python_packages')})."
)


class Process(Sandbox):
    """Runs each call in a new interpreter; POSIX only, about 30 ms a call."""

    confined = False
    """Whether the child gives up access to files, network and processes before it runs the code."""

    refusal: str | None = None
    """What is added to the error if the code was refused something."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def perform(self, call: Call) -> Outcome:
        """Call the last function of the code; the outcome includes what it printed before it exceeded a limit."""
        printed = bytearray()
        value, error = None, None
        try:
            entry = find(call.code)
            given = orjson.dumps([entry.accepted(call.arguments), call.keywords]).decode()
            request = {
                "code": entry.code,
                "name": entry.name,
                "given": given,
                "environment": dict(call.environment),
                "seconds": self._limits.seconds,
                "memory": self._limits.memory_mb << 20,
                "recursion": self._limits.recursion,
                "packages": [os.path.abspath(self._limits.packages)] if self._limits.packages else [],
                "confined": self.confined,
            }
            value = self._read(entry, *self._call(orjson.dumps(request), printed))
        except (CodeError, report.Refused) as refused:
            error = str(refused)
        return Outcome(value, printed.decode(errors="replace") or None, error)

    def _call(self, request: bytes, printed: bytearray) -> tuple[bytes, int]:
        """Run the child to its end, fill `printed`, and return the line that it reports and its exit status."""
        reading, writing = os.pipe()
        with (
            open(reading, "rb", buffering=0) as result,
            tempfile.TemporaryFile() as stdin,
            tempfile.TemporaryDirectory(prefix="humanloop-emulator-", ignore_cleanup_errors=True) as folder,
        ):
            try:
                stdin.write(request)
                stdin.seek(0)
                child = subprocess.Popen(
                    [*COMMAND, str(writing)],
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=folder,
                    env={},
                    pass_fds=(writing,),
                    start_new_session=True,
                )
            finally:
                os.close(writing)
            with child:
                try:
                    line = self._listen(child, result.fileno(), printed)
                finally:
                    with suppress(ProcessLookupError):
                        os.killpg(child.pid, signal.SIGKILL)
            return line, child.returncode

    def _listen(self, child: subprocess.Popen[bytes], result: int, printed: bytearray) -> bytes:
        """Read both pipes until the report is complete or the child has ended."""
        assert child.stdout is not None
        out = child.stdout.fileno()
        line = bytearray()
        ends = time.monotonic() + self._limits.seconds
        with selectors.DefaultSelector() as pipes:
            for pipe in (out, result):
                os.set_blocking(pipe, False)
                pipes.register(pipe, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                left = ends - time.monotonic()
                ready = {key.fd for key, _ in pipes.select(left)} if left > 0 else set()
                if not ready:
                    raise report.Refused(report.timed_out(self._limits))
                if out in ready and not self._print(out, printed):
                    pipes.unregister(out)
                if result in ready:
                    piece = os.read(result, PIECE)
                    if not piece:
                        break
                    line += piece
                    if len(line) > self._limits.output_kb * 1024 + ERROR_BYTES:
                        raise report.Refused(report.returned_too_much(self._limits))
        with suppress(BlockingIOError):  # what it printed came before its report
            while self._print(out, printed):
                pass
        return bytes(line)

    def _print(self, out: int, printed: bytearray) -> bool:
        """Read a piece of what it prints; return whether there was one."""
        piece = os.read(out, PIECE)
        printed += piece
        most = self._limits.output_kb * 1024
        if len(printed) > most:
            del printed[most:]
            raise report.Refused(report.printed_too_much(self._limits))
        return bool(piece)

    def _read(self, entry: Entry, line: bytes, status: int) -> Json:
        """Return the value that the child reports, or raise Refused with its error."""
        if not line.endswith(b"\n"):
            if status == -signal.SIGXCPU:
                raise report.Refused(report.timed_out(self._limits))
            raise report.Refused(f"The process of the code ended without a result, with exit status {status}.")
        if line.startswith(b"V"):
            return report.value(line[1:-1], self._limits)
        try:
            raise report.Refused(self._described(entry, orjson.loads(line[1:])))
        except (ValueError, LookupError, TypeError):  # the code found the pipe
            raise report.Refused("The process of the code sent an invalid report.") from None

    def _described(self, entry: Entry, error: Json) -> str:
        """Describe an error that the child reports."""
        if error["kind"] == "MemoryError":
            return report.out_of_memory(self._limits)
        if error["returned"]:
            return report.not_json(error["message"])
        text = report.failure(entry.code, error["kind"], error["message"], error["frames"])
        hint = INSTALL if error["kind"] == "ModuleNotFoundError" else self.refusal if error["denied"] else None
        return f"{text}\n{hint}" if hint else text


class Confined(Process):
    """Runs untrusted code, each call in a new interpreter without files and network; Linux only, about 40 ms a call.

    The process has the same limits, and gives up what `confinement` lists before it runs the code. Compiled libraries
    run at full speed, and code can only compute. What confines it is the kernel, and that is more code to trust than an
    interpreter without files: Monty exposes less.
    """

    confined = True
    refusal = (
        f"The sandbox allows no files, network or processes. Code that you trust can run without it: {report.ADVICE}."
    )
