"""The process runtime: all of CPython, apart from the server, and ended by force."""

import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits, Outcome, Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return make("process", Limits())


def test_what_the_sandbox_does_not_know_works(sandbox: Sandbox) -> None:
    code = """
from difflib import SequenceMatcher
from dataclasses import dataclass
from enum import Enum
import statistics

class Grade(str, Enum):
    GOOD = "good"

@dataclass
class Score:
    value: float
    @property
    def doubled(self):
        return self.value * 2

class Low(ValueError):
    pass

def numbers():
    yield 1
    yield 2

def check(log):
    ratio = SequenceMatcher(None, log["output"], "Paris").ratio()
    return [ratio, Score(2.0).doubled, statistics.mean(numbers()), Grade.GOOD, issubclass(Low, ValueError)]
"""
    assert sandbox.run(code, ({"output": "Paris"},)) == Outcome([1.0, 4.0, 1.5, "good", True])


def test_exceptions_of_its_own(sandbox: Sandbox) -> None:
    outcome = sandbox.run("class Low(ValueError):\n    pass\ndef f():\n    raise Low(3)")
    assert outcome.error == "Low: 3\n  line 4, in f: raise Low(3)"


def test_an_empty_folder_that_is_removed(sandbox: Sandbox) -> None:
    code = "import os\ndef f():\n    seen = os.listdir()\n    open('x', 'w').write('x')\n    return [os.getcwd(), seen]"
    folder, seen = sandbox.run(code).value
    assert Path(folder).parent == Path(tempfile.gettempdir())
    assert folder != os.getcwd()
    assert seen == []
    assert not Path(folder).exists()


def test_it_imports_nothing_from_around_the_server(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    assert "ModuleNotFoundError" in (sandbox.run("import test_process_runtime\ndef f(): pass").error or "")
    assert "ModuleNotFoundError" in (sandbox.run("import child\ndef f(): pass").error or "")


@pytest.mark.parametrize(
    "printing",
    [
        "os.write(1, b'printed')",
        "print('printed', end=''); sys.stdout.flush(); sys.stdout.close()",
        "subprocess.run(['printf', 'printed'])",
        "print('printed', end=''); os.close(2)",
    ],
)
def test_however_it_prints_the_answer_arrives(sandbox: Sandbox, printing: str) -> None:
    code = f"import os, subprocess, sys\ndef f():\n    {printing}\n    return 1"
    assert sandbox.run(code) == Outcome(1, "printed")


def test_what_was_printed_before_the_end_by_force_is_told() -> None:
    code = "def f():\n    print('begun', flush=True)\n    while True:\n        pass"
    outcome = make("process", Limits(seconds=1)).run(code)
    assert outcome == Outcome(None, "begun\n", "TimeoutError: the code did not finish within 1 s (--python-timeout)")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os._exit(3)", "The process of the code ended without a result, with exit status 3."),
        ("os.abort()", "The process of the code ended without a result, with exit status -6."),
        ("os.kill(os.getpid(), 9)", "The process of the code ended without a result, with exit status -9."),
        ("sys.exit(4)", "SystemExit: 4\n  line 2, in f: def f(): sys.exit(4)"),
    ],
)
def test_processes_that_end_themselves(sandbox: Sandbox, code: str, said: str) -> None:
    assert sandbox.run(f"import os, sys\ndef f(): {code}").error == said


@pytest.mark.parametrize(
    "ending", ["return 1", "while True: pass", "raise ValueError", "os._exit(0)", "os.write(1, b'x' * 10**6)"]
)
def test_what_it_started_ends_with_it(tmp_path: Path, ending: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code = f"""
import os, subprocess
def f():
    with open({str(pipe)!r}, "w") as held:
        subprocess.Popen(["sh", "-c", "echo started; sleep 100"], stdout=held)
    {ending}
"""
    make("process", Limits(seconds=1)).run(code)
    written = b""
    while select.select([reading], [], [], 10)[0] and (piece := os.read(reading, 100)):
        written += piece
    os.close(reading)
    assert piece == b"", "the pipe is still held open"
    assert written in (b"", b"started\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends at its limit")
def test_it_ends_with_the_process_that_runs_it(tmp_path: Path, number: int) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code = f"""
import time
def f():
    with open({str(pipe)!r}, "w") as held:
        print("x", file=held, flush=True)
        time.sleep(100)
"""
    script = f"""
from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits
make("process", Limits(seconds=100)).run({code!r})
"""
    with subprocess.Popen([sys.executable, "-c", script], env={"PYTHONPATH": os.pathsep.join(sys.path)}) as server:
        assert select.select([reading], [], [], 30)[0], "the code does not run"
        assert os.read(reading, 100) == b"x\n"
        server.send_signal(number)
    assert select.select([reading], [], [], 10)[0], "it still runs"
    assert os.read(reading, 100) == b""
    os.close(reading)


def test_its_time_is_limited_without_the_process_that_runs_it(sandbox: Sandbox) -> None:
    code = "import signal\ndef f():\n    return signal.getitimer(signal.ITIMER_REAL)[0]"
    assert 5 < sandbox.run(code).value <= 6


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "Egarbage",
        "E[]",
        "E{}",
        "E1",
        'E{"kind":"A","message":1,"frames":[[0]],"returned":false}',
        "V12",
        "V",
    ],
)
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_forged_report_is_an_error(sandbox: Sandbox, line: str, end: str) -> None:
    code = f"""
import os
def f():
    for number in range(3, 64):
        try:
            os.write(number, {line + end!r}.encode())
        except OSError:
            pass
    os._exit(0)
"""
    outcome = sandbox.run(code)
    assert (outcome.value, outcome.error is None) == ((12, True) if line + end == "V12\n" else (None, False))


def test_a_message_that_is_no_text_is_told(sandbox: Sandbox) -> None:
    assert (sandbox.run("def f():\n    raise ValueError('a\\ud800')").error or "").startswith("ValueError: a?\n")


def test_no_process_and_no_descriptor_is_left(sandbox: Sandbox) -> None:
    me = psutil.Process()
    before = me.num_fds(), len(me.children())
    for _ in range(3):
        sandbox.run("def f(): return 1")
        sandbox.run("def f(): raise ValueError")
    assert (me.num_fds(), len(me.children())) == before


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("[open(f'{n}', 'w') for n in range(100)]", "OSError"),
        ("open('x', 'wb').truncate(10**9)", "OSError"),
        ("bytearray(10**9)", "MemoryError"),
    ],
)
def test_limits_of_the_system(sandbox: Sandbox, code: str, kind: str) -> None:
    error = sandbox.run(f"import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ndef f():\n    {code}").error
    assert error is not None
    assert error.startswith(kind)


def test_it_has_no_descriptors_of_the_server(sandbox: Sandbox, tmp_path: Path) -> None:
    code = """
import os
def f():
    numbers = [n for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]
    return [os.readlink(f"/proc/self/fd/{n}") for n in numbers]
"""
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        names = sandbox.run(code).value
    assert names
    assert not [name for name in names if "secret" in name]
