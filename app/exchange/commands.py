"""The commands `seed`, `import` and `export`."""

import shlex
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..bundled import seed_folder
from ..console import (
    CannotWork,
    database_option,
    existing_workspace,
    json_option,
    opened_workspace,
    organisation_option,
    print_json,
    print_result,
    progress_bar,
)
from ..settings import Settings

if TYPE_CHECKING:
    from .tree.importer import Report

MOST_SHOWN = 20  # problems; `--json` has them all
folder_argument = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


@click.command("seed")
@click.argument("folder")
@database_option
@organisation_option
@json_option
def seed_command(folder: str, db: str, organisation: str, as_json: bool) -> None:
    """Fill an empty workspace from FOLDER, which holds YAML, JSON, .prompt and .agent files.

    `default` and `demo` come along: an empty workspace, and one with prompts, logs and evaluations to look at.
    """
    from .seeds import NotEmpty, SeedError, seed

    if not seed_folder(folder).is_dir():  # before a database is made
        raise click.UsageError(f"There is no folder {folder}.")
    try:
        with opened_workspace(db, organisation) as ws:
            seed(ws, seed_folder(folder))
    except NotEmpty:
        raise CannotWork(f"The organisation {organisation} in {db} is not empty.") from None
    except SeedError as error:
        raise CannotWork(str(error)) from None
    document = {"organisation": organisation, "db": db, "folder": folder}
    print_result(document, f"Filled the organisation {organisation} in {db} from {folder}.", as_json)


@click.command("import")
@folder_argument
@database_option
@organisation_option
@json_option
def import_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Import the tree of an official export from FOLDER.

    Everything keeps its id and dates. What is there already stays as it is; an import that was interrupted goes on.
    """
    from .tree.importer import Busy, NoTree, check_tree, import_tree
    from .tree.layout import size_of

    try:
        check_tree(folder)  # before a database is made
        with opened_workspace(db, organisation) as ws, progress_bar("Importing", size_of(folder), as_json) as advance:
            report = import_tree(ws, folder, advance=advance)
    except (Busy, NoTree, OSError, sqlite3.Error) as error:
        raise CannotWork(str(error)) from None
    if as_json:
        print_json(asdict(report))
    else:
        _tell(report, db, organisation)


def _tell(report: "Report", db: str, organisation: str) -> None:
    """Print what is new, what could not be used and why, and what to do next."""
    click.echo(f"New: {_counted(report.new)}.")
    _shorten([f"{problem['path']}:{problem['line']}: {problem['text']}" for problem in report.problems], err=True)
    for finding in report.findings:
        click.echo(finding, err=True)
    runs = sum(item.runs for item in report.evaluations)
    without_logs = sum(item.runs_without_logs for item in report.evaluations)
    if without_logs:
        click.echo(
            f"{without_logs:,} of {runs:,} runs show the stats stored in the export, for it holds none of their logs: "
            "the export script writes logs only where EXPORT_LOGS=true is set."
        )
    told = len(report.problems) + len(report.findings)
    click.echo(
        f"Left out or changed: the notes on stderr ({told:,}) say what and why." if told else "Nothing was left out."
    )
    options = "" if db == Settings.db else f" --db {shlex.quote(db)}"
    click.echo(f"Next: start the server with `humanloop-emulator{options}`.")
    if report.evaluations:
        click.echo(f"The pages of {len(report.evaluations):,} evaluations are then at:")
        _shorten([f"  {item.path}: {item.name or item.id}: {item.url}" for item in report.evaluations if item.url])
        own = "" if organisation == "default" else f" --organisation {shlex.quote(organisation)}"
        click.echo(f"Their results as CSV: `humanloop-emulator export --results results{options}{own}`.")


def _shorten(lines: list[str], *, err: bool = False) -> None:
    for line in lines[:MOST_SHOWN]:
        click.echo(line, err=err)
    if len(lines) > MOST_SHOWN:
        click.echo(f"… and {len(lines) - MOST_SHOWN:,} more; --json shows all.", err=err)


@click.command("export")
@folder_argument
@database_option
@organisation_option
@json_option
def export_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Export an organisation to FOLDER as the tree of an official export.

    The folder must be new or empty.
    """
    from .tree.exporter import Occupied, export_tree, records

    try:
        with existing_workspace(db, organisation) as ws, progress_bar("Exporting", records(ws), as_json) as advance:
            counts = export_tree(ws, folder, advance=advance)
    except (Occupied, OSError, sqlite3.Error) as error:
        raise CannotWork(str(error)) from None
    print_result({"written": counts}, f"Written: {_counted(counts)}.", as_json)
