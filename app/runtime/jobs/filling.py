"""The job of filling an orchestrated Run: the evaluated Version makes a Log for each datapoint that has none.

It runs outside of any transaction, for some datapoints at a time. A Log is stored only if the Run is still open and the
datapoint still has none, so a Run that is filled twice has no Log twice.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import orjson

from ...errors import DomainError
from ...json_types import JsonObject
from ...kinds import AGENT, PROMPT, TOOL
from ...services.files import links
from ...services.workspace import Workspace
from ...store.database import Database
from ...store.statement import sql
from .. import tools
from ..agents.logs import PendingLog, failed_log, store
from ..agents.work import Agent, Session
from ..calls import CallTarget, new_target
from ..completions import build_request, complete
from ..engines import Engines

AT_ONCE = 25  # datapoints of a job if answers take no time: what is lost if the process dies
PARALLEL = 8  # datapoints of a job if they wait for a network or users' code

Case = JsonObject  # a Datapoint


class Maker(NamedTuple):
    """How the Logs of a kind of File are made."""

    make: Callable[[Workspace, Engines, CallTarget, Case], PendingLog]
    waits: Callable[[Engines], bool]  # for a network or for users' code


class RunRow(NamedTuple):
    """A Run that was neither cancelled nor completed, and the Version that it evaluates."""

    uid: str
    dataset_version_id: int
    version_id: int


class DatapointRow(NamedTuple):
    """A datapoint that has no Log in a Run."""

    id: int
    uid: str
    position: int
    document: str


RUN = sql(
    """
    SELECT uid, dataset_version_id, version_id FROM run
    WHERE id = :run AND decided IS NULL AND version_id IS NOT NULL
    """,
    RunRow,
)

MISSING = sql(
    """
    SELECT d.id, d.uid, m.position, d.document FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
    WHERE m.version_id = :dataset AND m.position > :after
    AND NOT EXISTS (SELECT 1 FROM run_log l WHERE l.run_id = :run AND l.datapoint_id = d.id)
    ORDER BY m.position LIMIT :limit
    """,
    DatapointRow,
)

COVERED = sql("SELECT 1 FROM run_log WHERE run_id = :run AND datapoint_id = :datapoint")

UNFILLED = {
    look: sql(f"""
        SELECT r.organisation_id, r.id FROM run r JOIN version d ON d.id = r.dataset_version_id
        WHERE r.orchestrated AND r.decided IS NULL AND r.version_id IS NOT NULL AND {condition}
        AND EXISTS (SELECT 1 FROM evaluation_run e WHERE e.run_id = r.id)
        AND EXISTS (SELECT 1 FROM dataset_member m WHERE m.version_id = r.dataset_version_id AND NOT EXISTS (
            SELECT 1 FROM run_log l WHERE l.run_id = r.id AND l.datapoint_id = m.datapoint_id))
        ORDER BY r.id
    """)
    for look, condition in {"closely": "true", "quickly": "r.logs_count < d.datapoints_count"}.items()
}


def unfilled(db: Database, look: str) -> list[tuple[int, int]]:
    """Return the open orchestrated Runs that lack Logs, as pairs of organisation and Run."""
    return [(organisation, run) for organisation, run in db.tuples(UNFILLED[look])]


def fill_run(ws: Workspace, engines: Engines, run: int, after: int) -> None:
    """Make the Logs of the next datapoints after this position of the Dataset, and add a job for those that follow.

    If the server cannot run the Version, such as a flow's, the Run stays as it is: the caller logs [A].
    """
    with ws.reading():
        row = ws.db.first(RUN, run=run)
        if row is None:
            return
        (version,) = links.versions(ws, [row.version_id])
        maker = MAKERS.get(version.kind)
        if maker is None:
            return
        waits = maker.waits(engines)
        limit = PARALLEL if waits else AT_ONCE
        points = ws.db.all(MISSING, run=run, dataset=row.dataset_version_id, after=after, limit=limit)
    targets = [new_target(ws, version) for _ in points]

    def make(target: CallTarget, point: DatapointRow) -> PendingLog:
        return maker.make(ws, engines, target, orjson.loads(point.document))

    if waits:
        with ThreadPoolExecutor(PARALLEL) as pool:
            logs = list(pool.map(make, targets, points))
    else:
        logs = list(map(make, targets, points))
    with ws.writing():
        if ws.db.first(RUN, run=run) is None:
            return
        for point, log in zip(points, logs, strict=True):
            if ws.db.value(COVERED, run=run, datapoint=point.id) is None:
                store(ws, log, {"source_datapoint_id": point.uid, "run_id": row.uid})
        if len(points) == limit:
            ws.db.after_commit(lambda: ws.jobs.fill(ws.organisation, run, points[-1].position))
        elif after >= 0:  # a Log before this position may have been deleted
            ws.db.after_commit(lambda: ws.jobs.fill(ws.organisation, run))


def _prompt(ws: Workspace, engines: Engines, target: CallTarget, case: Case) -> PendingLog:
    """Call a Prompt with the datapoint's inputs and messages; an error is kept in its Log."""
    given = {"inputs": case["inputs"], "messages": case["messages"]}
    try:
        with ws.reading():
            request = build_request(ws, target.content, **given)
    except DomainError as error:
        return failed_log(ws, target, given, error.detail["description"])
    return PendingLog(target, complete(engines.models, ws.clock, request).log_fields() | given)


def _tool(ws: Workspace, engines: Engines, target: CallTarget, case: Case) -> PendingLog:
    """Run a Tool with the datapoint's inputs."""
    return PendingLog(target, tools.run(ws, engines, target, case["inputs"]))


def _agent(ws: Workspace, engines: Engines, target: CallTarget, case: Case) -> PendingLog:
    """Call an Agent with the datapoint's inputs and messages; nobody can answer its calls, so waiting is an error."""
    given = {"inputs": case["inputs"], "messages": case["messages"]}
    try:
        agent = Agent(Session(ws, engines), target, **given)
    except DomainError as error:
        return failed_log(ws, target, given, error.detail["description"])
    for _ in agent.run():
        pass
    return agent.final_log()


MAKERS: dict[str, Maker] = {
    PROMPT.type: Maker(_prompt, waits=lambda engines: engines.models.remote),
    TOOL.type: Maker(_tool, waits=lambda engines: True),
    AGENT.type: Maker(_agent, waits=lambda engines: True),
}
"""The kinds of File that the server can run."""
