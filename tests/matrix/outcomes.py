"""Run the program of a client, and what came of each step."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .clients import SECONDS, Client
from .steps import STEPS

CELLS = {"passed": "✓", "absent": "–", "failed": "✗"}


@dataclass(frozen=True)
class Outcome:
    """What came of a step: `passed`, `absent` where the client has no methods for it, or `failed` with the reason."""

    outcome: str
    reason: str = ""

    @property
    def cell(self) -> str:
        """What the table shows."""
        return CELLS[self.outcome]


def run_program(client: Client, folder: Path, url: str, key: str, work: Path) -> dict[str, Outcome]:
    """Run the steps with the client installed in a folder, under a key of its own, and return what came of each.

    A step of which the program says nothing has failed: that of an interpreter that broke off, and all after it.
    """
    written = work / f"{key}.jsonl"
    written.unlink(missing_ok=True)
    line = [*client.command(folder), f"{url}/v5", key, str(written)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("HUMANLOOP_", "PYTHON"))}
    try:
        done = subprocess.run(line, cwd=folder, env=variables, capture_output=True, text=True, timeout=SECONDS)
        ended = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
    except subprocess.TimeoutExpired:
        ended = f"The program has not ended after {SECONDS} seconds."
    lines = written.read_text(encoding="utf-8").splitlines() if written.exists() else []
    told = {line["step"]: Outcome(line["outcome"], line["reason"]) for line in map(json.loads, lines)}
    unknown = told.keys() - STEPS.keys()
    if unknown:
        raise LookupError(f"The program of {client.name} has steps that the table does not know: {sorted(unknown)}")
    missing = [step for step in STEPS if step not in told]
    for n, step in enumerate(missing):
        told[step] = Outcome("failed", "It was not reached." if n else f"It broke off: {ended}")
    return {step: told[step] for step in STEPS}
