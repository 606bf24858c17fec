"""The stats of an Evaluation: the counts of each Run as documents and as a table, and two texts of them [O].

The texts, progress and report, are never null: clients write them to the terminal as they are [C].
"""

from collections.abc import Iterator, Mapping, Sequence

from ...json_types import Json, JsonObject
from ...store.statement import sql
from ..csv_text import written
from ..workspace import Workspace
from . import evaluators, runs, tallies
from .evaluations import EvaluationRow, get_evaluation
from .runs import NEWEST_FIRST, OPEN, EvaluationRunRow
from .statistics import PERCENTILES
from .tallies import Tally

RUN_ID_LENGTH = 5
OF_RUN = ("run_id", "version_id", "version_name", "status", "control", "added_at", "num_logs", "stored")
COUNTS = ("total_logs", "num_judgments", "num_nulls", "num_errors")
NUMBERS = ("num_true", "num_false", "mean", "sum", "std")

STORED = sql(f"""
    SELECT r.uid FROM evaluation_run er JOIN run r ON r.id = er.run_id
    WHERE er.evaluation_id = :evaluation AND r.stored_stats IS NOT NULL AND r.logs_count = 0
    {NEWEST_FIRST}
""")

VERSION_NAMES = sql("SELECT id, name FROM version WHERE id IN (SELECT value FROM integers(:keys))")


def get_stats(ws: Workspace, uid: str, *, silent: bool = False) -> JsonObject:
    """Return the stats of all Runs, newest first; `silent` leaves out the progress: the npm client needs that [A]."""
    evaluation = get_evaluation(ws, uid)
    rows = runs.of_evaluation(ws, evaluation)
    counted = tallies.count(ws, rows)
    status = runs.statuses(ws, rows)
    paths = {row.uid: row.path for row in evaluators.of_evaluation(ws, evaluation.id)}
    return {
        "run_stats": [
            {
                "run_id": row.uid,
                "version_id": row.version_uid,
                "batch_id": row.batch,
                "num_logs": counted[row.id].num_logs,
                "evaluator_stats": counted[row.id].evaluator_stats,
                "status": status[row.id],
            }
            for row in rows
        ],
        "progress": "" if silent else _progress(rows, counted, status),
        "report": _report(evaluation.path, rows, counted, paths),
        "status": runs.least_advanced(list(status.values())),
    }


def runs_with_stored_stats(ws: Workspace, uid: str) -> list[str]:
    """Return the Runs whose stats were imported and not counted, for they came without Logs."""
    return ws.db.column(STORED, evaluation=get_evaluation(ws, uid).id)


def _progress(rows: Sequence[EvaluationRunRow], counted: Mapping[int, Tally], status: Mapping[int, str]) -> str:
    """Return how many Logs and judgments are done of how many in the Runs that go on; empty when none does."""
    tallies = [counted[row.id] for row in rows if status[row.id] in OPEN]
    if not tallies:
        return ""
    logs = sum(tally.num_logs for tally in tallies)
    expected = sum(tally.expected_logs for tally in tallies)
    judgments = sum(stats["total_logs"] for tally in tallies for stats in tally.evaluator_stats)
    wanted = sum(tally.expected_logs * len(tally.evaluator_stats) for tally in tallies)
    return f"Logs: {logs}/{expected}, Judgments: {judgments}/{wanted}\n"


def _report(
    path: str | None, rows: Sequence[EvaluationRunRow], counted: Mapping[int, Tally], paths: Mapping[str, str]
) -> str:
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


def _title(row: EvaluationRunRow, rows: Sequence[EvaluationRunRow]) -> str:
    if row.control:
        return "Control"
    return "Latest" if row.id == rows[0].id else ""


def _column(row: EvaluationRunRow, tally: Tally, paths: Mapping[str, str], title: str) -> list[str]:
    stats = {item["evaluator_version_id"]: item for item in tally.evaluator_stats}
    short = row.uid.partition("_")[2][:RUN_ID_LENGTH]
    added = row.added_at[:16].replace("T", " ")
    return [title, short, row.version_uid or "N/A", added, *(_score(stats.get(uid)) for uid in paths)]


def _score(stats: JsonObject | None) -> str:
    """Return the fraction of true judgments, the mean, or N/A."""
    if stats is None or not stats["num_judgments"]:
        return "N/A"
    if "num_true" in stats:
        return f"{stats['num_true'] / stats['num_judgments']:.2f}"
    return "N/A" if stats.get("mean") is None else f"{stats['mean']:.2f}"


def stats_as_csv(ws: Workspace, uid: str) -> Iterator[str]:
    """Yield a table of the stats: a row for each Run, the newest first, and each Evaluator. Unknown: NotFound."""
    evaluation = get_evaluation(ws, uid)
    rows = runs.of_evaluation(ws, evaluation)
    percentiles = [f"p{name}" for name in PERCENTILES]
    names = (*OF_RUN, "evaluator", "evaluator_version_id", *COUNTS, *NUMBERS, *percentiles, "num_judgments_per_option")
    return written(names, _stats_rows(ws, evaluation, rows))


def _stats_rows(ws: Workspace, evaluation: EvaluationRow, rows: Sequence[EvaluationRunRow]) -> Iterator[list[Json]]:
    counted = tallies.count(ws, rows)
    status = runs.statuses(ws, rows)
    judges = evaluators.of_evaluation(ws, evaluation.id)
    versions = dict(ws.db.tuples(VERSION_NAMES, keys=[run.version_id for run in rows if run.version_id]))
    for run in rows:
        tally = counted[run.id]
        cells = [run.uid, run.version_uid, versions.get(run.version_id), status[run.id], bool(run.control)]
        cells += [run.added_at, tally.num_logs, tally.stored]
        for judge, stats in zip(judges, tally.evaluator_stats, strict=True):
            percentiles = stats.get("percentiles", {})
            yield [
                *(*cells, judge.path, judge.uid, *(stats[name] for name in COUNTS)),
                *(stats.get(name) for name in NUMBERS),
                *(percentiles.get(name) for name in PERCENTILES),
                stats.get("num_judgments_per_option"),
            ]
