"""The command `replay`: run an evaluation again, on another model or version."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .connection import connected, connection_options
from .console import OF_CODE, OF_MODELS, json_option, print_json, progress_bar, settings_options

if TYPE_CHECKING:
    from ..replay.outcome import Outcome
    from ..replay.plan import Replay

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).

MOST_SHOWN = 5  # errors; `--json` has them all


@click.command("replay")
@click.option("--evaluation", metavar="ID", help="The evaluation to run again: its ID or, with --file, its name.")
@click.option("--file", metavar="PATH", help="The prompt, agent or tool to run over --dataset.")
@click.option("--dataset", metavar="PATH", help="The dataset to use, instead of that of the evaluation's control.")
@click.option("--model", help="Run it on this model; a new version is stored if none is like it.")
@click.option("--provider", help="The provider of that model.")
@click.option("--version-id", metavar="ID", help="Run this version.")
@click.option("--environment", metavar="NAME", help="Run the version that is deployed there.")
@click.option("--evaluator", "evaluators", metavar="PATH", multiple=True, help="An evaluator to add; may be repeated.")
@click.option("--name", help="Name of the evaluation that --file and --dataset create or continue.")
@click.option(
    "--patience", type=click.FloatRange(0), default=300, show_default=True, help="Seconds to wait without progress."
)
@connection_options
@settings_options(*OF_MODELS, *OF_CODE)
@json_option
def replay_command(
    evaluation: str | None,
    file: str | None,
    dataset: str | None,
    model: str | None,
    provider: str | None,
    version_id: str | None,
    environment: str | None,
    evaluators: tuple[str, ...],
    name: str | None,
    patience: float,
    server: str | None,
    api_key: str,
    db: str,
    organisation: str,
    as_json: bool,
    **runtime: Any,
) -> None:
    """Run an evaluation again, on another model or another version, and compare it with its control.

    Name an evaluation, or a file and a dataset. Without a model or a version, the same version is run once more.
    Models are scripted unless --openai-base-url names a real API. The exit code is 1 if the run did not complete or
    had errors.
    """
    if not evaluation and not (file and dataset):
        raise click.UsageError("Name an --evaluation, or a --file and a --dataset.")
    if version_id and environment:
        raise click.UsageError("Use either --version-id or --environment, not both.")
    if evaluation and name:
        raise click.UsageError("The evaluation has a name already: --name is for --file and --dataset.")
    from ..client import Refused
    from ..replay.outcome import Stuck, compare, steps, wait
    from ..replay.plan import Impossible, Wanted, begin

    wanted = Wanted(
        evaluation=evaluation,
        file=file,
        dataset=dataset,
        evaluators=evaluators,
        version=_given(version_id=version_id, environment=environment),
        changes=_given(model=model, provider=provider),
        name=name,
    )
    try:
        with connected(server, api_key, db, organisation, jobs="thread", **runtime) as api:
            replay = begin(api, wanted)
            with progress_bar("Replaying", steps(replay), as_json) as advance:
                stats = wait(api, replay, patience, advance)
            outcome = compare(api, replay, stats)
    except (Refused, Impossible, Stuck) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(_document(replay, outcome))
    else:
        _tell(replay, outcome)
    if outcome.errors:
        raise click.exceptions.Exit(1)


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _document(replay: "Replay", outcome: "Outcome") -> dict[str, Any]:
    return {
        "evaluation_id": replay.evaluation["id"],
        "url": replay.evaluation["url"],
        "run_id": replay.run["id"],
        "control_run_id": replay.control and replay.control["id"],
        "version_id": replay.version["version_id"],
        "dataset_version_id": replay.dataset["version_id"],
        **asdict(outcome),
    }


def _tell(replay: "Replay", outcome: "Outcome") -> None:
    """Print the report, what changed, and what is still missing."""
    click.echo(outcome.report.strip("\n"))
    if replay.control:
        click.echo()
        if outcome.compared:
            click.echo(f"{outcome.different:,} of {outcome.compared:,} outputs differ from the control's.")
        for score in outcome.scores:
            if score.control is not None and score.replay is not None:
                change = score.replay - score.control
                click.echo(f"{score.evaluator}: {score.control:.2f} -> {score.replay:.2f} ({change:+.2f})")
    if outcome.waiting:
        click.echo(f"Judgments are missing from: {', '.join(outcome.waiting)}.")
    click.echo(f"{replay.evaluation['url']}  (run {replay.run['id']}, version {replay.version['version_id']})")
    if outcome.errors:
        click.echo(f"{len(outcome.errors):,} errors:", err=True)
        for error in outcome.errors[:MOST_SHOWN]:
            click.echo(error, err=True)
