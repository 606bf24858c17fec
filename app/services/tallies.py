"""What the Logs and verdicts of Runs amount to: their stats and their derived status.

A tally is kept by the etags of its Run and Evaluation: any change of Logs, verdicts or Evaluators gives a new etag.
Several Runs are counted in the same few queries.
"""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from ..db import Row, kept
from ..sql import raw
from .statistics import Verdict, summarize
from .workspace import Workspace

PENDING, RUNNING, COMPLETED, CANCELLED = "pending", "running", "completed", "cancelled"
PROGRESSION = (PENDING, RUNNING, CANCELLED, COMPLETED)  # the least advanced first
MOST_KEPT = 5_000


@dataclass(frozen=True)
class Tally:
    """The count of one Run under one Evaluation's Evaluators."""

    num_logs: int
    expected_logs: int  # with the datapoints that no Log covers yet
    evaluator_stats: list[dict[str, Any]]

    @property
    def finished(self) -> bool:
        """Tell whether every datapoint has a Log and every Log a verdict of every Evaluator."""
        return self.num_logs == self.expected_logs and all(
            stats["total_logs"] >= self.num_logs for stats in self.evaluator_stats
        )


@kept
def _evaluators() -> Any:
    return raw("""
        SELECT v.id, v.uid, f.id AS file, f.uid AS file_uid, f.path, v.content
        FROM evaluation_evaluator e JOIN version v ON v.id = e.evaluator_version_id JOIN file f ON f.id = v.file_id
        WHERE e.evaluation_id = :evaluation ORDER BY e.id
    """)


@kept
def _coverage() -> Any:
    return raw("""
        SELECT run_id, count(DISTINCT datapoint_id) FROM run_log
        WHERE run_id IN (SELECT value FROM json_each(:runs)) GROUP BY run_id
    """)


@kept
def _verdicts() -> Any:
    return raw("""
        SELECT l.run_id, v.evaluator_version_id, v.outcome, v.number, v.judgment
        FROM json_each(:runs) r JOIN run_log l ON l.run_id = r.value JOIN json_each(:evaluators) e
        JOIN verdict v ON v.log_id = l.log_id AND v.evaluator_version_id = e.value
    """)


@kept
def _verdicts_of_other_versions() -> Any:
    """Select the latest verdict by another Version of an Evaluator, where the wanted Version gave none."""
    return raw("""
        SELECT l.run_id, wanted.id, v.outcome, v.number, v.judgment, max(v.evaluator_log_id)
        FROM json_each(:runs) r JOIN run_log l ON l.run_id = r.value JOIN verdict v ON v.log_id = l.log_id
        JOIN version other ON other.id = v.evaluator_version_id
        JOIN version wanted ON wanted.file_id = other.file_id
         AND wanted.id IN (SELECT value FROM json_each(:evaluators))
        WHERE other.id NOT IN (SELECT value FROM json_each(:evaluators))
          AND json_extract(other.content, '$.spec.return_type') = json_extract(wanted.content, '$.spec.return_type')
          AND NOT EXISTS (SELECT 1 FROM verdict x WHERE x.log_id = l.log_id AND x.evaluator_version_id = wanted.id)
        GROUP BY l.run_id, l.log_id, wanted.id
    """)


def evaluators_of(ws: Workspace, evaluation: int) -> list[Row]:
    """Return the Evaluator Versions of an Evaluation with their Files, in the order in which they were added."""
    return ws.db.all(_evaluators(), evaluation=evaluation)


def count(ws: Workspace, evaluation: Row, runs: list[Row]) -> dict[int, Tally]:
    """Return the tally of each Run (rows with id, etag, logs_count and dataset_count) in an Evaluation."""
    known = ws.db.tallies
    found: dict[int, Tally] = {}
    missing: list[Row] = []
    for run in runs:
        tally = known.get((run.id, run.etag, evaluation.id, evaluation.etag))
        if tally is None:
            missing.append(run)
        else:
            found[run.id] = tally
    if missing:
        if len(known) > MOST_KEPT:
            known.clear()
        for run, tally in zip(missing, _tally(ws, evaluation, missing), strict=True):
            found[run.id] = known[run.id, run.etag, evaluation.id, evaluation.etag] = tally
    return found


def _tally(ws: Workspace, evaluation: Row, runs: list[Row]) -> list[Tally]:
    evaluators = evaluators_of(ws, evaluation.id)
    keys = [run.id for run in runs]
    covered = dict(ws.db.tuples(_coverage(), runs=keys))
    verdicts = _grouped_verdicts(ws, runs, [evaluator.id for evaluator in evaluators])
    tallies = []
    for run in runs:
        stats = [
            summarize(evaluator.uid, orjson.loads(evaluator.content)["spec"], verdicts.get((run.id, evaluator.id), []))
            for evaluator in evaluators
        ]
        uncovered = max((run.dataset_count or 0) - covered.get(run.id, 0), 0)
        tallies.append(Tally(run.logs_count, run.logs_count + uncovered, stats))
    return tallies


def _grouped_verdicts(ws: Workspace, runs: list[Row], evaluators: list[int]) -> dict[tuple[int, int], list[Verdict]]:
    keys = [run.id for run in runs]
    rows = ws.db.tuples(_verdicts(), runs=keys, evaluators=evaluators) if evaluators else []
    if len(rows) < len(evaluators) * sum(run.logs_count for run in runs):
        rows += [row[:5] for row in ws.db.tuples(_verdicts_of_other_versions(), runs=keys, evaluators=evaluators)]
    rows.sort(key=itemgetter(0, 1))
    return {key: [row[2:] for row in group] for key, group in groupby(rows, key=itemgetter(0, 1))}


def status_of(run: Row, tally: Tally) -> str:
    """Return the status of a Run: the one set by hand sticks, else it follows from Logs and verdicts."""
    if run.decided:
        return run.decided
    if not tally.num_logs:
        return RUNNING if run.orchestrated else PENDING
    return COMPLETED if tally.finished else RUNNING


def least_advanced(statuses: list[str]) -> str:
    """Return the status of an Evaluation: the least advanced of its Runs; without any it is pending."""
    return min(statuses, key=PROGRESSION.index, default=PENDING)
