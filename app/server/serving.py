"""The server process: granian around the application, and the line that a person or a script waits for.

Why granian with spawned workers: its embedded server takes no WSGI application. Forked workers start faster
(300 against 355 ms to the first answer; the requests a second are the same, 12,000), but a fork copies locks that
threads hold, and Python 3.14 forks by default nowhere. The main process never makes the application: it checks,
starts, announces and ends the workers. Once they answer it works on the jobs, in a thread: it has an interpreter to
itself, so requests do not wait for judges. Only a database in memory has its jobs where it is, in the worker.
"""

import atexit
import errno
import http.client
import ipaddress
import logging
import multiprocessing
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bundled import NO_SEED, seed_folder
from ..runtime.sandbox import require
from ..settings import Settings, SettingsError
from ..store.database import MEMORY

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

    from ..runtime.runtime import Runtime
    from ..store.database import Database

SECONDS_TO_FINISH = 10  # for requests that are running when the server is told to stop
SECONDS_BETWEEN_POLLS = 0.01
SECONDS_FOR_THE_SIGNAL = 1  # that ended a worker to be taken by the main process too
THREADS_FOR_OTHERS = 4  # that calls of models and code never hold
ADVICE = {
    errno.EADDRINUSE: " Stop the server that runs there, or take another port: --port 0 finds a free one.",
    errno.EADDRNOTAVAIL: " This machine has no such address: take --host 127.0.0.1, or 0.0.0.0 for all it has.",
    errno.EACCES: " Ports below 1024 need more rights: take a higher one with --port.",
}
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}

_STDERR = {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
_HANDLERS = {"console": _STDERR, "access": _STDERR | {"formatter": "access"}}


class StartError(Exception):
    """The server cannot start; the text is one line for the person who started it."""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, and print one line on stdout once the server answers.

    Raises StartError for an address that cannot be listened on, and for a database or a file that cannot be used.
    """
    require(settings.python_runtime)
    with closing(reserve(settings.host, settings.port)) as reserved:
        check_folders(settings)
        check_database(settings.db)
        db = open_database(settings)
        address, port = reserved.getsockname()[:2]
        if not settings.key_table() and not ipaddress.ip_address(address).is_loopback:
            print(f"Warning: {address} can be reached from other machines, and any key is accepted.", file=sys.stderr)
        shared = settings.db != MEMORY
        check_queue(settings, db)
        runtime = _runtime(settings, db) if shared and settings.jobs == "thread" else None
        served = replace(settings, jobs="off") if runtime else settings
        server = _granian(served, address, port)
        told = _stop_when_told(server)
        base = base_url(address, port)
        stopping = threading.Event()
        announcer = threading.Thread(target=_announce, args=(base, settings, runtime, stopping), daemon=True)
        announcer.start()
        try:
            server.serve(target_loader=partial(_load, served), wrap_loader=False)
        except SystemExit:  # a worker ended first: no failure when the whole process group was told to
            if not told.wait(SECONDS_FOR_THE_SIGNAL):
                raise
        finally:
            stopping.set()
            announcer.join()
            if runtime:
                runtime.jobs.stop()
            db.close()
            settle_database(settings.db)


def check_folders(settings: Settings) -> None:
    """Find out that a folder is missing before a database is made. Raises SettingsError."""
    if settings.seed != NO_SEED and not seed_folder(settings.seed).is_dir():
        raise SettingsError(f"Cannot use the seed {settings.seed}: there is no such folder.")
    if settings.models and not Path(settings.models).is_dir():
        raise SettingsError(f"Cannot use the rules of models: there is no folder {settings.models}.")
    if settings.python_packages and not Path(settings.python_packages).is_dir():
        raise SettingsError(f"Cannot use the packages of Python code: there is no folder {settings.python_packages}.")


def check_database(path: str) -> None:
    """Make the missing directories of the database, and find out here, not in a worker, that it cannot be written.

    The write-ahead log is switched on here too: of two workers that do it to a new file at once, one fails.
    """
    if path == MEMORY:
        return
    try:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = wal")
            connection.execute("BEGIN IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        raise StartError(f"Cannot use the database {path}: {error}.") from None


def open_database(settings: Settings) -> "Database":
    """Prepare the database before anything is served; one in memory only to find out that it can be."""
    from ..exchange.seeds import SeedError
    from ..preparation import prepare

    try:
        db, used = prepare(settings)
    except SeedError as error:
        raise StartError(f"Cannot use the seed {settings.seed}: {error}") from None
    except ValueError as error:
        raise StartError(f"Cannot use the rules of models: {error}") from None
    for organisation in used:
        print(f"The organisation {organisation} is not empty: it stays as it is, without the seed.", file=sys.stderr)
    return db


def check_queue(settings: Settings, db: "Database") -> None:
    """Find out that a queue in Redis can be used."""
    if settings.redis_url:
        try:
            _runtime(settings, db).jobs.check()
        except Exception as error:  # of huey, of the redis package, or that this is missing
            raise StartError(f"Cannot use the queue {settings.redis_url}: {error}.") from None


def settle_database(path: str) -> None:
    """Write the journal back into the file, which the last connection to be closed does: one file can be copied."""
    file = Path(path).absolute()
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint")


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to the address but does not listen; port 0 picks a free one.

    Workers listen on sockets of their own that share the port (SO_REUSEPORT), and so would a second emulator.
    So it is bound alone first, which fails when anyone has the port, and shared only afterwards.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        advice = ADVICE.get(error.errno or 0, "")
        raise StartError(f"Cannot listen on {host} port {port}: {error.strerror}.{advice}") from None
    return bound


def base_url(address: str, port: int) -> str:
    """Return the URL that reaches this address from the same machine."""
    ip = ipaddress.ip_address(address)
    if ip.is_unspecified:
        ip = ipaddress.ip_address("127.0.0.1" if ip.version == 4 else "::1")
    return f"http://[{ip}]:{port}" if ip.version == 6 else f"http://{ip}:{port}"


def work(settings: Settings) -> None:
    """Work on the jobs of a database until SIGINT or SIGTERM, in as many threads as the settings say."""
    require(settings.python_runtime)
    check_folders(settings)
    check_database(settings.db)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    db = open_database(settings)
    check_queue(settings, db)
    runtime = _runtime(settings, db)
    runtime.jobs.start(settings.threads)
    print(f"Humanloop emulator works on the jobs of {settings.db}", flush=True)
    signal.sigwait(STOP_SIGNALS)
    runtime.close()


def _runtime(settings: Settings, db: "Database") -> "Runtime":
    """Return what does the jobs of a database file."""
    from ..clock import Clock
    from ..ids import Ids
    from ..runtime.runtime import Runtime

    return Runtime(settings, db, Clock(settings.clock), Ids())


def _granian(settings: Settings, address: str, port: int) -> "AbstractServer[Any]":
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    multiprocessing.set_start_method("spawn", force=True)
    logging.getLogger("_granian").addFilter(_is_no_advice)
    return Server(
        "humanloop_emulator",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads,
        log_level=LogLevels(settings.log_level),
        log_dictconfig={"handlers": _HANDLERS},
        log_access=settings.log_level in ("debug", "info"),
    )


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Drop the warning that there are many threads: most of them wait for models, and exist only while they do."""
    return "Python threads" not in record.getMessage()


def _stop_when_told(server: "AbstractServer[Any]") -> threading.Event:
    """Take SIGINT and SIGTERM in a thread of this process; the workers inherit that they are blocked.

    A terminal sends SIGINT to the workers too: one that is still starting would show a traceback, and one that
    ends before it is told to looks like a crash. Granian can wait for slow requests with a limit of its own, but
    then warns at random of workers that have just ended. The event tells when a signal came: a worker that got the
    same one may be gone before this thread runs.
    """
    told = threading.Event()
    resource_tracker.ensure_running()  # it would unblock both signals if the first worker started it
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)

    def wait() -> None:
        signal.sigwait(STOP_SIGNALS)
        told.set()
        server.signal_handler_interrupt()
        time.sleep(SECONDS_TO_FINISH)
        for worker in server.wrks:
            worker.kill()

    threading.Thread(target=wait, daemon=True).start()
    return told


def _announce(base: str, settings: Settings, runtime: "Runtime | None", stopping: threading.Event) -> None:
    """Print where the server is, once it answers, and begin to work on the jobs."""
    while not _healthy(base):
        if stopping.wait(SECONDS_BETWEEN_POLLS):
            return
    key = "one of your keys" if settings.api_keys else "any"
    print(
        f"Humanloop emulator ready at {base} (database {settings.db})\n"
        f'Use it with Humanloop(api_key="{key}", base_url="{base}/v5")',
        flush=True,
    )
    if runtime:
        runtime.jobs.start()
        runtime.db.close()  # of this thread


def _healthy(base: str) -> bool:
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=1)
    with closing(connection):
        try:
            connection.request("GET", "/_emulator/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _load(settings: Settings) -> Callable[..., Any]:
    """Make the application inside a worker."""
    for wait in (_end_with_parent, _end_when_told):
        threading.Thread(target=wait, daemon=True).start()
    # Granian's threads may still hold Python objects: one that meets a finalizing interpreter aborts the process.
    atexit.register(os._exit, 0)
    logging.basicConfig(level=settings.log_level.upper())
    from ..application import assemble, create_app
    from ..store.database import Database

    app = create_app(settings) if settings.db == MEMORY else assemble(settings, Database(settings.db))
    app.extensions["emulator"].runtime.limit_calls(max(1, settings.threads - THREADS_FOR_OTHERS))
    return app


def _end_with_parent() -> None:
    """End this worker when the main process is gone: killed, it cannot say so, and the port would stay taken."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _end_when_told() -> None:
    """Hand SIGTERM to granian's handler, once.

    The interpreter would run it in the main thread, which may fall asleep just before; and a second call, when the
    whole process group is told to end, never returns.
    """
    signal.sigwait({signal.SIGTERM})
    handler = signal.getsignal(signal.SIGTERM)
    if not callable(handler):  # nothing is served yet
        os._exit(0)
    handler(signal.SIGTERM, None)
