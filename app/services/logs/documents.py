"""The wire form of Logs, in a number of queries that depends neither on how many there are nor on their traces.

The fields that a client gave are stored rendered; what is live is spliced in front: the File version, the
judgments, the place in a trace and the Logs below.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from ...json_types import Rendered
from ...kinds import KINDS
from ...store.statement import Row, sql
from ..files import documents
from ..workspace import Workspace
from . import traces

ROWS = """
    SELECT l.id, l.uid, l.version_id, l.created_at, l.start_time, l.end_time, l.status, l.inputs, l.output, l.error,
           l.metadata, l.document, l.parent_id, l.trace_parent_id, l.trace_id, f.kind, f.uid AS file_uid,
           root.uid AS trace_uid, root_file.uid AS trace_file_uid{further}
    FROM integers(:keys) j CROSS JOIN log l ON l.{column} = j.value
    JOIN file f ON f.id = l.file_id
    LEFT JOIN log root ON root.id = l.trace_id LEFT JOIN file root_file ON root_file.id = root.file_id
    ORDER BY l.id
"""
RETURN_TYPE = """,
    (SELECT text_at(v.content, spec.return_type) FROM version v WHERE v.id = l.version_id) AS return_type"""

LOGS = sql(ROWS.format(column="id", further=""))

EVALUATOR_LOGS = sql(ROWS.format(column="parent_id", further=RETURN_TYPE))

IN_TRACES = sql(ROWS.format(column="trace_id", further=""))


class LogDocuments:
    """Renders a set of Logs; what they need is loaded when the set is made."""

    def __init__(self, ws: Workspace, keys: Iterable[int], *, children: bool = False, parents: bool = False) -> None:
        """Load Logs by key; with `children` all Logs below them, with `parents` the Logs that they judge."""
        wanted = list(dict.fromkeys(keys))
        self._rows: dict[int, Row] = {row.id: row for row in self._load(ws, LOGS, wanted)}
        self._nested: set[int] = set()
        self._below: dict[int, list[Row]] = {}
        if children:
            self._nested = set(wanted)
            roots = list({row.trace_id or row.id for row in self._rows.values()})
            for row in self._load(ws, IN_TRACES, roots):
                self._rows.setdefault(row.id, row)
                self._below.setdefault(row.trace_parent_id, []).append(row)
            for rows in self._below.values():
                if all(row.start_time for row in rows):  # they may have come in another order than they began in
                    rows.sort(key=lambda row: row.start_time)
        self._parents: dict[int, Row] = {}
        if parents:
            judged = [row.parent_id for row in self._rows.values() if row.parent_id]
            self._parents = {row.id: row for row in self._load(ws, LOGS, judged)}
        self._judgments: dict[int, list[Row]] = {}
        for row in self._load(ws, EVALUATOR_LOGS, list(self._rows)):
            self._judgments.setdefault(row.parent_id, []).append(row)
        shown = {row.version_id for row in (*self._rows.values(), *self._parents.values())}
        shown |= {row.version_id for rows in self._judgments.values() for row in rows}
        self._versions = documents.versions(ws, sorted(shown))

    @staticmethod
    def _load(ws: Workspace, statement: Any, keys: list[int]) -> list[Row]:
        return ws.db.all(statement, keys=keys) if keys else []

    def __getitem__(self, key: int) -> orjson.Fragment:
        row = self._rows[key]
        children = self._children(row) if key in self._nested else None
        parent = self._parents.get(row.parent_id)
        return self._render(row, children, self._render(parent, None, None, ()) if parent else None)

    def row(self, key: int) -> Row:
        """Return a Log as it is stored."""
        return self._rows[key]

    def version(self, key: int) -> Rendered:
        """Return the Version that a Log is of."""
        return self._versions[self._rows[key].version_id]

    def judgments(self, key: int, evaluators: Sequence[Row]) -> list[orjson.Fragment]:
        """Return the judgments that count on a Log."""
        return [self._render(row, None, None, ()) for row in self.counting(key, evaluators) if row]

    def counting(self, key: int, evaluators: Sequence[Row]) -> list[Row | None]:
        """Return the judgment that counts of each Evaluator on a Log: its Version's latest, else another's.

        Another Version stands in as it does in the stats: one outside of the Evaluation, of the same return type.
        """
        own = {evaluator.id for evaluator in evaluators}
        latest: dict[int | tuple[str, str], Row] = {}
        for row in self._judgments.get(key, []):
            latest[row.version_id if row.version_id in own else (row.file_uid, row.return_type)] = row
        return [latest.get(item.id) or latest.get((item.file_uid, item.return_type)) for item in evaluators]

    def _children(self, row: Row) -> list[orjson.Fragment]:
        """Render all Logs below one, the lowest first: a trace may be deeper than calls can be nested."""
        below = [row]
        for parent in below:
            below.extend(self._below.get(parent.id, []))
        rendered: dict[int, orjson.Fragment] = {}
        for child in reversed(below[1:]):
            children = [rendered[grandchild.id] for grandchild in self._below.get(child.id, [])]
            rendered[child.id] = self._render(child, children, None)
        return [rendered[child.id] for child in self._below.get(row.id, [])]

    def _render(self, row: Row, children: Any, parent: Any, judgments: Iterable[Row] | None = None) -> orjson.Fragment:
        kind = KINDS[row.kind]
        assert kind.log is not None
        if judgments is None:
            judgments = self._judgments.get(row.id, ())
        holds_trace = kind.log.traces and row.trace_id is None
        status = traces.shown_status(kind.log, row.status)
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
            "evaluator_logs": [self._render(judgment, None, None, ()) for judgment in judgments],
            "trace_id": row.uid if holds_trace else row.trace_uid,
            "trace_flow_id": row.file_uid if holds_trace else row.trace_file_uid,
            "trace_children": children,
            kind.type: self._versions[row.version_id],
        }
        if kind.log.judges:
            live["parent"] = parent
        return orjson.Fragment(orjson.dumps(live)[:-1] + b"," + row.document.encode()[1:])


def _fragment(text: str | None) -> orjson.Fragment | None:
    return None if text is None else orjson.Fragment(text)
