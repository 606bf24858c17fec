"""Constructs that are common in evaluators, and which runtimes support them.

`python -m tests.runtime.sandbox.constructs` prints the table in docs/runtime.md; a test compares the two.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

from humanloop_emulator.runtime.sandbox import make
from humanloop_emulator.runtime.sandbox.base import Limits

LOG = {"output": "Paris is on the Seine.", "inputs": {"country": "France"}, "messages": []}
TESTCASE = {"target": {"output": "Paris"}}


@dataclass(frozen=True)
class Construct:
    """A construct as evaluators use it: the body of a function of `log` and `testcase`, and what that returns."""

    group: str
    name: str
    body: str
    value: Any

    def works(self, runtime: str) -> bool:
        """Return whether a runtime comes to the value."""
        code = f"def check(log, testcase):\n{indent(self.body, '    ')}"
        outcome = make(runtime, Limits(seconds=20)).run(code, (LOG, TESTCASE))
        return outcome.error is None and outcome.value == self.value


def _read(text: str) -> Iterator[Construct]:
    group = ""
    for piece in text.split("\n\n"):
        head, _, body = piece.strip().partition("\n")
        if head.startswith("# "):
            group = head.removeprefix("# ")
        elif head.startswith("== "):
            name, _, value = head.removeprefix("== ").partition(" => ")
            yield Construct(group, name, body, json.loads(value))


CONSTRUCTS = list(_read(Path(__file__).with_suffix(".txt").read_text("utf-8")))


def table(runtime: str) -> str:
    """Return what a runtime knows as a row of a Markdown table, and below it what it does not."""
    unknown = [each for each in CONSTRUCTS if not each.works(runtime)]
    groups = dict.fromkeys(each.group for each in CONSTRUCTS)
    cells = [str(sum(each.group == group and each not in unknown for each in CONSTRUCTS)) for group in groups]
    return f"| `{runtime}` | {' | '.join(cells)} | {len(CONSTRUCTS) - len(unknown)} |"


def head() -> str:
    """Return the head of the table, with how many constructs there are."""
    groups = dict.fromkeys(each.group for each in CONSTRUCTS)
    cells = [f"{group} ({sum(each.group == group for each in CONSTRUCTS)})" for group in groups]
    return f"| | {' | '.join(cells)} | all ({len(CONSTRUCTS)}) |"


def main() -> None:
    """Print the table, and what Monty lacks."""
    print(head())
    for runtime in ("monty", "auto"):
        print(table(runtime))
    print("Monty lacks:", ", ".join(each.name for each in CONSTRUCTS if not each.works("monty")))


if __name__ == "__main__":
    main()
