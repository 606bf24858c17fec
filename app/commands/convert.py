"""The command `convert`: prompts, datasets and evaluators in the formats of other tools."""

from importlib import import_module
from pathlib import Path

import click

from .connection import connected, connection_options
from .console import CannotWork, json_option, print_result

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).

FORMATS = {  # and their modules
    "promptfoo": "promptfoo",
    "langfuse": "langfuse",
    "openai-evals": "openai_evals",
    "openai-chat": "openai_chat",
}


@click.command("convert")
@click.argument("format", type=click.Choice(list(FORMATS)))
@click.option("--file", "files", metavar="PATH", multiple=True, help="A file, or a directory; may be repeated.")
@click.option(
    "--dataset", metavar="PATH", help="The dataset for the prompts, instead of the one they were evaluated on."
)
@click.option(
    "--evaluator", "evaluators", metavar="PATH", multiple=True, help="An evaluator for the prompts; may be repeated."
)
@click.option(
    "--environment",
    metavar="NAME",
    help="Prompt versions deployed there, instead of the default ones.",
)
@click.option("--all-versions", is_flag=True, help="All versions of prompts.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="A new or empty folder.")
@connection_options
@json_option
def convert_command(
    format: str,
    files: tuple[str, ...],
    dataset: str | None,
    evaluators: tuple[str, ...],
    environment: str | None,
    all_versions: bool,
    output: Path | None,
    server: str | None,
    api_key: str,
    db: str,
    organisation: str,
    as_json: bool,
) -> None:
    """Write prompts, datasets and evaluators in the FORMAT of another tool.

    Without --file the whole workspace is converted. A prompt comes with the dataset and the evaluators that its
    evaluations used. Without --output a single file is printed. What the other tool cannot represent is listed on
    stderr and in notes.txt.
    """
    if environment and all_versions:
        raise click.UsageError("Use either --environment or --all-versions, not both.")
    if as_json and output is None:
        raise click.UsageError("--json reports what was written: it needs --output.")
    from ..client import Refused
    from ..exchange.convert.output import Output
    from ..exchange.convert.source import Missing, Wanted, read

    wanted = Wanted(files, dataset, evaluators, environment, all_versions)
    try:
        with connected(server, api_key, db, organisation) as api:
            source = read(api, wanted)
    except (Refused, Missing) as error:
        raise click.ClickException(str(error)) from None
    made = Output()
    import_module(f"..exchange.convert.{FORMATS[format]}", __package__).convert(source, made)
    if source.others:
        counts = (f"{count:,} {kind}{'s' * (count > 1)}" for kind, count in source.others.items())
        made.note(f"Not converted: {', '.join(counts)}.")
    if not made.files:
        raise click.ClickException("There is nothing to convert.")
    if output is None:
        if len(made.files) > 1:
            raise click.UsageError(f"This makes {len(made.files)} files: name a folder with --output.")
        click.echo(next(iter(made.files.values())), nl=False)
    else:
        try:
            made.write(output)
        except OSError as error:
            raise CannotWork(str(error)) from None
        names = sorted(made.files)
        told = f"Written to {output}: " + (names[0] if len(names) == 1 else f"{len(names):,} files") + "."
        print_result({"folder": str(output), "files": names, "notes": made.notes}, told, as_json)
    for note in () if as_json else made.notes:
        click.echo(note, err=True)
