"""The results of an Evaluation as tables: a row for each Log of its Runs, and one for each Run and Evaluator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ...store.statement import Row, sql
from ..logs.documents import LogDocuments
from ..workspace import Workspace
from . import members, statuses, tallies
from .csv_text import written
from .evaluations import get_evaluation
from .statistics import PERCENTILES

PAGE = 500
MOST_COLUMNS = 100  # of inputs or of a target; where there are more, one column holds them all as JSON
OF_LOG = ("run_id", "version_id", "version_name", "datapoint_id", "log_id", "created_at")
OF_RUN = ("run_id", "version_id", "version_name", "status", "control", "added_at", "num_logs", "stored")
COUNTS = ("total_logs", "num_judgments", "num_nulls", "num_errors")
NUMBERS = ("num_true", "num_false", "mean", "sum", "std")

LOGS = sql("""
    SELECT l.position, l.log_id, d.uid AS datapoint_uid, d.document AS datapoint, v.uid AS version_uid,
           v.name AS version_name
    FROM run_log l JOIN log g ON g.id = l.log_id JOIN version v ON v.id = g.version_id
    LEFT JOIN datapoint d ON d.id = l.datapoint_id
    WHERE l.run_id = :run AND l.position > :after ORDER BY l.position LIMIT :limit
""")

INPUT_NAMES = sql("""
    SELECT DISTINCT k.key FROM integers(:runs) r CROSS JOIN run_log l ON l.run_id = r.value
    JOIN log g ON g.id = l.log_id AND is_object(g.inputs) JOIN names(g.inputs) k ON true
    ORDER BY 1 LIMIT :limit
""")

TARGET_NAMES = sql("""
    SELECT DISTINCT k.key FROM (
        SELECT DISTINCT l.datapoint_id FROM integers(:runs) r CROSS JOIN run_log l ON l.run_id = r.value) p
    JOIN datapoint d ON d.id = p.datapoint_id AND is_object(d.document, target)
    JOIN names(d.document, target) k ON true ORDER BY 1 LIMIT :limit
""")


@dataclass(frozen=True)
class Fields:
    """The columns of an object: one for each of its fields, or one for all."""

    title: str
    names: Sequence[str]

    @property
    def columns(self) -> list[str]:
        """Return the titles of the columns."""
        if len(self.names) > MOST_COLUMNS:
            return [self.title]
        return [f"{self.title}.{name}" for name in self.names]

    def cells(self, value: Any) -> list[Any]:
        """Return what an object has in each column."""
        if len(self.names) > MOST_COLUMNS:
            return [value]
        fields = value if isinstance(value, dict) else {}
        return [fields.get(name) for name in self.names]


def logs_as_csv(ws: Workspace, uid: str, query: dict[str, Any]) -> Iterator[str]:
    """Yield a table of the Logs of some Runs or of all, Run by Run, in the order in which they joined.

    Each row has the datapoint, inputs, output and target, and the judgment that counts of each Evaluator. Unknown
    Evaluation or Run: NotFound, raised before the first piece.
    """
    evaluation = get_evaluation(ws, uid)
    runs = members.named(ws, evaluation, query.get("run_id"))
    evaluators = tallies.evaluators_of(ws, evaluation.id)
    values = {"runs": [run.id for run in runs], "limit": MOST_COLUMNS + 1}
    inputs = Fields("inputs", ws.db.column(INPUT_NAMES, **values))
    target = Fields("target", ws.db.column(TARGET_NAMES, **values))
    names = [*OF_LOG, *inputs.columns, "messages", "output", "error", *target.columns]
    names += [f"judgment.{name}" for name in titles(evaluators)]
    return written([*names, "judgment_errors"], _log_rows(ws, runs, evaluators, inputs, target))


def _log_rows(
    ws: Workspace, runs: list[Row], evaluators: list[Row], inputs: Fields, target: Fields
) -> Iterator[list[Any]]:
    for run in runs:
        after = -1
        while links := ws.db.all(LOGS, run=run.id, after=after, limit=PAGE):
            shown = LogDocuments(ws, [link.log_id for link in links])
            for link in links:
                yield _log_row(run, link, shown, evaluators, inputs, target)
            after = links[-1].position


def _log_row(
    run: Row, link: Row, shown: LogDocuments, evaluators: list[Row], inputs: Fields, target: Fields
) -> list[Any]:
    log = shown.row(link.log_id)
    document = orjson.loads(log.document)
    point = orjson.loads(link.datapoint) if link.datapoint else {}
    verdicts = shown.counting(link.log_id, evaluators)
    judgments = [row and orjson.loads(row.document).get("judgment") for row in verdicts]
    errors = {
        evaluator.path: row.error
        for evaluator, row in zip(evaluators, verdicts, strict=True)
        if row is not None and row.error is not None
    }
    return [
        *(run.uid, link.version_uid, link.version_name, link.datapoint_uid, log.uid, log.created_at),
        *inputs.cells(orjson.loads(log.inputs) if log.inputs else None),
        document.get("messages") or None,
        _output(log.output, document.get("output_message")),
        log.error,
        *target.cells(point.get("target")),
        *judgments,
        errors or None,
    ]


def _output(output: str | None, message: Any) -> Any:
    """Return the output; where there is only a message its text, or all of it where it is more than a text."""
    if output is not None or not isinstance(message, dict):
        return output
    content = message.get("content")
    return message if message.get("tool_calls") or not isinstance(content, str) else content


def titles(evaluators: list[Row]) -> list[str]:
    """Return the path of each Evaluator; of several Versions of one each has its id behind it."""
    paths = [evaluator.path for evaluator in evaluators]
    return [
        path if paths.count(path) == 1 else f"{path} ({evaluator.uid})"
        for path, evaluator in zip(paths, evaluators, strict=True)
    ]


VERSION_NAMES = sql("SELECT id, name FROM version WHERE id IN (SELECT value FROM integers(:keys))")


def stats_as_csv(ws: Workspace, uid: str) -> Iterator[str]:
    """Yield a table of the stats: a row for each Run, the newest first, and each Evaluator. Unknown: NotFound."""
    evaluation = get_evaluation(ws, uid)
    runs = members.of_evaluation(ws, evaluation)
    percentiles = [f"p{name}" for name in PERCENTILES]
    names = (*OF_RUN, "evaluator", "evaluator_version_id", *COUNTS, *NUMBERS, *percentiles, "num_judgments_per_option")
    return written(names, _stats_rows(ws, evaluation, runs))


def _stats_rows(ws: Workspace, evaluation: Row, runs: list[Row]) -> Iterator[list[Any]]:
    counted = tallies.count(ws, evaluation, runs)
    status = statuses.of_runs(ws, evaluation, runs)
    evaluators = tallies.evaluators_of(ws, evaluation.id)
    versions = dict(ws.db.tuples(VERSION_NAMES, keys=[run.version_id for run in runs if run.version_id]))
    for run in runs:
        tally = counted[run.id]
        told = [run.uid, run.version_uid, versions.get(run.version_id), status[run.id], bool(run.control), run.added_at]
        told += [tally.num_logs, tally.stored]
        for evaluator, stats in zip(evaluators, tally.evaluator_stats, strict=True):
            percentiles = stats.get("percentiles", {})
            yield [
                *(*told, evaluator.path, evaluator.uid, *(stats[name] for name in COUNTS)),
                *(stats.get(name) for name in NUMBERS),
                *(percentiles.get(name) for name in PERCENTILES),
                stats.get("num_judgments_per_option"),
            ]
