"""The Logs of Runs: linked by request, as they are logged, or because they exist already.

Links are checked and inserted as sets: the time depends on their number, not on that of the Logs in the database.
"""

from typing import NamedTuple

from ...errors import Conflict, Invalid, Location, NotFound
from ...ids import new_etag
from ...json_types import JsonObject
from ...store.statement import sql
from ..workspace import Workspace
from . import assignments, runs
from .evaluations import give_run_file
from .runs import CANCELLED, RUN, AnyRun, RunRow

LOC = ("body", "log_ids")


class _Faults(NamedTuple):
    unknown: int
    foreign_logs: int
    outside: int


class _Named(NamedTuple):
    uid: str
    file_id: int | None
    datapoint_id: int | None
    position: int | None  # of the datapoint in the Run's Dataset


FAULTS = sql(
    """
    SELECT count(*) FILTER (WHERE l.id IS NULL) AS unknown,
           count(*) FILTER (WHERE l.file_id <> :file) AS foreign_logs,
           count(*) FILTER (WHERE :dataset IS NOT NULL AND l.datapoint_id IS NOT NULL
                            AND m.position IS NULL) AS outside
    FROM texts(:uids) j
    LEFT JOIN log l ON l.organisation_id = :organisation AND l.uid = j.value
    LEFT JOIN dataset_member m ON m.version_id = :dataset AND m.datapoint_id = l.datapoint_id
    """,
    _Faults,
)
"""Count, over the ids of a request, those that no Log has, and those of Logs that may not join the Run."""

NAMED = sql(
    """
    SELECT DISTINCT j.value AS uid, l.file_id, l.datapoint_id, m.position FROM texts(:uids) j
    LEFT JOIN log l ON l.organisation_id = :organisation AND l.uid = j.value
    LEFT JOIN dataset_member m ON m.version_id = :dataset AND m.datapoint_id = l.datapoint_id
    """,
    _Named,
)

LINK = """
    INSERT INTO run_log (run_id, position, log_id, datapoint_id)
    SELECT :run, :next + place, id, datapoint_id FROM (
        {source}
    ) AS joining WHERE :next = 0 OR NOT EXISTS (SELECT 1 FROM run_log r WHERE r.log_id = joining.id AND r.run_id = :run)
"""  # sources yield Logs numbered from 0; those that are linked already leave gaps


LINK_NAMED = sql(
    LINK.format(
        source="""SELECT j.key AS place, l.id, l.datapoint_id FROM texts(:uids) j
        CROSS JOIN log l ON l.organisation_id = :organisation AND l.uid = j.value
        WHERE l.file_id = :file AND (:dataset IS NULL OR l.datapoint_id IS NULL OR EXISTS (
            SELECT 1 FROM dataset_member m WHERE m.version_id = :dataset AND m.datapoint_id = l.datapoint_id))"""
    )
)

LINK_ONE = sql(LINK.format(source="SELECT 0 AS place, id, datapoint_id FROM log WHERE id = :log"))

LINK_EXISTING = sql(
    LINK.format(
        source="""SELECT row_number() OVER (ORDER BY l.id) - 1 AS place, l.id, l.datapoint_id FROM dataset_member m
        CROSS JOIN log l ON l.datapoint_id = m.datapoint_id AND l.version_id = :version
        WHERE m.version_id = :dataset"""
    )
)

COUNT = sql("""
    UPDATE run SET logs_count = logs_count + :added, etag = :etag,
           decided = CASE WHEN decided IN ('completed', 'cancelled') THEN decided END,
           next_position = (SELECT max(position) + 1 FROM run_log WHERE run_id = :run)
    WHERE id = :run
""")

NEEDING = sql(
    f"""
    {RUN} JOIN dataset_member m ON m.version_id = r.dataset_version_id
    WHERE r.version_id = :version AND m.datapoint_id = :datapoint
    AND coalesce(r.decided, 'running') IN ('pending', 'running')
    AND EXISTS (SELECT 1 FROM evaluation_run e WHERE e.run_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM run_log l WHERE l.run_id = r.id AND l.datapoint_id = :datapoint)
    """,
    RunRow,
)
"""Select the open Runs of a Version whose Dataset has a datapoint that no Log of them covers yet."""

POSITION = sql("SELECT position FROM dataset_member WHERE version_id = :version AND datapoint_id = :datapoint")


FILE_OF_LOG = sql("SELECT file_id FROM log WHERE organisation_id = :organisation AND uid = :uid")


def add_logs(ws: Workspace, uid: str, run_id: str, body: JsonObject) -> JsonObject:
    """Link Logs to a Run and return the whole Run; see `link_named` for the rules."""
    run = runs.get(ws, uid, run_id)
    uids = body["log_ids"]
    file: int | None = run.file_id or run.evaluation_file_id
    if file is None and uids:
        file = ws.db.value(FILE_OF_LOG, organisation=ws.organisation, uid=uids[0])
    link_named(ws, run, file, uids)
    if file is not None and run.file_id is None:
        give_run_file(ws, run.id, file)
    return runs.show(ws, uid, run_id)


def link_named(ws: Workspace, run: AnyRun, file: int | None, uids: list[str]) -> None:
    """Link Logs by id, all or none: the rules of Add Logs to Run.

    A cancelled Run: Conflict. Any unknown Log: NotFound naming every one. A Log of another File, or one whose
    datapoint is not in the Run's Dataset: Invalid; a Log without a datapoint may join any Run [A]. Ids that repeat
    or are linked already are linked once.
    """
    _refuse_cancelled(run, LOC)
    uids = list(dict.fromkeys(uids))
    values = {"organisation": ws.organisation, "uids": uids, "dataset": run.dataset_version_id}
    added = ws.db.run(LINK_NAMED, **_ends(run), **values, file=file)
    if added < len(uids):  # some are linked already, or are at fault
        faults = ws.db.one(FAULTS, **values, file=file)
        if faults.unknown or faults.foreign_logs or faults.outside:
            _explain(ws, values, file)
    _linked(ws, run, added)


def _explain(ws: Workspace, values: JsonObject, file: int | None) -> None:
    rows = ws.db.all(NAMED, **values)

    def text(uids: list[str]) -> str:
        return ", ".join(f"'{uid}'" for uid in uids)

    unknown = [row.uid for row in rows if row.file_id is None]
    if unknown:
        raise NotFound("Log not found.", f"Could not find logs with IDs {text(unknown)}.", loc=LOC)
    foreign = [row.uid for row in rows if row.file_id != file]
    if foreign:
        raise Invalid("Log of another file.", f"Not logs of the evaluated file: {text(foreign)}.", loc=LOC)
    outside = [row.uid for row in rows if row.datapoint_id is not None and row.position is None]
    raise Invalid(
        "Datapoint not in the dataset.", f"Not of a datapoint of the run's dataset: {text(outside)}.", loc=LOC
    )


def link_existing(ws: Workspace, run: AnyRun) -> None:
    """Link the Logs that the Run's Version has already for the datapoints of its Dataset [D]."""
    values = {"version": run.version_id, "dataset": run.dataset_version_id}
    _linked(ws, run, ws.db.run(LINK_EXISTING, **_ends(run), **values))


def join(ws: Workspace, log: int, file: int, version: int, datapoint: int | None, run_id: str | None) -> None:
    """Let a new Log join the Run it names, else every open Run that needs its datapoint and Version [D]."""
    if run_id is not None:
        loc = ("body", "run_id")
        run = runs.get_run(ws, run_id, loc=loc)
        _refuse_cancelled(run, loc)
        if run.file_id is None:
            give_run_file(ws, run.id, file)
        elif run.file_id != file:
            raise Invalid("Log of another file.", f"Run '{run_id}' evaluates another file.", loc=loc)
        values = {"version": run.dataset_version_id, "datapoint": datapoint}
        if None not in values.values() and ws.db.value(POSITION, **values) is None:
            raise Invalid(
                "Datapoint not in the dataset.",
                f"The dataset of run '{run_id}' does not hold the datapoint of the log.",
                loc=("body", "source_datapoint_id"),
            )
        _link_log(ws, run, log)
    elif datapoint is not None:
        for run in ws.db.all(NEEDING, version=version, datapoint=datapoint):
            _link_log(ws, run, log)


def _link_log(ws: Workspace, run: AnyRun, log: int) -> None:
    _linked(ws, run, ws.db.run(LINK_ONE, **_ends(run), log=log))


def _ends(run: AnyRun) -> dict[str, int]:
    return {"run": run.id, "next": run.next_position}


def _linked(ws: Workspace, run: AnyRun, added: int) -> None:
    if added:
        ws.db.run(COUNT, run=run.id, added=added, etag=new_etag())
        assignments.of_run(ws, run.id, first=run.next_position)


def _refuse_cancelled(run: AnyRun, loc: Location) -> None:
    if run.decided == CANCELLED:
        raise Conflict("The run is cancelled.", f"Run '{run.uid}' is cancelled and takes no more logs.", loc=loc)
