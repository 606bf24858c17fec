"""The commands `import` and `export`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from ..settings import Settings, variable

MOST_SHOWN = 20  # problems; `--json` has them all


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.argument("folder", type=click.Path(file_okay=False, path_type=Path)),
        click.option(
            "--db", default=Settings.db, envvar=variable("db"), show_default=True, help="Database file of the server."
        ),
        click.option("--organisation", default="default", show_default=True, help="Whose files and logs."),
        click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON."),
    ):
        command = option(command)
    return command


class CannotWork(click.ClickException):
    """The folder or the database is unusable: one line and exit code 2, as for any wrong option."""

    exit_code = 2


@contextmanager
def _workspace(db: str, organisation: str) -> Iterator[Any]:
    """Open an organisation of a database, which is made and brought up to date as the server would."""
    from sqlite3 import DatabaseError

    from peewee import PeeweeException

    from ..clock import Clock
    from ..db import Database
    from ..ids import Ids
    from ..models.schema import migrate
    from ..services.workspace import open_workspace

    try:
        settings = Settings.from_env(db=db)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    database = Database(settings.db)
    try:
        migrate(database)
        yield open_workspace(database, organisation, Clock(), Ids(), lambda: base)
    except (DatabaseError, PeeweeException, OSError) as error:
        raise CannotWork(f"{type(error).__name__}: {error}") from None
    finally:
        database.close()


@contextmanager
def _progress(label: str, length: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    stream = click.get_text_stream("stderr")
    if quiet or not stream.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=length, label=label, file=stream) as bar:
        yield bar.update


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


@click.command("import")
@_options
def import_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Import the tree of an official export from FOLDER.

    Everything keeps its id and dates. What is there already stays as it is; an import that was interrupted goes on.
    """
    from .importer import Busy, NoTree, import_tree
    from .tree import size_of

    with _workspace(db, organisation) as ws, _progress("Importing", size_of(folder), as_json) as advance:
        try:
            report = import_tree(ws, folder, advance=advance)
        except (Busy, NoTree) as error:
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
    with _workspace(db, organisation) as ws, _progress("Exporting", records(ws), as_json) as advance:
        try:
            counts = export_tree(ws, folder, advance=advance)
        except Occupied as error:
            raise CannotWork(str(error)) from None
    click.echo(orjson.dumps({"written": counts}) if as_json else f"Written: {_counted(counts)}.")
