"""The job of judging Logs: what is assigned is judged, and many judgments are stored at a time.

Code and models run outside of any transaction. A judgment is stored only if its assignment still stands, so what runs
twice, after a crash or in two processes, is stored once.
"""

import logging
import time

import orjson

from ...errors import Interrupted
from ...json_types import JsonObject
from ...kinds import EVALUATOR
from ...services.evaluations import assignments
from ...services.evaluations.assignments import AssignmentRow
from ...services.logs import logs
from ...services.logs.documents import LogDocuments
from ...services.workspace import Workspace
from ..engines import Engines
from ..judges import judge

logger = logging.getLogger(__name__)

SECONDS_UNSTORED = 0.5  # judgments that a crash may lose, and how late progress is seen if an Evaluator is slow
Judged = tuple[AssignmentRow, JsonObject]  # with the fields of the Evaluator Log


def judge_logs(ws: Workspace, engines: Engines, keys: list[int]) -> None:
    """Judge these Logs by the Evaluators assigned to them."""
    with ws.reading():
        rows = assignments.of_logs(ws, keys)
        shown = _shown(ws, [row.log_id for row in rows])
    judged: list[Judged] = []
    stored = time.monotonic()
    for row in rows:
        with ws.reading():
            wanted = assignments.is_open(ws, row)
        if wanted:
            judged.append((row, _judge(ws, engines, row, shown[row.log_id])))
        if time.monotonic() - stored > SECONDS_UNSTORED:
            _store(ws, judged)
            judged, stored = [], time.monotonic()
    _store(ws, judged)


def _store(ws: Workspace, judged: list[Judged]) -> None:
    with ws.writing():
        for row, fields in judged:
            if assignments.finish(ws, row):
                logs.store(ws, EVALUATOR, row, row.evaluator_version_id, {**fields, "parent_id": row.log_uid})


def _shown(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
    """Return Logs as Evaluators see them: as the API shows them, with those below as `children` too [C]."""
    documents = LogDocuments(ws, keys, children=True, parents=True)
    shown = {key: documents.data(key) for key in keys}
    for log in shown.values():
        log["children"] = log["trace_children"] = log["trace_children"] or []
    return shown


def _judge(ws: Workspace, engines: Engines, row: AssignmentRow, log: JsonObject) -> JsonObject:
    start = ws.now()
    testcase = orjson.loads(row.datapoint) if row.datapoint else None
    try:
        fields = judge(ws, engines, orjson.loads(row.content)["spec"], log, testcase)
    except Interrupted:  # the job will be done again
        raise
    except Exception as error:  # an unforeseen error must not keep the Run waiting for ever
        logger.exception("An evaluator could not be run")
        fields = {"judgment": None, "error": f"The evaluator could not be run: {error}"}
    return {**fields, "start_time": start, "end_time": ws.now()}
