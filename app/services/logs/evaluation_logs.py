"""The Logs of an Evaluation, Run by Run: page by page as documents, or all of them as a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from ...json_types import Json, JsonObject
from ...store.statement import sql
from ..csv_text import written
from ..evaluations import evaluators, runs
from ..evaluations.evaluations import get_evaluation
from ..evaluations.evaluators import EvaluatorRow
from ..evaluations.runs import EvaluationRunRow
from ..paging import LARGEST_OFFSET
from ..workspace import Workspace
from .documents import LogDocuments

PAGE = 500
MOST_COLUMNS = 100  # of inputs or of a target; where there are more, one column holds them all as JSON
OF_LOG = ("run_id", "version_id", "version_name", "datapoint_id", "log_id", "created_at")


class _Link(NamedTuple):
    run_id: int
    log_id: int
    datapoint: str | None  # JSON


class _TableRow(NamedTuple):
    position: int
    log_id: int
    datapoint_uid: str | None
    datapoint: str | None  # JSON
    version_uid: str
    version_name: str | None


POSITION = sql("SELECT position FROM run_log WHERE run_id = :run ORDER BY position LIMIT 1 OFFSET :offset")

SLICES = sql(
    """
    SELECT l.run_id, l.log_id, d.document AS datapoint FROM items(:slices) s
    CROSS JOIN run_log l ON l.run_id = integer_at(s.value, 0)
     AND l.position BETWEEN integer_at(s.value, 1) AND integer_at(s.value, 2)
    LEFT JOIN datapoint d ON d.id = l.datapoint_id ORDER BY s.key, l.position
    """,
    _Link,
)

TABLE_ROWS = sql(
    """
    SELECT l.position, l.log_id, d.uid AS datapoint_uid, d.document AS datapoint, v.uid AS version_uid,
           v.name AS version_name
    FROM run_log l JOIN log g ON g.id = l.log_id JOIN version v ON v.id = g.version_id
    LEFT JOIN datapoint d ON d.id = l.datapoint_id
    WHERE l.run_id = :run AND l.position > :after ORDER BY l.position LIMIT :limit
    """,
    _TableRow,
)

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


def list_logs(ws: Workspace, uid: str, query: JsonObject, *, evaluated_version: bool = False) -> JsonObject:
    """List the Logs of some Runs or of all, Run by Run, in the order in which they joined [A].

    With `evaluated_version` each record has the Version that its Log is of, as clients up to 0.8.8 know it.
    """
    evaluation = get_evaluation(ws, uid)
    rows = runs.named(ws, evaluation, query.get("run_id"))
    page, size = query["page"], query["size"]
    slices = _slice(ws, rows, min((page - 1) * size, LARGEST_OFFSET), size)
    links = ws.db.all(SLICES, slices=slices) if slices else []
    shown = LogDocuments(ws, [link.log_id for link in links])
    judges = evaluators.of_evaluation(ws, evaluation.id)
    names = {row.id: row.uid for row in rows}
    records: list[JsonObject] = [
        {
            "run_id": names[link.run_id],
            "datapoint": orjson.Fragment(link.datapoint) if link.datapoint else None,
            "log": shown[link.log_id],
            "evaluator_logs": shown.judgments(link.log_id, judges),
        }
        for link in links
    ]
    if evaluated_version:
        for record, link in zip(records, links, strict=True):
            record["evaluated_version"] = shown.version(link.log_id)
    return {"records": records, "page": page, "size": size, "total": sum(row.logs_count for row in rows)}


def _slice(ws: Workspace, rows: list[EvaluationRunRow], offset: int, size: int) -> list[list[int]]:
    """Return [run, first position, last position] of the Runs that a page spans; only its ends are looked up."""
    slices: list[list[int]] = []
    for row in rows:
        if offset < row.logs_count and size > 0:
            end = min(offset + size, row.logs_count)
            first = _position_of(ws, row, offset) if offset else 0
            last = _position_of(ws, row, end - 1) if end < row.logs_count else row.next_position
            slices.append([row.id, first, last])
            size -= end - offset
        offset = max(offset - row.logs_count, 0)
    return slices


def _position_of(ws: Workspace, run: EvaluationRunRow, index: int) -> int:
    """Return the position of the Log at an index: the index itself, until a Log was taken out of the Run."""
    if run.logs_count == run.next_position:
        return index
    position: int = ws.db.value(POSITION, run=run.id, offset=index)
    return position


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

    def cells(self, value: Json) -> list[Json]:
        """Return what an object has in each column."""
        if len(self.names) > MOST_COLUMNS:
            return [value]
        fields = value if isinstance(value, dict) else {}
        return [fields.get(name) for name in self.names]


def logs_as_csv(ws: Workspace, uid: str, query: JsonObject) -> Iterator[str]:
    """Yield a table of the Logs of some Runs or of all, Run by Run, in the order in which they joined.

    Each row has the datapoint, inputs, output and target, and the judgment that counts of each Evaluator. Unknown
    Evaluation or Run: NotFound, raised before the first piece.
    """
    evaluation = get_evaluation(ws, uid)
    rows = runs.named(ws, evaluation, query.get("run_id"))
    judges = evaluators.of_evaluation(ws, evaluation.id)
    values = {"runs": [row.id for row in rows], "limit": MOST_COLUMNS + 1}
    inputs = Fields("inputs", ws.db.column(INPUT_NAMES, **values))
    target = Fields("target", ws.db.column(TARGET_NAMES, **values))
    names = [*OF_LOG, *inputs.columns, "messages", "output", "error", *target.columns]
    names += [f"judgment.{name}" for name in titles(judges)]
    return written([*names, "judgment_errors"], _log_rows(ws, rows, judges, inputs, target))


def _log_rows(
    ws: Workspace, rows: list[EvaluationRunRow], judges: list[EvaluatorRow], inputs: Fields, target: Fields
) -> Iterator[list[Json]]:
    for run in rows:
        after = -1
        while links := ws.db.all(TABLE_ROWS, run=run.id, after=after, limit=PAGE):
            shown = LogDocuments(ws, [link.log_id for link in links])
            for link in links:
                yield _log_row(run, link, shown, judges, inputs, target)
            after = links[-1].position


def _log_row(
    run: EvaluationRunRow,
    link: _TableRow,
    shown: LogDocuments,
    judges: list[EvaluatorRow],
    inputs: Fields,
    target: Fields,
) -> list[Json]:
    log = shown.row(link.log_id)
    document = orjson.loads(log.document)
    point = orjson.loads(link.datapoint) if link.datapoint else {}
    verdicts = shown.counting(link.log_id, judges)
    judgments = [row and orjson.loads(row.document).get("judgment") for row in verdicts]
    errors = {
        judge.path: row.error
        for judge, row in zip(judges, verdicts, strict=True)
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


def _output(output: str | None, message: Json) -> Json:
    """Return the output; where there is only a message its text, or all of it where it is more than a text."""
    if output is not None or not isinstance(message, dict):
        return output
    content = message.get("content")
    return message if message.get("tool_calls") or not isinstance(content, str) else content


def titles(judges: list[EvaluatorRow]) -> list[str]:
    """Return the path of each Evaluator; of several Versions of one each has its id behind it."""
    paths = [judge.path for judge in judges]
    return [
        path if paths.count(path) == 1 else f"{path} ({judge.uid})" for path, judge in zip(paths, judges, strict=True)
    ]
