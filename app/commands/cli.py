"""The command `humanloop-emulator`; every field of Settings is a flag of `serve`, its default command."""

import re
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..bundled import NO_SEED
from ..settings import VERSION, Settings, unknown_variables
from .console import OF_CODE, OF_MODELS, json_option, print_json, settings_options, told_in_one_line
from .convert import convert_command
from .copy import copy_command
from .exchange import export_command, import_command, seed_command
from .replay import replay_command
from .state import reset_command, snapshot_group, state_command

# Imported in functions: --help and a mistyped command need nothing of what a command works with (0.1 to 0.5 s).


class ServeByDefault(click.Group):
    """A group that takes flags without a command as flags of `serve`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front, unless there is a command, `--help` or `--version`, or a shell completes a command."""
        flags = bool(args) and args[0].startswith("-") and args[0] not in ("--help", "--version")
        alone = not args and not ctx.resilient_parsing
        if flags or alone:
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, and the flags of `serve` where there is no command."""
        serve = self.commands["serve"].shell_complete(ctx, incomplete)
        return [*super().shell_complete(ctx, incomplete), *(item for item in serve if item.value != "--help")]


@click.group(cls=ServeByDefault, epilog="Without a command it runs `serve`: see `humanloop-emulator serve --help`.")
@click.version_option(VERSION, prog_name="humanloop-emulator")
def main() -> None:
    """Serve the Humanloop v5 API from this machine."""
    for sentence in unknown_variables():
        click.echo(f"Warning: {sentence}", err=True)


@main.command()
@settings_options()
def serve(**values: Any) -> None:
    """Serve the API until Ctrl-C."""
    from ..server import serving

    with told_in_one_line():
        serving.serve(Settings(**values))


@main.command()
@settings_options("db", "db_connections", "threads", "redis_url", *OF_MODELS, *OF_CODE)
def worker(**values: Any) -> None:
    """Judge Logs and fill Runs in a server's database until Ctrl-C, in `--threads` threads.

    A server does this by itself; workers share the load. They need the server's database, and its Redis if the queue
    is there.
    """
    from ..server import working

    with told_in_one_line():
        settings = Settings(**values, jobs="thread", seed=NO_SEED)
        if settings.db == ":memory:":
            raise click.UsageError("A database in memory cannot be shared with a worker process.")
        working.work(settings)


main.add_command(seed_command)
main.add_command(import_command)
main.add_command(export_command)
main.add_command(state_command)
main.add_command(reset_command)
main.add_command(snapshot_group)
main.add_command(copy_command)
main.add_command(replay_command)
main.add_command(convert_command)


@main.command()
@json_option
def routes(as_json: bool) -> None:
    """Print method, path and operation of every route."""
    from ..application import create_app

    app = create_app(Settings(db=":memory:", seed=NO_SEED))
    rows = sorted(
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )
    if as_json:
        print_json([{"method": method, "path": path, "operation": operation} for path, method, operation in rows])
        return
    width = max(len(path) for path, _, _ in rows)
    for path, method, operation in rows:
        click.echo(f"{method:<7} {path:<{width}}  {operation}")
