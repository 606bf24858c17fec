"""CPython that shut itself in: the whole language and its libraries, and no way out, whatever the code calls."""

import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import indent
from typing import Any

import psutil
import pytest

from humanloop_emulator import create_app
from humanloop_emulator.runtime.sandbox import confinement, make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome, Sandbox
from humanloop_emulator.settings import Settings, SettingsError
from tests.runtime.sandbox.test_escapes import ESCAPES, SECRET

lacking = confinement.missing()
pytestmark = pytest.mark.skipif(lacking is not None, reason=f"code cannot be shut in here: {lacking}")

LIBRARIES = """
import asyncio, contextlib, csv, dataclasses, datetime, decimal, difflib, enum, hashlib, html, io, json, logging, random
import re, secrets, sqlite3, statistics, string, textwrap, threading, typing, unittest, urllib.parse, uuid, zoneinfo
from concurrent.futures import ThreadPoolExecutor

class Grade(str, enum.Enum):
    GOOD = "good"

class Low(ValueError):
    pass

async def later(value):
    await asyncio.sleep(0.001)
    return value

def numbers():
    yield 1
    yield 2

def check(log):
    async def both():
        return await asyncio.gather(later(1), later(2))

    with ThreadPoolExecutor(2) as threads:
        doubled = list(threads.map(lambda number: number * 2, [1, 2]))
    base = sqlite3.connect(":memory:")
    return [
        Grade.GOOD, issubclass(Low, ValueError), statistics.mean(numbers()), doubled, asyncio.run(both()),
        difflib.SequenceMatcher(None, "abcd", "bcde").ratio(), base.execute("select 1 + 1").fetchone()[0],
        len(str(uuid.uuid4())), str(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))),
    ]
"""

# Each calls the kernel past all of Python's own checks, and must come to a refusal: -1 and EPERM.
CALLS = {
    "write-a-file": "libc.open(b'FILE', os.O_WRONLY | os.O_CREAT, 0o600)",
    "read-a-file": "libc.open(b'SECRET_FILE', os.O_RDONLY)",
    "make-a-folder": "libc.mkdir(b'FILE', 0o700)",
    "remove-a-file": "libc.unlink(b'SECRET_FILE')",
    "rename-a-file": "libc.rename(b'SECRET_FILE', b'FILE')",
    "link-a-file": "libc.link(b'SECRET_FILE', b'FILE')",
    "make-a-link": "libc.symlink(b'SECRET_FILE', b'FILE')",
    "cut-a-file": "libc.truncate(b'SECRET_FILE', 0)",
    "change-its-mode": "libc.chmod(b'SECRET_FILE', 0)",
    "change-its-owner": "libc.chown(b'SECRET_FILE', 1, 1)",
    "change-its-times": "libc.utimes(b'SECRET_FILE', None)",
    "change-folder": "libc.chdir(b'FOLDER')",
    "change-root": "libc.chroot(b'FOLDER')",
    "mount": "libc.mount(b'none', b'FOLDER', b'tmpfs', 0, None)",
    "fork": "libc.fork()",
    "clone-without-a-thread": "libc.syscall(56 if X86 else 220, 17, None, None, None, None)",
    "new-namespace": "libc.unshare(0x10000000)",
    "exec": "libc.execv(b'/bin/true', None)",
    "kill-the-server": "libc.kill(os.getppid(), 15)",
    "signal-a-thread-of-the-server": "libc.syscall(234 if X86 else 131, os.getppid(), os.getppid(), 15)",
    "signal-by-a-file": "libc.fcntl(0, 8, os.getppid())",
    "signal-by-a-file-2": "libc.ioctl(0, 0x8901, ctypes.byref(ctypes.c_int(os.getppid())))",
    "trace-the-server": "libc.ptrace(16, os.getppid(), None, None)",
    "read-its-memory": "libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0)",
    "limit-the-server": "libc.prlimit(os.getppid(), 0, bytes(16), None)",
    "raise-its-own-limits": "libc.setrlimit(9, bytes([255] * 16))",
    "slow-the-server-down": "libc.setpriority(0, os.getppid(), 19)",
    "socket": "libc.socket(2, 1, 0)",
    "local-socket": "libc.socket(1, 1, 0)",
    "datagrams": "libc.socketpair(1, 2, 0, bytes(8))",
    "become-somebody-else": "libc.setuid(1)",
    "outlive-the-server": "libc.prctl(1, 0, 0, 0, 0)",
    "memory-without-a-limit": "libc.memfd_create(b'x', 0)",
    "shared-memory": "libc.shmget(0, 4096, 0o1600)",
    "io-uring": "libc.syscall(425, 1, bytes(120))",
    "bpf": "libc.syscall(321 if X86 else 280, 0, None, 0)",
    "keys": "libc.syscall(250 if X86 else 219, 0, -3, 1)",
}
X86 = platform.machine() == "x86_64"

Fill = Callable[[str], str]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make("confined", Limits(seconds=20))


@pytest.fixture
def fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fill]:
    """Put the bait of this test into code; afterwards it must be as it was."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    monkeypatch.setenv("HOST_SECRET", SECRET)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        names = {"SECRET_FILE": secret, "FOLDER": tmp_path, "FILE": tmp_path / "made", "PORT": server.getsockname()[1]}

        def put(code: str) -> str:
            for name, found in names.items():
                code = code.replace(name, str(found))
            return code

        yield put
        assert [path.name for path in tmp_path.iterdir()] == ["secret"]
        assert secret.read_text() == SECRET
        with pytest.raises(BlockingIOError):
            server.accept()


def run_each(sandbox: Sandbox, bodies: dict[str, str]) -> dict[str, Any]:
    """Run all in one process, which is what takes long, and return what each came to as a text."""
    code = "found = {}\n"
    for number, (name, body) in enumerate(bodies.items()):
        code += f"def f{number}():\n{indent(body, '    ')}\ntry:\n    found[{name!r}] = str(f{number}())[:9999]\n"
        code += f"except BaseException as error:\n    found[{name!r}] = repr(error)\n"
    outcome = sandbox.run(code + "def check(): return found")
    assert outcome.error is None, outcome.error
    return dict(outcome.value)


def test_the_language_and_its_library(sandbox: Sandbox) -> None:
    assert sandbox.run(LIBRARIES, ({},)) == Outcome(
        ["good", True, 1.5, [2, 4], [1, 2], 0.75, 2, 36, "2024-07-01 00:00:00+00:00"]
    )


def test_escapes_lead_nowhere(sandbox: Sandbox, fill: Fill) -> None:
    found = run_each(sandbox, {name: fill(body) for name, body in ESCAPES.items()})
    assert found.keys() == ESCAPES.keys()
    assert not [name for name, came in found.items() if SECRET in came]
    for name in ("open-read", "open-write", "os-listdir", "subprocess", "os-fork", "os-kill", "socket"):
        assert found[name].startswith(("PermissionError", "FileNotFoundError")), found[name]


def test_the_kernel_refuses_what_python_does_not(sandbox: Sandbox, fill: Fill) -> None:
    head = f"import ctypes, os\nX86 = {X86}\nlibc = ctypes.CDLL(None, use_errno=True)\nctypes.set_errno(0)\n"
    found = run_each(sandbox, {name: fill(f"{head}return {call}, ctypes.get_errno()") for name, call in CALLS.items()})
    refused = {"(-1, 1)", "(-1, 13)", "(-1, 2)"}  # EPERM of the filter, EACCES of Landlock, ENOENT of the namespace
    assert {name: came for name, came in found.items() if came not in refused} == {}


def test_it_has_no_privileges_even_where_the_server_is_root(sandbox: Sandbox) -> None:
    script = """
from humanloop_emulator.runtime.sandbox.confinement import confine
import os, tempfile
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
with open("/proc/self/status") as status:
    confine()
    status.seek(0)
    print(status.read(), flush=True)
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    status = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert {name: int(status[name], 16) for name in ("CapPrm", "CapEff", "NoNewPrivs", "Seccomp")} == {
        "CapPrm": 0,
        "CapEff": 0,
        "NoNewPrivs": 1,
        "Seccomp": 2,
    }
    assert sandbox.run("import resource\ndef f(): return resource.getrlimit(resource.RLIMIT_FSIZE)").value == [0, 0]


def test_a_refusal_names_the_setting(sandbox: Sandbox) -> None:
    error = sandbox.run("def check(log):\n    return open('/etc/passwd').read()", ({},)).error
    assert error is not None
    assert error.startswith(("PermissionError: [Errno 13]", "FileNotFoundError: [Errno 2]"))
    assert "'/etc/passwd'\n  line 2, in check" in error
    assert "--python-runtime process (HUMANLOOP_EMULATOR_PYTHON_RUNTIME=process)" in error


def test_a_refusal_that_a_library_words_anew_names_it_too(sandbox: Sandbox) -> None:
    error = sandbox.run("from urllib.request import urlopen\ndef check(): urlopen('http://127.0.0.1:1')").error
    assert error is not None
    assert error.startswith("URLError: ")
    assert "--python-runtime process" in error


@pytest.mark.parametrize("runtime", ["confined", "process"])
def test_packages_from_a_folder(runtime: str, tmp_path: Path) -> None:
    (tmp_path / "lent").mkdir()
    (tmp_path / "lent" / "measures.py").write_text("def double(x): return x * 2")
    (tmp_path / "other.py").write_text("")
    code = "import measures\ndef f(x): return measures.double(x)"
    assert make(runtime, Limits(packages=str(tmp_path / "lent"))).run(code, (4,)) == Outcome(8)
    error = make(runtime, Limits()).run(code, (4,)).error
    assert error is not None
    assert error.startswith("ModuleNotFoundError: No module named 'measures'")
    assert "--python-packages (HUMANLOOP_EMULATOR_PYTHON_PACKAGES)" in error


def test_landlock_and_the_filter_hold_alone(tmp_path: Path, fill: Fill) -> None:
    """Some systems let no user have namespaces: files are in sight there, and out of reach."""
    code = fill("""
import os
from humanloop_emulator.runtime.sandbox import confinement
confinement._hide_the_rest = lambda *_: None
confinement.confine()
print(os.path.exists("SECRET_FILE"))
ways = [lambda: open("SECRET_FILE"), lambda: open("FILE", "w"), lambda: os.listdir("FOLDER"), os.fork]
ways += [lambda: os.open("secret", os.O_RDONLY, dir_fd=os.open("FOLDER", os.O_PATH))]
for way in ways:
    try:
        print(way())
    except PermissionError:
        print("refused")
""")
    lines = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert lines == ["True", *["refused"] * 5]


def test_it_ends_with_the_server() -> None:
    script = """
from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits
make("confined", Limits(seconds=100)).run("def f():\\n    while True: pass")
"""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as server:
        ends = time.monotonic() + 30
        child = None
        while child is None and time.monotonic() < ends:
            child = next((each for each in psutil.Process(server.pid).children() if is_confined(each)), None)
        server.kill()
    assert child is not None, "the code does not run"
    assert psutil.wait_procs([child], timeout=10)[1] == []


def is_confined(process: psutil.Process) -> bool:
    """Return whether a process has a filter of system calls."""
    with suppress(OSError):
        return "\nSeccomp:\t2" in Path(f"/proc/{process.pid}/status").read_text()
    return False


def test_projects_beside_the_packages_are_not_read(sandbox: Sandbox) -> None:
    readable = list(confinement._readable())
    assert os.getcwd() not in readable
    assert not [path for path in readable if Path(__file__).is_relative_to(path)]


def test_a_server_does_not_start_where_code_cannot_be_confined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "_landlock", lambda: 0)
    with pytest.raises(SettingsError, match=r"--python-runtime \(.*\) cannot be 'confined' here: .* Landlock"):
        create_app(Settings(db=":memory:", python_runtime="confined"))
