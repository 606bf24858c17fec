"""The processes of a server: those that answer requests, and how all of them are ended together.

One process that answers is the one that was started. Several are children that accept from one socket, so no connection
is lost while one of them starts or ends; one that dies is replaced. They are spawned: a fork copies locks that threads
hold.
"""

import asyncio
import math
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any

from ..settings import Settings
from .http import Server
from .requests import Handler

SECONDS_TO_FINISH = 10  # for what is being served or done when the server is told to stop
SECONDS_FOR_THE_SIGNAL = 1  # that ended a child to reach the main process too
MOST_DEATHS, SECONDS_OF_DEATHS = 5, 60  # more in that time, and others would only die as well
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}

Make = Callable[[Settings], Handler]


def hold_back_signals(processes: int) -> None:
    """Let SIGINT and SIGTERM wait until something is there to take them, in each of so many processes."""
    if processes > 1:
        resource_tracker.ensure_running()  # it would let them through if it were started with the first child
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def serve_here(handler: Handler, listening: socket.socket, ready: Callable[[], object] | None = None) -> None:
    """Serve in this thread, which is the main one, until SIGINT or SIGTERM; call `ready` once requests are answered."""

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, stop.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        if ready is not None:
            loop.call_soon(ready)
        await Server(handler).serve(listening, stop, SECONDS_TO_FINISH)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # another one would find the event loop closed

    asyncio.run(serve())


class Child:
    """A process of its own that runs a function, and ends with this one."""

    def __init__(self, run: Callable[..., None], *arguments: Any) -> None:
        self._process: BaseProcess = multiprocessing.get_context("spawn").Process(
            target=_run_with_parent, args=(run, *arguments)
        )
        self._process.start()

    @property
    def sentinel(self) -> int:
        """What becomes ready when it ends, for `multiprocessing.connection.wait`."""
        return self._process.sentinel

    @property
    def ended(self) -> str:
        """Tell how it ended; nothing while it runs."""
        code = self._process.exitcode
        if code is None:
            return ""
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """Tell it to end."""
        self._process.terminate()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, and kill it then."""
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def serve_in_children(settings: Settings, listening: socket.socket, make: Make) -> None:
    """Serve in processes that each make what serves, until SIGINT or SIGTERM. SystemExit: they keep dying."""
    told, tell = socket.socketpair()
    threading.Thread(target=_pass_signal_on, args=(tell,), daemon=True).start()
    children = [Child(_serve, settings, listening, make) for _ in range(settings.workers)]
    deaths: deque[float] = deque([-math.inf] * MOST_DEATHS, MOST_DEATHS)
    try:
        while not _waits(told, [child.sentinel for child in children]):
            if connection.wait([told], SECONDS_FOR_THE_SIGNAL):  # the whole process group was told to end
                return
            for child in [each for each in children if each.ended]:
                now = time.monotonic()
                if now - deaths[0] < SECONDS_OF_DEATHS:
                    raise SystemExit(f"The processes of the server keep dying ({child.ended}).")
                deaths.append(now)
                print(f"A process of the server died ({child.ended}); another takes its place.", file=sys.stderr)
                children[children.index(child)] = Child(_serve, settings, listening, make)
    finally:
        for child in children:
            child.stop()
        end = time.monotonic() + SECONDS_TO_FINISH
        for child in children:
            child.join(max(0, end - time.monotonic()))


def _waits(told: socket.socket, sentinels: list[int]) -> bool:
    return told in connection.wait([told, *sentinels])


def _pass_signal_on(tell: socket.socket) -> None:
    signal.sigwait(STOP_SIGNALS)
    tell.close()


def _serve(settings: Settings, listening: socket.socket, make: Make) -> None:
    serve_here(make(settings), listening)
    os._exit(0)  # threads that wait for models would keep this process


def _run_with_parent(run: Callable[..., None], *arguments: Any) -> None:
    """Run a function, and end at once when the main process is gone: killed, it cannot say so."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the main process passes it on
    run(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
