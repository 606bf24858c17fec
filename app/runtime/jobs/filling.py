"""The job of an orchestrated Run: a Log for each datapoint that has none, made by the Version that is evaluated.

What makes the Logs runs outside of any transaction, some datapoints at a time. A Log is stored only while the Run goes
on and its datapoint still has none: a Run that is worked on twice has no Log twice.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import orjson

from ...errors import ApiError
from ...kinds import AGENT, PROMPT, TOOL
from ...services.logs import logs
from ...services.workspace import Workspace
from ...store.database import Database
from ...store.statement import Row, kept, sql
from .. import tools
from ..agents import logs as agent_logs
from ..agents.work import Agent, Session
from ..completions import build_request, complete
from ..engines import Engines

AT_ONCE = 25  # datapoints whose answers take no time: what is lost when the process dies
PARALLEL = 8  # datapoints that wait for a network or for code of users

Case = dict[str, Any]  # a Datapoint
Store = Callable[[dict[str, Any]], None]  # stores what was made, with what else is to be said of the Log


class Maker(NamedTuple):
    """How the Logs of a kind are made."""

    make: Callable[[Workspace, Engines, Row, Case], Store]
    waits: Callable[[Engines], bool]  # for a network, or for code of users


RUN = sql("""
    SELECT r.uid AS run_uid, r.dataset_version_id, r.version_id, v.uid AS version_uid, v.content, f.id, f.uid,
           f.kind, f.monitors_count
    FROM run r JOIN version v ON v.id = r.version_id JOIN file f ON f.id = v.file_id
    WHERE r.id = :run AND r.decided IS NULL
""")
"""Select a Run that goes on, and the Version and File that it evaluates."""


MISSING = sql("""
    SELECT m.position, d.id, d.document FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
    WHERE m.version_id = :dataset AND m.position > :after
    AND NOT EXISTS (SELECT 1 FROM run_log l WHERE l.run_id = :run AND l.datapoint_id = d.id)
    ORDER BY m.position LIMIT :limit
""")


COVERED = sql("SELECT 1 FROM run_log WHERE run_id = :run AND datapoint_id = :datapoint")


LOOKS = {"closely": "true", "quickly": "r.logs_count < d.datapoints_count"}


@kept
def _unfilled(look: str) -> Any:
    return sql(f"""
        SELECT r.organisation_id, r.id FROM run r JOIN version d ON d.id = r.dataset_version_id
        WHERE r.orchestrated AND r.decided IS NULL AND r.version_id IS NOT NULL AND {LOOKS[look]}
        AND EXISTS (SELECT 1 FROM evaluation_run e WHERE e.run_id = r.id)
        AND EXISTS (SELECT 1 FROM dataset_member m WHERE m.version_id = r.dataset_version_id AND NOT EXISTS (
            SELECT 1 FROM run_log l WHERE l.run_id = r.id AND l.datapoint_id = m.datapoint_id))
        ORDER BY r.id
    """)


def unfilled(db: Database, look: str) -> list[tuple[int, int]]:
    """Return the orchestrated Runs that go on and lack Logs, as pairs of organisation and Run."""
    return [(organisation, run) for organisation, run in db.tuples(_unfilled(look))]


def fill_run(ws: Workspace, engines: Engines, run: int, after: int) -> None:
    """Make the Logs of the next datapoints behind this position of the Dataset, and see to those that follow later.

    A Version that the server cannot run, such as a flow's, leaves the Run as it is: its Logs come from the caller [A].
    """
    with ws.reading():
        row = ws.db.first(RUN, run=run)
        maker = MAKERS.get(row.kind) if row else None
        if row is None or maker is None:
            return
        waits = maker.waits(engines)
        limit = PARALLEL if waits else AT_ONCE
        points = ws.db.all(MISSING, run=run, dataset=row.dataset_version_id, after=after, limit=limit)
    make = partial(maker.make, ws, engines, row)
    cases = [orjson.loads(point.document) for point in points]
    stores = _in_parallel(make, cases) if waits else [make(case) for case in cases]
    with ws.writing():
        if ws.db.first(RUN, run=run) is None:
            return
        for point, store in zip(points, stores, strict=True):
            if ws.db.value(COVERED, run=run, datapoint=point.id) is None:
                store({"run_id": row.run_uid})
        if len(points) == limit:
            ws.db.after_commit(lambda: ws.jobs.fill(ws.organisation, run, points[-1].position))
        elif after >= 0:  # a Log behind us may have been deleted meanwhile
            ws.db.after_commit(lambda: ws.jobs.fill(ws.organisation, run))


def _in_parallel(make: Callable[[Case], Store], cases: list[Case]) -> list[Store]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(make, cases))


def _prompt(ws: Workspace, engines: Engines, row: Row, case: Case) -> Store:
    """Call a Prompt with the datapoint's inputs and messages; a failure is the error of its Log."""
    given = {"inputs": case["inputs"], "messages": case["messages"], "source_datapoint_id": case["id"]}
    fields: dict[str, Any]
    try:
        with ws.reading():
            request = build_request(ws, orjson.loads(row.content), inputs=case["inputs"], messages=case["messages"])
    except ApiError as error:
        fields = {"error": error.detail["description"], "start_time": ws.now(), "end_time": ws.now()}
    else:
        fields = complete(engines.models, ws.clock, request).log_fields()

    def store(said: dict[str, Any]) -> None:
        logs.store(ws, PROMPT, row, row.version_id, {**fields, **given, **said})

    return store


def _tool(ws: Workspace, engines: Engines, row: Row, case: Case) -> Store:
    """Run a Tool with the datapoint's inputs."""
    place = agent_logs.place_of(ws, row._replace(content=orjson.loads(row.content)))
    fields = tools.run(ws, engines, place, case["inputs"])
    return partial(_store, ws, agent_logs.Made(TOOL, place, fields), case)


def _agent(ws: Workspace, engines: Engines, row: Row, case: Case) -> Store:
    """Let an Agent work on the datapoint; nobody can answer what it waits for, so to wait is an error."""
    given = {"inputs": case["inputs"], "messages": case["messages"]}
    row = row._replace(content=orjson.loads(row.content))
    try:
        agent = Agent(Session(ws, engines), agent_logs.place_of(ws, row), **given)
    except ApiError as error:
        made = agent_logs.failed(ws, AGENT, row, given, error.detail["description"])
    else:
        for _ in agent.run():
            pass
        made = agent.closed()
    return partial(_store, ws, made, case)


def _store(ws: Workspace, made: agent_logs.Made, case: Case, said: dict[str, Any]) -> None:
    agent_logs.store(ws, made, {"source_datapoint_id": case["id"], **said})


MAKERS: dict[str, Maker] = {
    PROMPT.type: Maker(_prompt, waits=lambda engines: engines.models.remote),
    TOOL.type: Maker(_tool, waits=lambda engines: True),
    AGENT.type: Maker(_agent, waits=lambda engines: True),
}
