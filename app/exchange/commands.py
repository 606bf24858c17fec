"""The commands `seed`, `import` and `export`."""

import sqlite3
from pathlib import Path

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

MOST_SHOWN = 20  # problems; `--json` has them all
folder_argument = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


@click.command("seed")
@folder_argument
@database_option
@organisation_option
@json_option
def seed_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Fill an empty workspace from FOLDER, which holds YAML, JSON, .prompt and .agent files.

    `default` and `demo` come along: an empty workspace, and one with prompts, logs and evaluations to look at.
    """
    from .seeds import NotEmpty, SeedError, seed

    if not seed_folder(folder).is_dir():  # before a database is made
        raise click.UsageError(f"There is no folder {folder}.")
    try:
        with opened_workspace(db, organisation) as ws:
            seed(ws, folder)
    except NotEmpty:
        raise CannotWork(f"The organisation {organisation} in {db} is not empty.") from None
    except SeedError as error:
        raise CannotWork(str(error)) from None
    document = {"organisation": organisation, "db": db, "folder": str(folder)}
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
        print_json({"new": report.new, "problems": report.problems, "findings": report.findings})
        return
    click.echo(f"New: {_counted(report.new)}.")
    for problem in report.problems[:MOST_SHOWN]:
        click.echo(f"{problem['path']}:{problem['line']}: {problem['text']}", err=True)
    if len(report.problems) > MOST_SHOWN:
        click.echo(f"… and {len(report.problems) - MOST_SHOWN:,} more lines; --json shows all.", err=True)
    for finding in report.findings:
        click.echo(finding, err=True)


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
