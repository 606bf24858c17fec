"""The other end of `process`: makes one call and reports the result. A script that imports nothing from this package.

It reads its request from stdin and writes one line to the pipe whose number is its argument: `V` and the value as JSON,
or `E` and a description of the error.
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
from typing import TypedDict

NAME = "code"  # of the code's module and file, as the code sees it
FRAMES = 5
CAUSES = 20
MESSAGE = 4096
FILES = 64
FILE_BYTES = 64 << 20
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")  # of numerical libraries: each thread takes memory
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class Request(TypedDict):
    """The call to make, and its limits."""

    code: str
    name: str
    given: str  # JSON: positional arguments, and those by name
    environment: dict[str, str]
    seconds: float
    memory: int  # bytes
    recursion: int
    packages: list[str]
    confined: bool


def main() -> None:
    """Confine this process, call the code, report."""
    pipe = int(sys.argv.pop())
    os.set_inheritable(pipe, False)
    request: Request = json.load(sys.stdin)
    os.environ.clear()
    os.environ.update(request["environment"])
    for name in THREADS:
        os.putenv(name, os.environ.get(name, "1"))  # for libraries only: `os.environ` does not show it
    random.seed(request["given"])
    add_packages(request["packages"])
    set_limits(request)
    line = answer(request)
    with suppress(BaseException):  # the code may have closed or replaced it
        sys.stdout.flush()
    while line:
        line = line[os.write(pipe, line) :]
    os._exit(0)  # also ends threads that the code left behind


def set_limits(request: Request) -> None:
    """Set the limits of this process and its children, and make sure that it ends if the server does.

    Linux kills it with the thread that started it. On other systems, or if the server has ended before this, the timer
    does. While the server lives, it kills the process before the timer does.
    """
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    seconds = math.ceil(request["seconds"]) + 1
    limit(resource.RLIMIT_CPU, seconds)
    limit(resource.RLIMIT_AS, request["memory"])
    limit(resource.RLIMIT_FSIZE, 0 if request["confined"] else FILE_BYTES)
    limit(resource.RLIMIT_NOFILE, FILES)
    limit(resource.RLIMIT_CORE, 0)
    sys.setrecursionlimit(request["recursion"] + 20)  # this script takes a few of them
    if request["confined"]:
        confine(request["packages"])


def add_packages(folders: list[str]) -> None:
    """Let the code import from these folders, before the packages installed with this Python."""
    first = next((place for place, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
    sys.path[first:first] = folders


def confine(packages: list[str]) -> None:
    """Give up files, network and processes, by the module beside this script, which the code cannot import."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import_module("confinement").confine(packages)
    del sys.path[0], sys.modules["confinement"]


def limit(what: int, most: int) -> None:
    """Set a limit, unless a lower one is set already."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def answer(request: Request) -> bytes:
    """Make the call and return the line that reports it."""
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


def described(error: BaseException, returned: bool) -> dict[str, object]:
    """Describe an exception; `returned` tells that the call succeeded and its value is at fault."""
    try:
        message = str(error)
    except BaseException:
        message = ""
    frames = places(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename == NAME:
        message, frames = error.msg, [(error.lineno or 0, None)]
    kind = type(error).__name__
    message = message[:MESSAGE].encode(errors="replace").decode()  # half of a surrogate pair is not JSON
    denied = any(isinstance(each, PermissionError | FileNotFoundError) for each in causes(error))
    return {
        "kind": kind,
        "message": message,
        "frames": frames[-FRAMES:],
        "returned": returned,
        "denied": denied,
    }


def causes(error: BaseException) -> list[BaseException]:
    """Return an exception with those that caused it: libraries wrap them in their own."""
    found = [error]
    while len(found) < CAUSES and (before := found[-1].__cause__ or found[-1].__context__):
        found.append(before)
    return found


def places(traceback: TracebackType | None) -> list[tuple[int, str | None]]:
    """Return the line and function of each frame of the code, innermost last."""
    found: list[tuple[int, str | None]] = []
    while traceback:
        code = traceback.tb_frame.f_code
        if code.co_filename == NAME:
            found.append((traceback.tb_lineno, None if code.co_name == "<module>" else code.co_name))
        traceback = traceback.tb_next
    return found


if __name__ == "__main__":
    main()
