"""The command `replay`: an evaluation again, on another model or version, in one line."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .connection import connected, connection_options
from .console import OF_CODE, OF_MODELS, json_option, print_json, progress_bar, settings_options

if TYPE_CHECKING:
    from ..replay.outcome import Outcome
    from ..replay.plan import Replay

# Imported in functions: --help, and a command that is mistyped, need none of what a command works with (0.1 to 0.5 s).

MOST_SHOWN = 5  # errors; `--json` has them all


@click.command("replay")
@click.option("--evaluation", metavar="ID", help="The evaluation to run again: its id, or with --file its name.")
@click.option("--file", metavar="PATH", help="The prompt, agent or tool to run over --dataset.")
@click.option("--dataset", metavar="PATH", help="What to run it on, instead of what the evaluation's control ran on.")
@click.option("--model", help="Run it on this model: a new version, if there is none like it.")
@click.option("--provider", help="The provider of that model.")
@click.option("--version-id", metavar="ID", help="Run this version.")
@click.option("--environment", metavar="NAME", help="Run the version that is deployed there.")
@click.option("--evaluator", "evaluators", metavar="PATH", multiple=True, help="Another evaluator; may be repeated.")
@click.option("--name", help="Name of the evaluation that --file and --dataset make or go on with.")
@click.option("--patience", type=click.FloatRange(0), default=300, show_default=True, help="Seconds without progress.")
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

    Name an evaluation, or a file and a dataset. Without a model or a version the same version is run once more.
    Models are scripted unless --openai-base-url names a real one. Exit code 1: it did not complete, or there were
    errors.
    """
    if not evaluation and not (file and dataset):
        raise click.UsageError("Name an --evaluation, or a --file and a --dataset.")
    if version_id and environment:
        raise click.UsageError("Name a --version-id or an --environment, not both.")
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
            click.echo(f"Of {outcome.compared:,} outputs {outcome.different:,} differ from the control's.")
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
