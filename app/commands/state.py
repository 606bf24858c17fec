"""The commands `state`, `reset` and `snapshot`.

They work on the database file itself: a server that runs on it goes on with what they leave there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ..bundled import NO_SEED
from ..errors import DomainError
from ..settings import Settings, variable
from .console import (
    CannotWork,
    check_existence,
    database_option,
    json_option,
    opened_database,
    print_json,
    print_result,
    told_in_one_line,
)

if TYPE_CHECKING:
    from ..control.state.state import State

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).

name_argument = click.argument("name")


@contextmanager
def _state(db: str, **options: Any) -> Iterator["State"]:
    """Open an existing database, and leave the jobs to the server."""
    from ..application import Emulator
    from ..server.checks import check_folders
    from ..store.dialects import driver_errors, reason_of, shown

    with told_in_one_line():
        settings = Settings.from_env(db=db, jobs="off", workers=1, **options)
        check_folders(settings)
        check_existence(settings.db)
    try:
        with told_in_one_line(), opened_database(settings) as database:
            emulator = Emulator(settings, database)
            emulator.take_control(())
            yield emulator.state
    except DomainError as error:
        raise CannotWork(error.detail["description"]) from None
    except driver_errors(OSError) as error:
        raise CannotWork(f"Cannot use the database {shown(settings.db)}: {reason_of(error)}.") from None
    except ValueError as error:  # of a seed, or of the rules of models
        raise CannotWork(str(error)) from None


@click.command("state")
@database_option
@json_option
def state_command(db: str, as_json: bool) -> None:
    """Count what is stored for each organisation."""
    with _state(db) as state:
        organisations = state.counts()
    if as_json:
        print_json({"organisations": organisations})
        return
    if not organisations:
        click.echo("There is no organisation yet: the first request makes one.")
    for organisation in organisations:
        name, files, *others = organisation.items()
        counts = [*((f"{kind}s", count) for kind, count in files[1].items()), *others]
        click.echo(f"{name[1]}: " + ", ".join(f"{count:,} {what}" for what, count in counts))


@click.command("reset")
@database_option
@click.option("--seed", default=Settings.seed, envvar=variable("seed"), show_default=True, help="What to go back to.")
@click.option("--models", default="", envvar=variable("models"), help="Folder with the rules of scripted models.")
@json_option
def reset_command(db: str, seed: str, models: str, as_json: bool) -> None:
    """Delete everything that is stored, and replay the seed if there is one; snapshots stay.

    The folders are those that the server is started with.
    """
    with _state(db, seed=seed, models=models) as state:
        state.reset()
    print_result({"reset": True}, "Reset." if seed == NO_SEED else f"Reset to {seed}.", as_json)


@click.group("snapshot")
def snapshot_group() -> None:
    """Save the state of the database under a name, and go back to it."""


def _snapshot_command(command: Callable[..., None]) -> click.Command:
    return snapshot_group.command()(database_option(json_option(command)))


@_snapshot_command
@name_argument
def save(name: str, db: str, as_json: bool) -> None:
    """Save the present state; a snapshot with the same name is replaced."""
    with _state(db) as state:
        snapshot = state.save(name)
    print_result(asdict(snapshot), f"Saved {snapshot.name} ({snapshot.size:,} bytes).", as_json)


@_snapshot_command
@name_argument
def load(name: str, db: str, as_json: bool) -> None:
    """Go back to a snapshot."""
    with _state(db) as state:
        state.load(name)
    print_result({"loaded": name}, f"Loaded {name}.", as_json)


@_snapshot_command
@name_argument
def delete(name: str, db: str, as_json: bool) -> None:
    """Delete a snapshot."""
    with _state(db) as state:
        state.snapshots.delete(name)
    print_result({"deleted": name}, f"Deleted {name}.", as_json)


@_snapshot_command
def list(db: str, as_json: bool) -> None:
    """List the snapshots in the order of their names."""
    with _state(db) as state:
        snapshots = state.snapshots.list()
    if as_json:
        print_json({"snapshots": [asdict(snapshot) for snapshot in snapshots]})
        return
    for snapshot in snapshots:
        click.echo(f"{snapshot.name}  {snapshot.created_at}  {snapshot.size:,} bytes")
