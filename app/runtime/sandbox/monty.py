"""Python in Monty: an interpreter of its own in a worker process, without files, network or the modules of CPython.

Nothing that the code does reaches the host: all it gets is its arguments, the given environment, the time, and sleep.
What the interpreter does not support is an error that names it. `random` is seeded with the arguments, so equal calls
draw the same numbers, and other calls draw others.
"""

import builtins
import re
from collections.abc import Mapping

import orjson
from pydantic_monty import NOT_HANDLED, Frame, MontyCrashedError, MontyError, MontyRuntimeError, MontySyntaxError
from pydantic_monty import Monty as Workers

from . import pool, report
from .base import Call, Limits, Outcome, Sandbox
from .entry import CodeError, Entry, find
from .lent import lend

CALLS = """
import json as __json
__arguments, __keywords = __json.loads(__input)
__value = {name}(*__arguments, **__keywords)
f"{{__json.dumps(__value, ensure_ascii=False, allow_nan=False)!s:.{most}}}"
"""
"""What is run after the code. The format cuts the text of the value, so that the server holds no more of it, even if
the code has redefined `len` or `json`."""

FEED = "<python-input-{}>"  # Monty's name for the texts that it is fed, in tracebacks
SUSPENSIONS = 10_000  # how often code may ask for its environment or sleep, which takes none of its own time

HINT = (
    f"The sandbox does not support this; CPython in a sandbox may: {report.AUTO}. "
    f"Code that you trust can run without a sandbox: {report.ADVICE}."
)

UNKNOWN = re.compile(
    r"The monty syntax parser|No module named|cannot import name|module '.*' has no attribute"
    r"|a lent module has no attribute|Permission denied: |Internal error in monty"
    r"|.* is not supported in this environment"
)
NAME = re.compile(r"name '(\w+)' is not defined")
ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'|type object '(\w+)' has no attribute '(\w+)'")


class Monty(Sandbox):
    """Runs untrusted code in Monty."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def perform(self, call: Call) -> Outcome:
        """Call the last function of the code, within the limits; sleep counts separately, with the same limit."""
        printed = Printed(self._limits.output_kb * 1024)
        value, error, doubtful = None, None, False
        try:
            entry = find(call.code)
            before, _ = script = lend(entry.code)
            given = orjson.dumps([entry.accepted(call.arguments), call.keywords]).decode()
            workers = pool.get()
            try:
                text = self._call(workers, entry, script, given, call.environment, printed)
            except (MontyCrashedError, RuntimeError) as crash:
                if isinstance(crash, MontyCrashedError) and crash.timed_out:
                    raise
                # The worker may have died while it was idle, or another thread that saw it die closed the pool.
                text = self._call(pool.renew(workers), entry, script, given, call.environment, printed)
            value = report.value(text, self._limits)
        except (CodeError, report.Refused) as refused:
            error = str(refused)
        except MontyError as failure:
            error, doubtful = self._error(entry, FEED.format(0 if before is None else 1), failure)
        if printed.exceeded:
            value, error, doubtful = None, report.printed_too_much(self._limits), False
        return Outcome(value, printed.text, error, doubtful)

    def _call(
        self,
        workers: Workers,
        entry: Entry,
        script: tuple[str | None, str],
        given: str,
        environment: Mapping[str, str],
        printed: "Printed",
    ) -> str:
        printed.clear()

        def answer(*, name: str, args: tuple[str, ...], **_: object) -> object:
            if name == "os.getenv":
                return environment.get(*args)
            return dict(environment) if name == "os.environ" else NOT_HANDLED

        limits = self._limits
        session = workers.checkout(
            script_name="code.py",
            limits={
                "max_feed_duration_secs": limits.seconds,
                "max_total_sleep_secs": limits.seconds,
                "max_memory": limits.memory_mb << 20,
                "max_recursion_depth": limits.recursion,
                "max_suspensions": SUSPENSIONS,
            },
            assert_message_annotations=False,
            os_policy={"random_start": {"seed": given}},
        )
        before, code = script
        code += CALLS.format(name=entry.name, most=limits.output_kb * 1024 + 1)
        with session:
            if before is not None:
                session.feed_run(before)
            text: str = session.feed_run(code, inputs={"__input": given}, print_callback=printed, os=answer)
        return text

    def _error(self, entry: Entry, feed: str, failure: MontyError) -> tuple[str, bool]:
        """Describe a failure in our own words, with the setting to change if Monty is the reason.

        Also tell whether it is doubtful, as everything is but an exceeded limit.
        """
        if isinstance(failure, MontyCrashedError):
            slow = report.timed_out(self._limits), False
            return slow if failure.timed_out else (f"The sandbox crashed: {failure}", True)
        if not isinstance(failure, MontyRuntimeError | MontySyntaxError):
            return f"The sandbox rejected the call: {failure}", True
        exception = failure.exception()
        message = str(exception).replace("'Lent' object", "a lent module")
        kind = failure.display("type-msg").partition(":")[0].rpartition(".")[2]
        if isinstance(exception, TimeoutError) and "limit exceeded" in message:
            return report.timed_out(self._limits), False
        if isinstance(exception, MemoryError) and "memory limit" in message:
            return report.out_of_memory(self._limits), False
        end = entry.code.count("\n") + 1
        frames = [(frame.line, _function(frame)) for frame in failure.traceback() if frame.filename == feed]
        inside = [frame for frame in frames if frame[0] <= end]
        if frames and frames[-1][0] == end + 4:
            return report.not_json(message), True
        text = report.failure(entry.code, kind, message, inside)
        return (f"{text}\n{HINT}" if _unknown(message) else text), True


class Printed:
    """Keeps what the code prints, up to a number of bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._parts: list[str] = []
        self._size = 0

    def __call__(self, stream: str, text: str) -> None:
        """Keep what is written to stdout, up to the limit."""
        if stream == "stdout" and not self.exceeded:
            self._size += len(text.encode())
            self._parts.append(text[: self._most])

    @property
    def exceeded(self) -> bool:
        """Return whether more was printed than the limit allows."""
        return self._size > self._most

    @property
    def text(self) -> str | None:
        """Return what was kept; null if nothing was printed."""
        return "".join(self._parts)[: self._most] or None


def _function(frame: Frame) -> str | None:
    return None if frame.function_name == "<module>" else frame.function_name


def _unknown(message: str) -> bool:
    """Return whether an error is about something that CPython has and Monty lacks."""
    if UNKNOWN.match(message):
        return True
    if name := NAME.match(message):
        return hasattr(builtins, name[1])
    if found := ATTRIBUTE.match(message):
        return hasattr(getattr(builtins, found[1] or found[3], None), found[2] or found[4])
    return False
