"""The two texts of an Evaluation's stats: the progress while it runs, and the report as a table [O].

Both are always text, never null: clients write them to the terminal as they are [C].
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...store.database import Row
from .statuses import PENDING, RUNNING
from .tallies import Tally

RUN_ID_LENGTH = 5
GOING_ON = (PENDING, RUNNING)


def progress(rows: Sequence[Row], counted: Mapping[int, Tally], statuses: Mapping[int, str]) -> str:
    """Return how many Logs and judgments are done of how many in the Runs that go on; empty when none does."""
    tallies = [counted[row.id] for row in rows if statuses[row.id] in GOING_ON]
    if not tallies:
        return ""
    logs = sum(tally.num_logs for tally in tallies)
    expected = sum(tally.expected_logs for tally in tallies)
    judgments = sum(stats["total_logs"] for tally in tallies for stats in tally.evaluator_stats)
    wanted = sum(tally.expected_logs * len(tally.evaluator_stats) for tally in tallies)
    return f"Logs: {logs}/{expected}, Judgments: {judgments}/{wanted}\n"


def report(path: str | None, rows: Sequence[Row], counted: Mapping[int, Tally], paths: Mapping[str, str]) -> str:
    """Return the table of Runs, the control first and the newest last, with one row for each Evaluator."""
    oldest_first = rows[::-1]
    ordered = sorted(oldest_first, key=lambda row: not row.control)
    columns = [_column(row, counted[row.id], paths, _title(row, rows)) for row in ordered]
    labels = ["", "Run ID", "Version ID", "Added", *paths.values()]
    table = [[label, *(column[number] for column in columns)] for number, label in enumerate(labels)]
    widths = [max(len(cell) for cell in cells) for cells in zip(*table, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]
    rule = "-" * max(len(line) for line in lines)
    return "\n".join(
        ["", f"Evaluation report for {path or 'no file yet'}", rule, *lines[:4], rule, *lines[4:], rule, ""]
    )


def _title(row: Row, rows: Sequence[Row]) -> str:
    if row.control:
        return "Control"
    return "Latest" if row.id == rows[0].id else ""


def _column(row: Row, tally: Tally, paths: Mapping[str, str], title: str) -> list[str]:
    stats = {item["evaluator_version_id"]: item for item in tally.evaluator_stats}
    short = row.uid.partition("_")[2][:RUN_ID_LENGTH]
    added = row.added_at[:16].replace("T", " ")
    return [title, short, row.version_uid or "N/A", added, *(_score(stats.get(uid)) for uid in paths)]


def _score(stats: dict[str, Any] | None) -> str:
    """Return the fraction of true judgments, the mean, or N/A."""
    if stats is None or not stats["num_judgments"]:
        return "N/A"
    if "num_true" in stats:
        return f"{stats['num_true'] / stats['num_judgments']:.2f}"
    return "N/A" if stats.get("mean") is None else f"{stats['mean']:.2f}"
