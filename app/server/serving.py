"""The server: checks, starts, announces and ends the processes that answer requests, and those that work on the jobs.

Jobs are done in a process of their own, which starts with the first of them: it has an interpreter to itself, so
requests do not wait for judges. Only a database in memory has its jobs where it is, in the process that answers.
"""

import logging
import os
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing import connection
from typing import TYPE_CHECKING

from ..runtime.sandbox import require
from ..settings import Settings
from ..store.database import MEMORY
from ..store.dialects import shown
from .addresses import answers, base_url, is_loopback, reserve
from .checks import check_database, check_folders, check_queue, prepare_emulator, settle_database
from .processes import SECONDS_TO_FINISH, Child, hold_back_signals, serve_here, serve_in_children
from .working import work_beside

if TYPE_CHECKING:
    from ..application import Emulator
    from .gateway import Gateway

# Imported in functions: what answers requests, which the main process of several does not need.

SECONDS_BETWEEN_POLLS = 0.01
SECONDS_BEFORE_THE_NEXT = 1  # process for jobs: one that cannot live shall not be all that this machine does
THREADS_FOR_OTHERS = 4  # that calls of models and code never hold


class Worker:
    """The process that works on the jobs, once there are any; another one takes its place when it dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start it, unless it runs."""
        with self._lock:
            if self._child is None and not self._stopping.is_set():
                self._child = Child(work_beside, self._settings)
                threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Let it finish the jobs at hand, and end it."""
        self._stopping.set()
        with self._lock:
            if self._child is not None:
                self._child.stop()
                self._child.join(SECONDS_TO_FINISH)

    def _watch(self) -> None:
        while self._child is not None:
            connection.wait([self._child.sentinel])
            if self._stopping.wait(SECONDS_BEFORE_THE_NEXT):
                return
            with self._lock:
                print(f"The process for jobs died ({self._child.ended}); another takes its place.", file=sys.stderr)
                self._child = Child(work_beside, self._settings)


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, and print where once the server answers.

    Raises StartError for an address that cannot be listened on, and for a database or a file that cannot be used.
    """
    require(settings.python_runtime)
    with ExitStack() as held:
        listening = held.enter_context(reserve(settings.host, settings.port))
        check_folders(settings)
        check_database(settings.db)
        worker = Worker(settings) if settings.db != MEMORY and settings.jobs == "thread" else None
        emulator = prepare_emulator(replace(settings, jobs="off") if worker else settings)
        held.callback(settle_database, settings.db)
        held.callback(emulator.runtime.close)
        address, port = listening.getsockname()[:2]
        if not settings.key_table() and not is_loopback(address):
            print(f"Warning: {address} can be reached from other machines, and any key is accepted.", file=sys.stderr)
        check_queue(emulator)
        hold_back_signals(settings.workers)
        listening.listen()
        announce = _Announcement(emulator, base_url(address, port), worker)
        if worker:
            held.callback(worker.stop)
        if settings.workers > 1:
            announce.when_it_answers()
            serve_in_children(emulator.settings, listening, _join)
            return
        if worker:
            emulator.runtime.jobs.when_added = worker.start
        serve_here(_gateway(emulator), listening, announce.now)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that wait for models would keep this process


class _Announcement:
    """What is printed once the server answers, and what is begun then."""

    def __init__(self, emulator: "Emulator", base: str, worker: Worker | None) -> None:
        self._emulator, self._base, self._worker = emulator, base, worker

    def now(self) -> None:
        """Print where the server is, and begin to work on the jobs that were left behind."""
        settings = self._emulator.settings
        key = "one of your keys" if settings.api_keys else "any"
        print(
            f"Humanloop emulator ready at {self._base} (database {shown(settings.db)})\n"
            f'Use it with Humanloop(api_key="{key}", base_url="{self._base}/v5")',
            flush=True,
        )
        if self._worker and (settings.workers > 1 or self._emulator.runtime.jobs.are_behind()):
            self._worker.start()
        if self._emulator.db.dialect.in_file:
            self._emulator.db.close()  # this thread's next connection is the one of requests that must not wait

    def when_it_answers(self) -> None:
        """Wait in another thread until the server answers."""
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        pause = threading.Event()
        while not answers(self._base):
            pause.wait(SECONDS_BETWEEN_POLLS)
        self.now()


def _join(settings: Settings) -> "Gateway":
    """Make what serves in one of several processes, on the database that the main one has prepared."""
    from ..application import open_prepared

    return _gateway(open_prepared(settings))


def _gateway(emulator: "Emulator") -> "Gateway":
    """Make the application of one process, with what serves its requests."""
    from ..application import assemble
    from .gateway import Gateway

    settings = emulator.settings
    logging.basicConfig(level=settings.log_level.upper())
    app = assemble(emulator)
    emulator.runtime.limit_calls(max(1, settings.threads - THREADS_FOR_OTHERS))
    hurry = emulator.db.dialect.is_near and settings.jobs != "immediate"
    return Gateway(app, settings.threads, settings.max_body_mb * 2**20, hurry=hurry)
