"""A real server process, started as a user starts it."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # after which a process that hangs is killed, so that its test fails instead of waiting


def command(*options: str) -> list[str]:
    """Return the command line of the emulator in this clone."""
    return [sys.executable, str(ROOT / "run.py"), *options]


def environment() -> dict[str, str]:
    """Return the environment without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUMANLOOP_EMULATOR_")}


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(command(*options), env=environment(), capture_output=True, text=True, timeout=SECONDS)


class ServerProcess:
    """A server on a free port; a restart keeps its port, its database and its options."""

    def __init__(self, db: str, errors: Path, *options: str) -> None:
        self.url = ""
        self.db = db
        self._errors = errors
        self._options = options
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None
        self._running = False

    @property
    def process(self) -> subprocess.Popen[str]:
        """The main process."""
        assert self._process, "not started"
        return self._process

    @property
    def errors(self) -> str:
        """All that was written to stderr, by every process of every start."""
        return self._errors.read_text(encoding="utf-8")

    def launch(self) -> None:
        """Start the process, in a group of its own as a terminal does, and do not wait for it."""
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(
                command("serve", "--db", self.db, "--port", self._port, *self._options),
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self._running = True

    def start(self) -> str:
        """Start the process and return what it prints when it is ready."""
        self.launch()
        assert self.process.stdout
        with _deadline(self.process):
            ready = self.process.stdout.readline() + self.process.stdout.readline()
        found = re.search(r"ready at (http://\S+:(\d+)) ", ready)
        assert found, f"The server did not start: {ready}{self.errors}"
        self.url, self._port = found[1], found[2]
        return ready

    def terminate(self) -> int:
        """End it with SIGTERM and return the exit code."""
        self.process.terminate()
        return self.wait()

    def interrupt(self) -> int:
        """Press Ctrl-C: the whole group gets SIGINT; return the exit code."""
        return self.signal_group(signal.SIGINT)

    def signal_group(self, number: int) -> int:
        """Send a signal to all processes of the server and return the exit code."""
        os.killpg(self.process.pid, number)
        return self.wait()

    def kill(self) -> int:
        """Kill the main process, which leaves the workers to notice, and return the exit code."""
        self.process.kill()
        return self.wait()

    def restart(self) -> str:
        """Start again after an end of any kind; a server that runs is terminated first."""
        if self._running:
            self.terminate()
        return self.start()

    def wait(self) -> int:
        """Wait until all processes of the server are gone: only then does the pipe they share end."""
        assert self.process.stdout
        with _deadline(self.process):
            self.process.stdout.read()
            code = self.process.wait()
        self.process.stdout.close()
        self._running = False
        return code

    def close(self) -> None:
        """End it for certain."""
        if self._running:
            _kill_group(self.process)
            self.wait()


class Worker:
    """A process that works on the jobs of a database, from the moment it is made."""

    def __init__(self, db: str, errors: Path) -> None:
        self._errors = errors
        with errors.open("a") as file:
            self._process = subprocess.Popen(
                command("worker", "--db", db), env=environment(), stdout=subprocess.PIPE, stderr=file, text=True
            )
        assert self._process.stdout
        with _deadline(self._process):
            self.ready = self._process.stdout.readline()
        assert self.ready, self.errors

    @property
    def errors(self) -> str:
        """What was written to stderr, by all that write to the same file."""
        return self._errors.read_text(encoding="utf-8")

    def is_running(self) -> bool:
        """Tell whether it has not ended by itself."""
        return self._process.poll() is None

    def terminate(self) -> int:
        """End it with SIGTERM and return the exit code."""
        self._process.terminate()
        return self._process.wait(SECONDS)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it for certain."""
        self.kill()
        assert self._process.stdout
        self._process.stdout.close()


@contextmanager
def _deadline(process: subprocess.Popen[str]) -> Iterator[None]:
    timer = threading.Timer(SECONDS, _kill_group, [process])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _kill_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
