"""What the commands share: options, opening a database, printing results, and errors in one line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click
import orjson

from ..settings import CODE, MODELS, Settings, SettingsError, flag, names_of, variable

if TYPE_CHECKING:
    from ..services.workspace import Workspace
    from ..store.database import Database

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).

Command = Callable[..., Any]

database_option = click.option(
    "--db", default=Settings.db, envvar=variable("db"), show_default=True, help="Database file."
)


def _named(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not name:
        raise click.BadParameter("The name of an organisation cannot be empty.")
    return name


organisation_option = click.option(
    "--organisation",
    default="default",
    show_default=True,
    callback=_named,
    help="The organisation to use.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


OF_MODELS, OF_CODE = names_of(MODELS), names_of(CODE)
"""The settings that say which models answer, and where code runs."""


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Add a flag for each of these settings, or for all; defaults are the variable, then that of the setting."""

    def add(command: Command) -> Command:
        for item in reversed(fields(Settings)):
            name = flag(item.name)
            if not names or item.name in names:
                command = click.option(
                    f"{name}/--no-{name.removeprefix('--')}" if item.type is bool else name,
                    item.name,
                    type=item.type,
                    default=item.default,
                    envvar=variable(item.name),
                    show_envvar=True,
                    show_default=True,
                    help=item.metadata["help"],
                )(command)
        return command

    return add


class CannotWork(click.ClickException):
    """A command that was used correctly failed: one line, exit code 1. A wrong option is a UsageError: exit code 2."""


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turn wrong settings, and whatever keeps a server from starting, into errors of the command line."""
    from ..server.checks import StartError
    from ..store.schema import NewerDatabase

    try:
        yield
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except (StartError, NewerDatabase) as error:
        raise CannotWork(str(error)) from None


@contextmanager
def opened_database(settings: Settings) -> Iterator["Database"]:
    """Open a database; it is created and migrated as a server would do it."""
    from ..server.checks import check_database, usable
    from ..store.database import Database
    from ..store.schema import migrate

    check_database(settings.db)
    with closing(Database(settings.db)) as database:
        with usable(settings.db):
            migrate(database)
        yield database


def check_existence(db: str) -> None:
    """Raise UsageError where there is no database yet: to open it would make one."""
    from ..store.dialects import exists, shown

    try:
        found = exists(db)
    except (OSError, ValueError) as error:
        raise CannotWork(f"Cannot use the database {shown(db)}: {error}.") from None
    if not found:
        raise click.UsageError(f"There is no database {shown(db)}.")


@contextmanager
def opened_workspace(db: str, organisation: str) -> Iterator["Workspace"]:
    """Open the workspace of an organisation, created if there is none; its jobs are left to a server."""
    with told_in_one_line():
        settings = Settings.from_env(db=db)
        with opened_database(settings) as database:
            yield _workspace(settings, database, organisation)


@contextmanager
def existing_workspace(db: str, organisation: str) -> Iterator["Workspace"]:
    """Open the workspace of an existing organisation.

    UsageError: there is no such database. CannotWork: there is no such organisation.
    """
    from ..services.workspace import ORGANISATION

    with told_in_one_line():
        settings = Settings.from_env(db=db)
        check_existence(settings.db)
        with opened_database(settings) as database:
            with database.reading():
                found = database.first(ORGANISATION, name=organisation)
            if found is None:
                raise CannotWork(f"There is no organisation {organisation}.")
            yield _workspace(settings, database, organisation)


def _workspace(settings: Settings, database: "Database", organisation: str) -> "Workspace":
    from ..services.workspace import open_workspace
    from ..store.timekeeper import Timekeeper

    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    timekeeper = Timekeeper(database)
    return open_workspace(database, organisation, timekeeper.clock, timekeeper.ids, lambda: base)


@contextmanager
def progress_bar(label: str, length: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal, and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def print_json(document: object) -> None:
    """Print a document for scripts."""
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def print_result(document: object, text: str, as_json: bool) -> None:
    """Print what a command did: as JSON for scripts, or as text for people."""
    if as_json:
        print_json(document)
    else:
        click.echo(text)
