"""Logs as the API shows them, in a number of queries that depends neither on how many there are nor on their traces.

The fields that a client gave are stored rendered. What may change is put in front of them: the Version, the judgments,
the position in a trace, and the Logs below.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from ...errors import Location, NotFound
from ...json_types import JsonObject, Rendered
from ...kinds import KINDS
from ...kinds.base import LogKind
from ...store.statement import Statement, sql
from ..evaluations.evaluators import EvaluatorRow
from ..files import documents
from ..workspace import Workspace
from . import traces


class LogRow(NamedTuple):
    """A Log as it is stored, with its File and the top of its trace; `inputs`, `metadata` and `document` are JSON."""

    id: int
    uid: str
    file_id: int
    version_id: int
    datapoint_id: int | None
    created_at: str
    start_time: str | None
    end_time: str | None
    status: str | None
    inputs: str | None
    output: str | None
    error: str | None
    metadata: str | None
    document: str
    parent_id: int | None
    trace_parent_id: int | None
    trace_id: int | None
    kind: str
    file_uid: str
    trace_uid: str | None
    trace_file_uid: str | None
    return_type: str | None  # of the Evaluator, where its judgments are asked for


def _select(source: str, return_type: str = "NULL") -> Statement[LogRow]:
    text = f"""
        SELECT l.id, l.uid, l.file_id, l.version_id, l.datapoint_id, l.created_at, l.start_time, l.end_time, l.status,
               l.inputs, l.output, l.error, l.metadata, l.document, l.parent_id, l.trace_parent_id, l.trace_id,
               f.kind, f.uid AS file_uid, root.uid AS trace_uid, root_file.uid AS trace_file_uid,
               {return_type} AS return_type
        FROM {source} JOIN file f ON f.id = l.file_id
        LEFT JOIN log root ON root.id = l.trace_id LEFT JOIN file root_file ON root_file.id = root.file_id
        ORDER BY l.id
    """
    return sql(text, LogRow)


BY_ID = _select("(SELECT * FROM log WHERE organisation_id = :organisation AND uid = :uid) AS l")
BY_KEY = _select("integers(:keys) j CROSS JOIN log l ON l.id = j.value")
IN_TRACES = _select("integers(:keys) j CROSS JOIN log l ON l.trace_id = j.value")
JUDGMENTS = _select(
    "integers(:keys) j CROSS JOIN log l ON l.parent_id = j.value",
    "(SELECT text_at(v.content, spec.return_type) FROM version v WHERE v.id = l.version_id)",
)


def get_log(ws: Workspace, uid: str, *, loc: Location = ("path", "id")) -> LogRow:
    """Return a Log by id, of whatever kind, or raise NotFound."""
    row = ws.db.first(BY_ID, organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Log", uid, loc=loc)
    return row


def log_kind(row: LogRow) -> LogKind:
    """Return how Logs of this kind are stored and shown."""
    kind = KINDS[row.kind].log
    assert kind is not None
    return kind


def get(ws: Workspace, uid: str) -> Rendered:
    """Return a Log with all that is below it in its trace [C]."""
    return orjson.Fragment(_whole(ws, uid))


def read_log(ws: Workspace, uid: str) -> JsonObject:
    """Return the same as a dict, for those who look into it."""
    document: JsonObject = orjson.loads(_whole(ws, uid))
    return document


def _whole(ws: Workspace, uid: str) -> bytes:
    row = get_log(ws, uid)
    kind = log_kind(row)
    return LogDocuments(ws, [row.id], children=kind.traces, parents=kind.judges).render(row.id)


class LogDocuments:
    """Renders a set of Logs; what they need is loaded when the set is made."""

    def __init__(self, ws: Workspace, keys: Iterable[int], *, children: bool = False, parents: bool = False) -> None:
        """Load Logs by key; with `children` all Logs below them, with `parents` the Logs that they judge."""
        wanted = list(dict.fromkeys(keys))
        self._rows = {row.id: row for row in self._load(ws, BY_KEY, wanted)}
        self._nested: set[int] = set()
        self._below: dict[int, list[LogRow]] = {}
        if children:
            self._nested = set(wanted)
            self._load_traces(ws)
        self._parents: dict[int, LogRow] = {}
        if parents:
            judged = [row.parent_id for row in self._rows.values() if row.parent_id]
            self._parents = {row.id: row for row in self._load(ws, BY_KEY, judged)}
        self._judgments: dict[int, list[LogRow]] = {}
        for row in self._load(ws, JUDGMENTS, list(self._rows)):
            if row.parent_id is not None:
                self._judgments.setdefault(row.parent_id, []).append(row)
        shown = {row.version_id for row in (*self._rows.values(), *self._parents.values())}
        shown |= {row.version_id for rows in self._judgments.values() for row in rows}
        self._versions = documents.versions(ws, sorted(shown))

    def _load_traces(self, ws: Workspace) -> None:
        roots = list({row.trace_id or row.id for row in self._rows.values()})
        for row in self._load(ws, IN_TRACES, roots):
            self._rows.setdefault(row.id, row)
            if row.trace_parent_id is not None:
                self._below.setdefault(row.trace_parent_id, []).append(row)
        for rows in self._below.values():
            if all(row.start_time for row in rows):  # they may have come in another order than they began in
                rows.sort(key=lambda row: row.start_time or "")

    @staticmethod
    def _load(ws: Workspace, statement: Statement[LogRow], keys: list[int]) -> list[LogRow]:
        return ws.db.all(statement, keys=keys) if keys else []

    def __getitem__(self, key: int) -> Rendered:
        return orjson.Fragment(self.render(key))

    def data(self, key: int) -> JsonObject:
        """Return a Log as a dict, for those who look into it."""
        document: JsonObject = orjson.loads(self.render(key))
        return document

    def render(self, key: int) -> bytes:
        """Return the JSON of a Log."""
        row = self._rows[key]
        children = self._children(row) if key in self._nested else None
        parent = self._parents.get(row.parent_id) if row.parent_id else None
        return self._render(row, children, orjson.Fragment(self._render(parent, None, None, ())) if parent else None)

    def row(self, key: int) -> LogRow:
        """Return a Log as it is stored."""
        return self._rows[key]

    def version(self, key: int) -> Rendered:
        """Return the Version that a Log is of."""
        return self._versions[self._rows[key].version_id]

    def judgments(self, key: int, evaluators: Sequence[EvaluatorRow]) -> list[Rendered]:
        """Return the judgments that count on a Log."""
        return [orjson.Fragment(self._render(row, None, None, ())) for row in self.counting(key, evaluators) if row]

    def counting(self, key: int, evaluators: Sequence[EvaluatorRow]) -> list[LogRow | None]:
        """Return the judgment that counts of each Evaluator on a Log: its Version's latest, else another's.

        Another Version counts as it does in the stats: if it is not in the Evaluation, and of the same return type.
        """
        own = {evaluator.id for evaluator in evaluators}
        latest: dict[int | tuple[str, str | None], LogRow] = {}
        for row in self._judgments.get(key, []):
            latest[row.version_id if row.version_id in own else (row.file_uid, row.return_type)] = row
        return [latest.get(item.id) or latest.get((item.file_uid, item.return_type)) for item in evaluators]

    def _children(self, row: LogRow) -> list[Rendered]:
        """Render all Logs below one, the lowest first: a trace may be deeper than calls can be nested."""
        below = [row]
        for parent in below:
            below.extend(self._below.get(parent.id, []))
        rendered: dict[int, Rendered] = {}
        for child in reversed(below[1:]):
            children = [rendered[grandchild.id] for grandchild in self._below.get(child.id, [])]
            rendered[child.id] = orjson.Fragment(self._render(child, children, None))
        return [rendered[child.id] for child in self._below.get(row.id, [])]

    def _render(
        self,
        row: LogRow,
        children: list[Rendered] | None,
        parent: Rendered | None,
        judgments: Iterable[LogRow] | None = None,
    ) -> bytes:
        kind = log_kind(row)
        if judgments is None:
            judgments = self._judgments.get(row.id, ())
        holds_trace = kind.traces and row.trace_id is None
        status = traces.shown_status(kind, row.status)
        live = {
            "id": row.uid,
            "created_at": row.created_at,
            "start_time": row.start_time,
            "end_time": row.end_time,
            "inputs": _fragment(row.inputs),
            "output": row.output,
            "error": row.error,
            "metadata": _fragment(row.metadata),
            "log_status": status,
            "trace_status": status,
            "batches": [],
            "evaluator_logs": [orjson.Fragment(self._render(judgment, None, None, ())) for judgment in judgments],
            "trace_id": row.uid if holds_trace else row.trace_uid,
            "trace_flow_id": row.file_uid if holds_trace else row.trace_file_uid,
            "trace_children": children,
            row.kind: self._versions[row.version_id],
        }
        if kind.judges:
            live["parent"] = parent
        return orjson.dumps(live)[:-1] + b"," + row.document.encode()[1:]


def _fragment(text: str | None) -> Rendered | None:
    return None if text is None else orjson.Fragment(text)
