"""The commands `import` and `export`."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from ..settings import Settings, variable

MOST_SHOWN = 20  # problems; `--json` has them all


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both commands take."""
    command = click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")(command)
    command = click.option("--organisation", default="default", show_default=True, help="Whose workspace.")(command)
    command = click.option(
        "--db", default=Settings.db, envvar=variable("db"), show_default=True, help="Database file."
    )(command)
    return click.argument("folder", type=click.Path(file_okay=False, path_type=Path))(command)


class CannotWork(click.ClickException):
    """The folder or the database is unusable: one line and exit code 2, as for any wrong option."""

    exit_code = 2


@contextmanager
def _workspace(db: str, organisation: str) -> Iterator[Any]:
    """Open an organisation of a database, which is made and brought up to date as the server would."""
    from ..clock import Clock
    from ..db import Database
    from ..ids import Ids
    from ..models.schema import migrate
    from ..server import StartError, check_database
    from ..services.workspace import open_workspace

    try:
        settings = Settings.from_env(db=db)
        check_database(settings.db)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except StartError as error:
        raise CannotWork(str(error)) from None
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    with closing(Database(settings.db)) as database:
        migrate(database)
        yield open_workspace(database, organisation, Clock(), Ids(), lambda: base)


@contextmanager
def _progress(label: str, length: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


@click.command("import")
@_options
def import_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Import the tree of an official export from FOLDER.

    Everything keeps its id and dates. What is there already stays as it is; an import that was interrupted goes on.
    """
    from .importer import Busy, NoTree, check_tree, import_tree
    from .tree import size_of

    try:
        check_tree(folder)  # before a database is made
        with _workspace(db, organisation) as ws, _progress("Importing", size_of(folder), as_json) as advance:
            report = import_tree(ws, folder, advance=advance)
    except (Busy, NoTree, OSError, sqlite3.Error) as error:
        raise CannotWork(str(error)) from None
    if as_json:
        click.echo(orjson.dumps({"new": report.new, "problems": report.problems, "findings": report.findings}))
        return
    click.echo(f"New: {_counted(report.new)}.")
    for problem in report.problems[:MOST_SHOWN]:
        click.echo(f"{problem['path']}:{problem['line']}: {problem['text']}", err=True)
    if len(report.problems) > MOST_SHOWN:
        click.echo(f"… and {len(report.problems) - MOST_SHOWN:,} more lines; --json shows all.", err=True)
    for finding in report.findings:
        click.echo(finding, err=True)


@click.command("export")
@_options
def export_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Export an organisation to FOLDER as the tree of an official export.

    The folder must be new or empty.
    """
    from .exporter import Occupied, export_tree, records

    if not Path(db.removeprefix("sqlite:///")).is_file():
        raise CannotWork(f"There is no database {db}.")
    try:
        with _workspace(db, organisation) as ws, _progress("Exporting", records(ws), as_json) as advance:
            counts = export_tree(ws, folder, advance=advance)
    except (Occupied, OSError, sqlite3.Error) as error:
        raise CannotWork(str(error)) from None
    click.echo(orjson.dumps({"written": counts}) if as_json else f"Written: {_counted(counts)}.")
