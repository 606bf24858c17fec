"""The commands `seed`, `import` and `export`."""

import shlex
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..bundled import seed_folder
from ..json_types import JsonObject
from ..settings import Settings
from .console import (
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

if TYPE_CHECKING:
    from ..exchange.tree.importer import Report
    from ..services.workspace import Workspace

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_SHOWN = 20  # lines; `--json` has all of them


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


@click.command("seed")
@click.argument("folder")
@database_option
@organisation_option
@json_option
def seed_command(folder: str, db: str, organisation: str, as_json: bool) -> None:
    """Fill an empty workspace from FOLDER, which holds YAML, JSON, .prompt and .agent files.

    Two folders come with the emulator: `default`, the workspace of a new account, and `demo`, with prompts, logs and
    evaluations to look at.
    """
    from ..exchange.seeds import NotEmpty, SeedError, seed
    from ..store.dialects import driver_errors, reason_of, shown

    if not seed_folder(folder).is_dir():  # before a database is made
        raise click.UsageError(f"There is no folder {folder}.")
    try:
        with opened_workspace(db, organisation) as ws:
            seed(ws, seed_folder(folder))
    except NotEmpty:
        raise CannotWork(f"The organisation {organisation} in {shown(db)} is not empty.") from None
    except SeedError as error:
        raise CannotWork(str(error)) from None
    except driver_errors() as error:
        raise CannotWork(f"{reason_of(error)}.") from None
    document = {"organisation": organisation, "db": shown(db), "folder": folder}
    print_result(document, f"Filled the organisation {organisation} in {shown(db)} from {folder}.", as_json)


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@database_option
@organisation_option
@json_option
def import_command(folder: Path, db: str, organisation: str, as_json: bool) -> None:
    """Import the tree of an official export from FOLDER.

    Everything keeps its id and dates. What exists already is left as it is; an interrupted import continues.
    """
    from ..exchange.tree.importer import NoTree, check_tree, import_tree
    from ..exchange.tree.layout import size_of
    from ..store.dialects import driver_errors, reason_of
    from ..store.staging import Busy

    try:
        check_tree(folder)  # before a database is made
        with opened_workspace(db, organisation) as ws, progress_bar("Importing", size_of(folder), as_json) as advance:
            report = import_tree(ws, folder, advance=advance)
    except driver_errors(Busy, NoTree, OSError) as error:
        raise CannotWork(f"{reason_of(error)}.") from None
    if as_json:
        print_json(asdict(report))
    else:
        _tell(report, db, organisation)


def _tell(report: "Report", db: str, organisation: str) -> None:
    """Print what is new, what could not be used and why, and what can be done next."""
    from ..store.dialects import shown

    click.echo(f"New: {_counted(report.new)}.")
    _shorten([f"{problem.path}:{problem.line}: {problem.text}" for problem in report.problems], err=True)
    for finding in report.findings:
        click.echo(finding, err=True)
    runs = sum(item.runs for item in report.evaluations)
    without_logs = sum(item.runs_without_logs for item in report.evaluations)
    if without_logs:
        click.echo(
            f"{without_logs:,} of {runs:,} runs show the stats stored in the export, because it lacks their logs: "
            "the export script writes logs only where EXPORT_LOGS=true is set."
        )
    told = len(report.problems) + len(report.findings)
    click.echo(
        f"Left out or changed: the notes on stderr ({told:,}) say what and why." if told else "Nothing was left out."
    )
    options = "" if db == Settings.db else f" --db {shlex.quote(shown(db))}"
    click.echo(f"Next: start the server with `humanloop-emulator{options}`.")
    pages = [f"  {item.path}: {item.name or item.id}: {item.url}" for item in report.evaluations if item.url]
    if pages:
        click.echo(f"The pages of {len(pages):,} evaluations are then at:")
        _shorten(pages)
        own = "" if organisation == "default" else f" --organisation {shlex.quote(organisation)}"
        click.echo(f"Their results as CSV: `humanloop-emulator export --results results{options}{own}`.")


def _shorten(lines: list[str], *, err: bool = False) -> None:
    for line in lines[:MOST_SHOWN]:
        click.echo(line, err=err)
    if len(lines) > MOST_SHOWN:
        click.echo(f"… and {len(lines) - MOST_SHOWN:,} more; --json shows all.", err=err)


def _folder_option(name: str, text: str) -> Callable[[Command], Command]:
    folder = click.Path(file_okay=False, path_type=Path)
    return click.option(name, type=folder, metavar="DIR", help=text)


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@_folder_option("--prompts", "Write each prompt and agent to a .prompt or .agent file below DIR.")
@click.option("--environment", metavar="NAME", help="Which versions --prompts writes, instead of the default ones.")
@click.option("--all-versions", is_flag=True, help="Make --prompts write all versions.")
@_folder_option("--results", "Write CSV of each evaluation and JSON lines of all logs below DIR.")
@database_option
@organisation_option
@json_option
def export_command(
    folder: Path | None,
    prompts: Path | None,
    environment: str | None,
    all_versions: bool,
    results: Path | None,
    db: str,
    organisation: str,
    as_json: bool,
) -> None:
    """Export an organisation: to FOLDER as the tree of an official export, or as files for git and other tools.

    FOLDER must be new or empty. Below DIR, files with the same name are overwritten and others left alone.
    """
    if not (folder or prompts or results):
        raise click.UsageError("Name a target: FOLDER, --prompts DIR or --results DIR.")
    if (environment or all_versions) and not prompts:
        raise click.UsageError("--environment and --all-versions need --prompts.")
    if environment and all_versions:
        raise click.UsageError("Use either --environment or --all-versions, not both.")
    from ..errors import NotFound
    from ..exchange.outputs import OutputError
    from ..exchange.tree.exporter import Occupied
    from ..store.dialects import driver_errors, reason_of

    try:
        with existing_workspace(db, organisation) as ws:
            document: JsonObject = {}
            if folder:
                document["written"] = _export_tree(ws, folder, as_json)
            if prompts:
                document["prompts"] = _export_prompts(ws, prompts, environment, all_versions, as_json)
            if results:
                document["results"] = _export_results(ws, results, as_json)
    except NotFound as error:
        raise CannotWork(error.detail["description"]) from None
    except driver_errors(Occupied, OutputError, OSError) as error:
        raise CannotWork(f"{reason_of(error)}.") from None
    if as_json:
        print_json(document)


def _export_tree(ws: "Workspace", folder: Path, quiet: bool) -> dict[str, int]:
    from ..exchange.tree.exporter import count_logs, export_tree

    with progress_bar("Exporting", count_logs(ws), quiet) as advance:
        counts = export_tree(ws, folder, advance=advance)
    _say(f"Written: {_counted(counts)}.", quiet)
    return counts


def _export_prompts(
    ws: "Workspace", folder: Path, environment: str | None, all_versions: bool, quiet: bool
) -> JsonObject:
    from ..exchange.prompts import export_prompts, export_versions

    done = export_versions(ws, folder) if all_versions else export_prompts(ws, folder, environment)
    _say(f"Written to {folder}: {done.files:,} files.", quiet)
    for own, path in done.renamed.items():
        _say(f"{own}: written to {path}, because its name is taken or not usable everywhere.", quiet, err=True)
    return asdict(done)


def _export_results(ws: "Workspace", folder: Path, quiet: bool) -> dict[str, int]:
    from ..exchange.results import export_results

    counts = export_results(ws, folder)
    _say(f"Written to {folder}: {_counted(counts)}.", quiet)
    return counts


def _say(text: str, quiet: bool, *, err: bool = False) -> None:
    if not quiet:
        click.echo(text, err=err)
