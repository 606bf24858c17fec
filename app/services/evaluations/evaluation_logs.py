"""The Logs of an Evaluation: page by page, Run by Run."""

from typing import Any

import orjson

from ...store.statement import sql
from ..logs.documents import LogDocuments
from ..paging import LARGEST_OFFSET
from ..workspace import Workspace
from . import members, tallies
from .evaluations import get_evaluation
from .members import Member

POSITION = sql("SELECT position FROM run_log WHERE run_id = :run ORDER BY position LIMIT 1 OFFSET :offset")

SLICES = sql("""
    SELECT l.run_id, l.log_id, d.document AS datapoint FROM items(:slices) s
    CROSS JOIN run_log l ON l.run_id = integer_at(s.value, 0)
     AND l.position BETWEEN integer_at(s.value, 1) AND integer_at(s.value, 2)
    LEFT JOIN datapoint d ON d.id = l.datapoint_id ORDER BY s.key, l.position
""")


def list_logs(ws: Workspace, uid: str, query: dict[str, Any]) -> dict[str, Any]:
    """List the Logs of some Runs or of all, Run by Run, in the order in which they joined [A]."""
    evaluation = get_evaluation(ws, uid)
    rows = members.named(ws, evaluation, query.get("run_id"))
    page, size = query["page"], query["size"]
    slices = _slice(ws, rows, min((page - 1) * size, LARGEST_OFFSET), size)
    links = ws.db.all(SLICES, slices=slices) if slices else []
    shown = LogDocuments(ws, [link.log_id for link in links])
    evaluators = tallies.evaluators_of(ws, evaluation.id)
    names = {row.id: row.uid for row in rows}
    records = [
        {
            "run_id": names[link.run_id],
            "datapoint": orjson.Fragment(link.datapoint) if link.datapoint else None,
            "log": shown[link.log_id],
            "evaluator_logs": shown.judgments(link.log_id, evaluators),
        }
        for link in links
    ]
    return {"records": records, "page": page, "size": size, "total": sum(row.logs_count for row in rows)}


def _slice(ws: Workspace, rows: list[Member], offset: int, size: int) -> list[list[int]]:
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


def _position_of(ws: Workspace, run: Member, index: int) -> int:
    """Return the position of the Log at an index: the index itself, until a Log was taken out of the Run."""
    if run.logs_count == run.next_position:
        return index
    return ws.db.value(POSITION, run=run.id, offset=index)
