"""What the Logs and verdicts of Runs amount to: the stats of each Evaluator.

A tally is cached under the etags of its Run and Evaluation: any change of Logs, verdicts or Evaluators gives a new
etag. Several Runs are counted in the same few queries.

A Run that was imported without its Logs shows the stats that came with it, for as long as it has no Log: the numbers of
the Evaluators that they name, and none of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from ...json_types import JsonObject
from ...store.statement import sql
from ..workspace import Workspace
from . import evaluators
from .runs import EvaluationRunRow, remember, state_of
from .statistics import Verdicts, summarize

MOST_KEPT = 5_000


@dataclass(frozen=True)
class Tally:
    """The count of one Run under one Evaluation's Evaluators."""

    num_logs: int
    expected_logs: int  # including those of datapoints that have none yet
    evaluator_stats: list[JsonObject]
    stored: bool = False  # imported, not counted

    @property
    def finished(self) -> bool:
        """Tell whether every datapoint has a Log and every Log a verdict of every Evaluator."""
        return self.num_logs == self.expected_logs and all(
            stats["total_logs"] >= self.num_logs for stats in self.evaluator_stats
        )


COVERAGE = sql("""
    SELECT run_id, count(DISTINCT datapoint_id) FROM run_log
    WHERE run_id IN (SELECT value FROM integers(:runs)) GROUP BY run_id
""")

STORED = sql("""
    SELECT id, stored_stats FROM run
    WHERE id IN (SELECT value FROM integers(:runs)) AND stored_stats IS NOT NULL
""")

VERDICTS = """
    FROM integers(:runs) r CROSS JOIN run_log l ON l.run_id = r.value CROSS JOIN verdict v ON v.log_id = l.log_id
    WHERE v.evaluator_version_id IN (SELECT value FROM integers(:evaluators))
"""  # the joins are in this order for one search in the verdicts for each Log of the Runs


NUMBERS = sql(f"SELECT l.run_id, v.evaluator_version_id, v.number {VERDICTS} AND v.number IS NOT NULL")

OTHERS = sql(
    f"SELECT l.run_id, v.evaluator_version_id, v.outcome, v.judgment, count(*) {VERDICTS}"
    " AND v.number IS NULL GROUP BY 1, 2, 3, 4"
)

BY_OTHER_VERSIONS = sql("""
    SELECT run_id, wanted, outcome, number, judgment FROM (
        SELECT l.run_id, wanted.id AS wanted, v.outcome, v.number, v.judgment,
               row_number() OVER (PARTITION BY l.run_id, l.log_id, wanted.id ORDER BY v.evaluator_log_id DESC) AS place
        FROM integers(:runs) r CROSS JOIN run_log l ON l.run_id = r.value CROSS JOIN verdict v ON v.log_id = l.log_id
        JOIN version other ON other.id = v.evaluator_version_id
        JOIN version wanted ON wanted.file_id = other.file_id
         AND wanted.id IN (SELECT value FROM integers(:evaluators))
        WHERE other.id NOT IN (SELECT value FROM integers(:evaluators))
          AND text_at(other.content, spec.return_type) = text_at(wanted.content, spec.return_type)
          AND NOT EXISTS (SELECT 1 FROM verdict x WHERE x.log_id = l.log_id AND x.evaluator_version_id = wanted.id)
    ) AS found WHERE place = 1
""")
"""Select the latest verdict by another Version of an Evaluator, where the wanted Version gave none."""


def count(ws: Workspace, runs: Sequence[EvaluationRunRow]) -> dict[int, Tally]:
    """Return the tally of each of these Runs of one Evaluation, by key."""
    known = ws.db.tallies
    found: dict[int, Tally] = {}
    missing: list[EvaluationRunRow] = []
    for run in runs:
        tally = known.get(state_of(run))
        if tally is None:
            missing.append(run)
        else:
            found[run.id] = tally
    if missing:
        if len(known) > MOST_KEPT:
            known.clear()
        for run, tally in zip(missing, _tally(ws, missing), strict=True):
            found[run.id] = known[state_of(run)] = tally
            remember(ws, run, tally.finished)
    return found


def _tally(ws: Workspace, runs: Sequence[EvaluationRunRow]) -> list[Tally]:
    judges = evaluators.of_evaluation(ws, runs[0].evaluation_id)
    without_logs = [run.id for run in runs if not run.logs_count]
    imported = dict(ws.db.tuples(STORED, runs=without_logs)) if without_logs else {}
    covered = dict(ws.db.tuples(COVERAGE, runs=[run.id for run in runs]))
    verdicts = _verdicts(ws, runs, [judge.id for judge in judges])
    tallies = []
    for run in runs:
        stats = [
            summarize(judge.uid, orjson.loads(judge.content)["spec"], verdicts[run.id, judge.id]) for judge in judges
        ]
        if run.id in imported:
            tallies.append(_imported(run, stats, orjson.loads(imported[run.id])))
            continue
        uncovered = max((run.dataset_count or 0) - covered.get(run.id, 0), 0)
        tallies.append(Tally(run.logs_count, run.logs_count + uncovered, stats))
    return tallies


def _imported(run: EvaluationRunRow, empty: list[JsonObject], stored: JsonObject) -> Tally:
    """Return the imported stats of a Run, in the shape that the return types of the Evaluators give."""
    named = {stats["evaluator_version_id"]: stats for stats in stored["evaluator_stats"]}
    stats = [
        item | {name: value for name, value in named.get(item["evaluator_version_id"], {}).items() if name in item}
        for item in empty
    ]
    logs = stored["num_logs"]
    return Tally(logs, max(logs, run.dataset_count or 0), stats, stored=True)


def _verdicts(
    ws: Workspace, runs: Sequence[EvaluationRunRow], evaluators: list[int]
) -> dict[tuple[int, int], Verdicts]:
    """Load the verdicts by Run and Evaluator Version; those that are not numbers only where some are missing."""
    found: dict[tuple[int, int], Verdicts] = {(run.id, key): Verdicts() for run in runs for key in evaluators}
    expected = len(evaluators) * sum(run.logs_count for run in runs)
    values = {"runs": [run.id for run in runs], "evaluators": evaluators}
    if not expected:
        return found
    rows = ws.db.tuples(NUMBERS, **values)
    collect = {key: verdicts.numbers.append for key, verdicts in found.items()}
    for run, evaluator, number in rows:
        collect[run, evaluator](number)
    missing = expected - len(rows)
    if missing:
        for run, evaluator, outcome, judgment, count in ws.db.tuples(OTHERS, **values):
            found[run, evaluator].others[outcome, judgment] = count
            missing -= count
    if missing:
        for run, evaluator, outcome, number, judgment in ws.db.tuples(BY_OTHER_VERSIONS, **values):
            if number is None:
                found[run, evaluator].others[outcome, judgment] += 1
            else:
                found[run, evaluator].numbers.append(number)
    return found
