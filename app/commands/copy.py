"""The command `copy`: everything from one database into another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ..settings import Settings
from .console import (
    CannotWork,
    check_existence,
    json_option,
    opened_database,
    print_result,
    progress_bar,
    told_in_one_line,
)

if TYPE_CHECKING:
    from ..store.database import Database

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).

TOLD = {
    "organisation": "organisations",
    "file": "files",
    "version": "versions",
    "datapoint": "datapoints",
    "log": "logs",
    "evaluation": "evaluations",
    "run": "runs",
}
"""The tables whose rows the summary counts, and what they are called there."""


@click.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--replace", is_flag=True, help="Delete what TO holds.")
@json_option
def copy_command(source: str, target: str, replace: bool, as_json: bool) -> None:
    """Copy everything from the database FROM into the database TO: files or URLs, as --db takes them.

    All organisations are copied with their ids, and the clock. TO gets everything or stays as it is; it has to be
    empty, unless --replace is given. Servers may run on both. Snapshots are not copied.
    """
    from ..store.copying import NotEmpty, count_rows
    from ..store.dialects import driver_errors, reason_of, shown

    with told_in_one_line():
        places = [Settings.from_env(db=place) for place in (source, target)]
        if ":memory:" in (source, target):
            raise click.UsageError("A database in memory ends with its process: it cannot be copied.")
    own, others = (shown(settings.db) for settings in places)
    try:
        check_existence(places[0].db)
        with _opened(places[0]) as old, _opened(places[1]) as new:
            if old.identity == new.identity:
                raise click.UsageError("FROM and TO are the same database.")
            with old.reading():
                counts = count_rows(old)
            with progress_bar("Copying", sum(counts.values()), as_json) as advance:
                new.copy_from(old, overwrite=replace, advance=advance)
            with new.reading():
                counts = count_rows(new)
    except NotEmpty:
        raise CannotWork(f"The database {others} is not empty: --replace deletes what it holds.") from None
    except driver_errors(OSError) as error:
        raise CannotWork(f"Cannot copy {own} to {others}: {reason_of(error)}.") from None
    told = {name: counts[table] for table, name in TOLD.items()}
    listed = ", ".join(f"{count:,} {name}" for name, count in told.items())
    print_result({"from": own, "to": others, "copied": told}, f"Copied {own} to {others}: {listed}.", as_json)


@contextmanager
def _opened(settings: Settings) -> Iterator["Database"]:
    with told_in_one_line(), opened_database(settings) as database:
        yield database
