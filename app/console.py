"""What the commands share: their options, how they open a database, what they print, and errors in one line."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click
import orjson

from .settings import Settings, SettingsError, variable

if TYPE_CHECKING:
    from .db import Database
    from .services.workspace import Workspace

database_option = click.option(
    "--db", default=Settings.db, envvar=variable("db"), show_default=True, help="Database file."
)
organisation_option = click.option(
    "--organisation", default="default", show_default=True, help="Whose workspace it is."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


class CannotWork(click.ClickException):
    """An address, a folder or a database is unusable: one line and exit code 2, as for any wrong option."""

    exit_code = 2


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turn wrong settings, and what a server cannot start with, into errors of the command line."""
    from .server import StartError

    try:
        yield
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except StartError as error:
        raise CannotWork(str(error)) from None


@contextmanager
def opened_database(settings: Settings) -> Iterator["Database"]:
    """Open a database, which is made and brought up to date as a server would."""
    from .db import Database
    from .models.schema import migrate
    from .server import check_database

    check_database(settings.db)
    with closing(Database(settings.db)) as database:
        migrate(database)
        yield database


@contextmanager
def opened_workspace(db: str, organisation: str) -> Iterator["Workspace"]:
    """Open the workspace of an organisation; its jobs are left to a server."""
    from .clock import Clock
    from .ids import Ids
    from .services.workspace import open_workspace

    with told_in_one_line():
        settings = Settings.from_env(db=db)
        base = settings.public_url or f"http://{settings.host}:{settings.port}"
        with opened_database(settings) as database:
            yield open_workspace(database, organisation, Clock(), Ids(), lambda: base)


def print_json(document: Any) -> None:
    """Print a document for scripts."""
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def print_result(document: Any, text: str, as_json: bool) -> None:
    """Print what a command did: for scripts where `--json` asks for it, else for people."""
    if as_json:
        print_json(document)
    else:
        click.echo(text)
