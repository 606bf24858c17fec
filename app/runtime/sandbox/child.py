"""The other end of `process`: runs one call and reports it. A script, which imports nothing of this package.

It reads its request from stdin, and writes one line to the pipe whose number is its argument: `V` and the value as
JSON, or `E` and what went wrong.
"""

import ctypes
import json
import math
import os
import random
import resource
import signal
import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any

NAME = "code"  # of the module and the file that the code believes to be
FRAMES = 5
CAUSES = 20
MESSAGE = 4096
FILES = 64
FILE_BYTES = 64 << 20
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")  # of numerical libraries: each takes its share of the memory
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Confine this process, call the code, report."""
    pipe = int(sys.argv.pop())
    os.set_inheritable(pipe, False)
    request = json.load(sys.stdin)
    os.environ.clear()
    os.environ.update(request["environment"])
    for name in THREADS:
        os.putenv(name, os.environ.get(name, "1"))  # for libraries alone: `os.environ` does not show it
    random.seed(request["given"])
    add_packages(request["packages"])
    confine(request)
    line = answer(request)
    with suppress(BaseException):  # the code may have closed it, or put something else in its place
        sys.stdout.flush()
    while line:
        line = line[os.write(pipe, line) :]
    os._exit(0)  # threads that the code left behind end here


def confine(request: dict[str, Any]) -> None:
    """Set the limits of this process, of all that it may start, and let it end where the server is gone.

    Linux ends it with the thread that started it, which waits for it; elsewhere, and where the server was gone before
    this, the timer does. The server ends it earlier than the timer.
    """
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    seconds = math.ceil(request["seconds"]) + 1
    limit(resource.RLIMIT_CPU, seconds)
    limit(resource.RLIMIT_AS, request["memory"])
    limit(resource.RLIMIT_FSIZE, 0 if request["shut_in"] else FILE_BYTES)
    limit(resource.RLIMIT_NOFILE, FILES)
    limit(resource.RLIMIT_CORE, 0)
    sys.setrecursionlimit(request["recursion"] + 20)  # of which this script takes a few
    if request["shut_in"]:
        shut_in(request["packages"])


def add_packages(folders: list[str]) -> None:
    """Let the code import what these folders hold, before what is installed beside this Python."""
    first = next((place for place, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
    sys.path[first:first] = folders


def shut_in(packages: list[str]) -> None:
    """Give up files, network and processes, with the module beside this script, which the code does not find."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import_module("confinement").shut_in(packages)
    del sys.path[0], sys.modules["confinement"]


def limit(what: int, most: int) -> None:
    """Set a limit, or keep the one that is there where it is lower."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def answer(request: dict[str, Any]) -> bytes:
    """Return the line that reports the call."""
    returned = False
    try:
        arguments, keywords = json.loads(request["given"])
        module = sys.modules[NAME] = ModuleType(NAME)
        exec(compile(request["code"], NAME, "exec", dont_inherit=True), module.__dict__)
        value = getattr(module, request["name"])(*arguments, **keywords)
        returned = True
        return b"V" + json.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except BaseException as error:
        return b"E" + json.dumps(described(error, returned)).encode() + b"\n"


def described(error: BaseException, returned: bool) -> dict[str, Any]:
    """Return what is told of an exception; `returned` says that the call was over and its value is at fault."""
    try:
        message = str(error)
    except BaseException:
        message = ""
    frames = places(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename == NAME:
        message, frames = error.msg, [(error.lineno or 0, None)]
    kind = type(error).__name__
    message = message[:MESSAGE].encode(errors="replace").decode()  # half a character is no JSON
    denied = any(isinstance(each, PermissionError | FileNotFoundError) for each in causes(error))
    return {
        "kind": kind,
        "message": message,
        "frames": frames[-FRAMES:],
        "returned": returned,
        "denied": denied,
    }


def causes(error: BaseException) -> list[BaseException]:
    """Return an exception and those that it was raised for, from which libraries make their own."""
    found = [error]
    while len(found) < CAUSES and (before := found[-1].__cause__ or found[-1].__context__):
        found.append(before)
    return found


def places(traceback: TracebackType | None) -> list[tuple[int, str | None]]:
    """Return line and function of each frame of the code, the innermost last."""
    found: list[tuple[int, str | None]] = []
    while traceback:
        code = traceback.tb_frame.f_code
        if code.co_filename == NAME:
            found.append((traceback.tb_lineno, None if code.co_name == "<module>" else code.co_name))
        traceback = traceback.tb_next
    return found


if __name__ == "__main__":
    main()
