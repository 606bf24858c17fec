"""The process that works on the jobs of a database, beside the server or instead of it."""

import signal

from ..application import join
from ..runtime.sandbox import require
from ..settings import Settings
from ..store.dialects import shown
from .checks import StartError, check_database, check_folders, check_queue, usable
from .processes import STOP_SIGNALS


def work_beside(settings: Settings) -> None:
    """Work on the jobs of a server that has checked everything, until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    emulator = join(settings)
    emulator.runtime.jobs.start()
    signal.sigwait(STOP_SIGNALS)
    emulator.runtime.close()


def work(settings: Settings) -> None:
    """Work on the jobs of a database until SIGINT or SIGTERM, in as many threads as the settings say."""
    require(settings.python_runtime)
    check_folders(settings)
    check_database(settings.db)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        with usable(settings.db):
            emulator = join(settings)
    except ValueError as error:
        raise StartError(f"Cannot use the rules of models: {error}") from None
    check_queue(emulator)
    emulator.runtime.jobs.start(settings.threads)
    print(f"Humanloop emulator works on the jobs of {shown(settings.db)}", flush=True)
    signal.sigwait(STOP_SIGNALS)
    emulator.runtime.close()
