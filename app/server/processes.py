"""All that knows granian: how it is set up, ended, and what a worker process of it does around the application.

Why granian with spawned workers: its embedded server takes no WSGI application. Forked workers start faster
(300 against 355 ms to the first answer; the requests a second are the same, 12,000), but a fork copies locks that
threads hold, and Python 3.14 forks by default nowhere.
"""

import atexit
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import resource_tracker
from typing import Any

from ..settings import Settings

SECONDS_TO_FINISH = 10  # for requests that are running when the server is told to stop
SECONDS_FOR_THE_SIGNAL = 1  # that ended a worker to be taken by the main process too
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}

_STDERR = {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
_HANDLERS = {"console": _STDERR, "access": _STDERR | {"formatter": "access"}}

Make = Callable[[Settings], Callable[..., Any]]


class Granian:
    """The processes that answer requests: each makes its application with `make`, a function that can be pickled."""

    def __init__(self, settings: Settings, address: str, port: int, make: Make) -> None:
        from granian.constants import Interfaces
        from granian.log import LogLevels
        from granian.server import Server

        self._told = threading.Event()
        self._load = partial(_load, settings, make)
        multiprocessing.set_start_method("spawn", force=True)
        logging.getLogger("_granian").addFilter(_is_no_advice)
        self._server = Server(
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

    def stop_when_told(self) -> None:
        """Take SIGINT and SIGTERM in a thread of this process; the workers inherit that they are blocked.

        A terminal sends SIGINT to the workers too: one that is still starting would show a traceback, and one that
        ends before it is told to looks like a crash. Granian can wait for slow requests with a limit of its own, but
        then warns at random of workers that have just ended. A worker that got the same signal may be gone before
        this thread runs: `serve` waits a moment for it.
        """
        resource_tracker.ensure_running()  # it would unblock both signals if the first worker started it
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        threading.Thread(target=self._wait_for_signal, daemon=True).start()

    def serve(self) -> None:
        """Serve until a signal says so. SystemExit: a worker ended by itself."""
        try:
            self._server.serve(target_loader=self._load, wrap_loader=False)
        except SystemExit:  # a worker ended first: no failure when the whole process group was told to
            if not self._told.wait(SECONDS_FOR_THE_SIGNAL):
                raise

    def _wait_for_signal(self) -> None:
        signal.sigwait(STOP_SIGNALS)
        self._told.set()
        server: Any = self._server  # these methods of granian have no types
        server.signal_handler_interrupt()
        time.sleep(SECONDS_TO_FINISH)
        for worker in server.wrks:
            worker.kill()


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Drop the warning that there are many threads: most of them wait for models, and exist only while they do."""
    return "Python threads" not in record.getMessage()


def _load(settings: Settings, make: Make) -> Callable[..., Any]:
    """Make the application inside a worker."""
    for wait in (_end_with_parent, _end_when_told):
        threading.Thread(target=wait, daemon=True).start()
    # Granian's threads may still hold Python objects: one that meets a finalizing interpreter aborts the process.
    atexit.register(os._exit, 0)
    logging.basicConfig(level=settings.log_level.upper())
    return make(settings)


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
