"""What can be found out before anything is served: each fault is one line for the person who started it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..bundled import NO_SEED, seed_folder
from ..settings import Settings, SettingsError
from ..store.dialects import dialect_of, driver_errors, reason_of, shown

if TYPE_CHECKING:
    from ..application import Emulator

# Imported in functions: 0.2 s of what an emulator is made of, after the settings and the address were checked.


class StartError(Exception):
    """The server cannot start; the text is one line for the person who started it."""


def check_folders(settings: Settings) -> None:
    """Find out that a folder is missing before a database is made. Raises SettingsError."""
    if settings.seed != NO_SEED and not seed_folder(settings.seed).is_dir():
        raise SettingsError(f"Cannot use the seed {settings.seed}: there is no such folder.")
    if settings.models and not Path(settings.models).is_dir():
        raise SettingsError(f"Cannot use the rules of models: there is no folder {settings.models}.")
    if settings.python_packages and not Path(settings.python_packages).is_dir():
        raise SettingsError(f"Cannot use the packages of Python code: there is no folder {settings.python_packages}.")


def check_database(path: str) -> None:
    """Find out here, not in a worker, that the database cannot be used; missing directories of a file are made."""
    try:
        dialect_of(path).prove()
    except (OSError, ValueError) as error:
        raise StartError(f"Cannot use the database {shown(path)}: {error}.") from None


@contextmanager
def usable(path: str) -> Iterator[None]:
    """Tell in one line what a database refuses to those who open it: a user may connect and have no rights."""
    try:
        yield
    except driver_errors() as error:
        raise StartError(f"Cannot use the database {shown(path)}: {reason_of(error)}.") from None


def settle_database(path: str) -> None:
    """Leave the database in good order when the last process has ended."""
    dialect_of(path).settle()


def prepare_emulator(settings: Settings) -> "Emulator":
    """Prepare the database before anything is served."""
    from ..application import prepare
    from ..exchange.seeds import SeedError

    try:
        with usable(settings.db):
            emulator, used = prepare(settings)
    except SeedError as error:
        raise StartError(f"Cannot use the seed {settings.seed}: {error}") from None
    except ValueError as error:
        raise StartError(f"Cannot use the rules of models: {error}") from None
    for organisation in used:
        print(f"The organisation {organisation} is not empty: it is left as it is, without the seed.", file=sys.stderr)
    return emulator


def check_queue(emulator: "Emulator") -> None:
    """Find out that a queue in Redis can be used."""
    url = emulator.settings.redis_url
    if url:
        try:
            emulator.runtime.jobs.check()
        except Exception as error:  # of huey, of the redis package, or that this is missing
            raise StartError(f"Cannot use the queue {shown(url)}: {error}.") from None
