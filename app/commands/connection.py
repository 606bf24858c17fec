"""How commands that are clients of the API reach it: on a server, or on a database without a server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from ..bundled import NO_SEED
from ..settings import Settings
from .console import CannotWork, Command, database_option, existing_workspace, organisation_option, told_in_one_line

if TYPE_CHECKING:
    from flask import Flask

    from ..client import Api

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).


def connection_options(command: Command) -> Command:
    """Add the options that say where to find the API."""
    options = (
        click.option("--server", metavar="URL", help="Use the server at this address, instead of --db."),
        click.option("--api-key", default="any", show_default=True, help="The key for --server."),
        database_option,
        organisation_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def connected(server: str | None, api_key: str, db: str, organisation: str, **settings: Any) -> Iterator["Api"]:
    """Yield the API of a server, or of an application on the database with these settings.

    CannotWork: there is none. Errors from the API are left to the caller.
    """
    from ..client import Api, Unreachable, of_application, of_server

    try:
        with ExitStack() as stack:
            if server:
                http = of_server(server, api_key)
            else:
                http = of_application(stack.enter_context(_application(db, organisation, settings)), organisation)
            yield Api(stack.enter_context(http))
    except Unreachable as error:
        raise CannotWork(str(error)) from None


@contextmanager
def _application(db: str, organisation: str, settings: dict[str, Any]) -> Iterator["Flask"]:
    from ..application import assemble, join
    from ..server.checks import check_folders

    with told_in_one_line():
        made = Settings.from_env(db=db, **{"seed": NO_SEED, "jobs": "off", "workers": 1, **settings})
        check_folders(made)
    with existing_workspace(db, organisation):
        pass
    try:
        app = assemble(join(made))
    except ValueError as error:
        raise CannotWork(f"Cannot use the rules of models: {error}") from None
    try:
        yield app
    finally:
        app.extensions["emulator"].runtime.close()
