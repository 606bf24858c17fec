"""The server: checks, starts, announces and ends the processes that answer requests, and works on the jobs.

The main process never makes the application. Once the others answer it works on the jobs, in a thread: it has an
interpreter to itself, so requests do not wait for judges. Only a database in memory has its jobs where it is, in the
process that answers.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..runtime.sandbox import require
from ..settings import Settings
from ..store.database import MEMORY
from ..store.dialects import shown
from .addresses import answers, base_url, is_loopback, reserve
from .checks import check_database, check_folders, check_queue, prepare_emulator, settle_database
from .processes import Granian

if TYPE_CHECKING:
    from ..application import Emulator
    from ..runtime.jobs.queue import Queue

# Imported in functions: the application, which the main process never makes.

SECONDS_BETWEEN_POLLS = 0.01
THREADS_FOR_OTHERS = 4  # that calls of models and code never hold


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, and print one line on stdout once the server answers.

    Raises StartError for an address that cannot be listened on, and for a database or a file that cannot be used.
    """
    require(settings.python_runtime)
    with closing(reserve(settings.host, settings.port)) as reserved:
        check_folders(settings)
        check_database(settings.db)
        emulator = prepare_emulator(settings)
        address, port = reserved.getsockname()[:2]
        if not settings.key_table() and not is_loopback(address):
            print(f"Warning: {address} can be reached from other machines, and any key is accepted.", file=sys.stderr)
        check_queue(emulator)
        jobs = emulator.runtime.jobs if settings.db != MEMORY and settings.jobs == "thread" else None
        server = Granian(replace(settings, jobs="off") if jobs else settings, address, port, _application)
        server.stop_when_told()
        stopping = threading.Event()
        announcer = threading.Thread(target=_announce, args=(base_url(address, port), emulator, jobs, stopping))
        announcer.daemon = True
        announcer.start()
        try:
            server.serve()
        finally:
            stopping.set()
            announcer.join()
            if jobs:
                jobs.stop()
            emulator.db.close()
            settle_database(settings.db)


def _announce(base: str, emulator: "Emulator", jobs: "Queue | None", stopping: threading.Event) -> None:
    """Print where the server is, once it answers, and begin to work on the jobs."""
    while not answers(base):
        if stopping.wait(SECONDS_BETWEEN_POLLS):
            return
    settings = emulator.settings
    key = "one of your keys" if settings.api_keys else "any"
    print(
        f"Humanloop emulator ready at {base} (database {shown(settings.db)})\n"
        f'Use it with Humanloop(api_key="{key}", base_url="{base}/v5")',
        flush=True,
    )
    if jobs:
        jobs.start()
        emulator.db.close()  # of this thread


def _application(settings: Settings) -> Callable[..., Any]:
    """Make the application of one process that answers requests."""
    from ..application import assemble, create_app, open_prepared

    app = create_app(settings) if settings.db == MEMORY else assemble(open_prepared(settings))
    app.extensions["emulator"].runtime.limit_calls(max(1, settings.threads - THREADS_FOR_OTHERS))
    return app
