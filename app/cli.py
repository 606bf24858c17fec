"""The command `humanloop-emulator`; every field of Settings is a flag of `serve`, its default command."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from .exchange.commands import export_command, import_command
from .exchange.state_commands import reset_command, snapshot_group, state_command
from .settings import VERSION, Settings, flag, variable


class ServeByDefault(click.Group):
    """A group that takes flags without a command as those of `serve`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front unless a command, `--help` or `--version` is there."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "--version")):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


class CannotStart(click.ClickException):
    """The address or the database is unusable: one line and exit code 2, as for any wrong option."""

    exit_code = 2


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add one flag for each field of Settings; its default is the environment variable, then the field's own."""
    for item in reversed(fields(Settings)):
        name = flag(item.name)
        declaration = f"{name}/--no-{name.removeprefix('--')}" if item.type is bool else name
        command = click.option(
            declaration,
            item.name,
            type=item.type,
            default=item.default,
            envvar=variable(item.name),
            show_envvar=True,
            show_default=True,
            help=item.metadata["help"],
        )(command)
    return command


@click.group(cls=ServeByDefault, epilog="Without a command it serves: see `humanloop-emulator serve --help`.")
@click.version_option(VERSION, prog_name="humanloop-emulator")
def main() -> None:
    """Serve the Humanloop v5 API from this machine."""


@main.command()
@settings_options
def serve(**values: Any) -> None:
    """Serve the API until Ctrl-C."""
    from .server import StartError
    from .server import serve as run

    try:
        settings = Settings(**values)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        run(settings)
    except StartError as error:
        raise CannotStart(str(error)) from None


@main.command()
@settings_options
def worker(**values: Any) -> None:
    """Judge Logs and fill Runs of a server's database until Ctrl-C, in `--threads` threads.

    A server does this itself; workers beside it share the work. Both need the same database file, and the same Redis
    if the queue is there.
    """
    from .server import StartError, work

    try:
        settings = Settings(**{**values, "jobs": "thread"})
        if settings.db == ":memory:":
            raise ValueError("A database in memory has no other process that could work for it.")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        work(settings)
    except StartError as error:
        raise CannotStart(str(error)) from None


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--db", default=Settings.db, envvar=variable("db"), show_default=True, help="Database file.")
@click.option("--organisation", default="default", show_default=True, help="Whose workspace to fill.")
def seed(folder: Path, db: str, organisation: str) -> None:
    """Fill an empty workspace from a folder of YAML, JSON, .prompt and .agent files."""
    from .clock import Clock
    from .db import Database
    from .exchange.seeds import NotEmpty, SeedError
    from .exchange.seeds import seed as store
    from .ids import Ids
    from .models.schema import migrate
    from .server import StartError, check_database
    from .services.workspace import open_workspace

    try:
        path = Settings(db=db).db
        check_database(path)
        with closing(Database(path)) as database:
            migrate(database)
            store(open_workspace(database, organisation, Clock(), Ids()), folder)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except StartError as error:
        raise CannotStart(str(error)) from None
    except NotEmpty:
        raise click.ClickException(f"The organisation {organisation} in {path} is not empty.") from None
    except SeedError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Filled the organisation {organisation} in {path} from {folder}.")


main.add_command(import_command)
main.add_command(export_command)
main.add_command(state_command)
main.add_command(reset_command)
main.add_command(snapshot_group)


@main.command()
def routes() -> None:
    """Print method, path and operation of every route."""
    from . import create_app

    app = create_app(Settings(db=":memory:"))
    rows = [
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    width = max(len(path) for path, _, _ in rows)
    for path, method, operation in sorted(rows):
        click.echo(f"{method:<7} {path:<{width}}  {operation}")
