"""Exports an organisation as the official export tree: every record as the API returns it.

The tree shows one state of the database; the same state gives the same bytes. It is written to a folder beside the
target and renamed when it is complete, so a crash leaves nothing at the target.
"""

import errno
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple, TypeVar

import orjson
from marshmallow import ValidationError

from ...json_types import Json, JsonObject
from ...kinds import KINDS
from ...services.evaluations import evaluation_runs, evaluations, stats
from ...services.files import directories, documents
from ...services.logs import evaluation_logs
from ...services.logs.documents import LogDocuments
from ...services.workspace import Workspace
from ...store.copying import Advance
from ...store.disk import write_through
from ...store.statement import sql
from . import layout
from .file_records import content_of

T = TypeVar("T")

DATAPOINTS_A_PAGE, LOGS_A_PAGE = 1000, 100


class Occupied(Exception):
    """The folder to export to is not empty."""


class Environment(NamedTuple):
    uid: str
    created_at: str
    name: str
    tag: str


ENVIRONMENTS = sql(
    "SELECT uid, created_at, name, tag FROM environment WHERE organisation_id = :organisation ORDER BY id", Environment
)


class File(NamedTuple):
    """A File, deleted or not."""

    id: int
    uid: str
    kind: str
    shown_version: int
    deleted_at: str | None


FILES = sql(
    "SELECT id, uid, kind, shown_version, deleted_at FROM file WHERE organisation_id = :organisation ORDER BY id", File
)


class Version(NamedTuple):
    """A Version, deleted or not."""

    id: int
    uid: str
    content: str
    deleted_at: str | None
    datapoints_count: int


VERSIONS = sql(
    "SELECT id, uid, content, deleted_at, datapoints_count FROM version WHERE file_id = :file ORDER BY id", Version
)


class Deployment(NamedTuple):
    """A record of `deployments.json`."""

    version_id: str
    environment_id: str
    environment_name: str
    environment_tag: str


DEPLOYMENTS = sql(
    """
    SELECT v.uid AS version_id, e.uid AS environment_id, e.name AS environment_name, e.tag AS environment_tag
    FROM deployment d JOIN version v ON v.id = d.version_id JOIN environment e ON e.id = d.environment_id
    WHERE d.file_id = :file ORDER BY e.id
    """,
    Deployment,
)


class Variable(NamedTuple):
    name: str
    value: str


VARIABLES = sql("SELECT name, value FROM environment_variable WHERE file_id = :file ORDER BY id", Variable)

DATAPOINTS = sql("""
    SELECT d.document FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
    WHERE m.version_id = :version ORDER BY m.position
""")

LOGS = sql("SELECT id FROM log WHERE file_id = :file ORDER BY created_at DESC, id DESC")

LOG_ORDER = sql("SELECT uid FROM log WHERE organisation_id = :organisation ORDER BY id")

EVALUATIONS = sql(
    "SELECT uid FROM evaluation WHERE organisation_id = :organisation"
    " AND file_id IS NOT DISTINCT FROM :file ORDER BY id"
)


class Run(NamedTuple):
    """What `emulator.json` says of a Run."""

    id: str
    decided: str | None


RUNS = sql(
    """
    SELECT r.uid AS id, r.decided FROM evaluation e JOIN evaluation_run er ON er.evaluation_id = e.id
    JOIN run r ON r.id = er.run_id WHERE e.organisation_id = :organisation AND e.uid = :uid ORDER BY er.id
    """,
    Run,
)

DATASET = sql("""
    SELECT v.uid FROM evaluation e JOIN version v ON v.id = e.dataset_version_id
    WHERE e.organisation_id = :organisation AND e.uid = :uid
""")

LOGS_TO_WRITE = sql("""
    SELECT (SELECT count(*) FROM log WHERE organisation_id = :organisation) + (
        SELECT coalesce(sum(r.logs_count), 0) FROM evaluation_run e JOIN run r ON r.id = e.run_id
        WHERE r.organisation_id = :organisation)
""")


def count_logs(ws: Workspace) -> int:
    """Return how many Logs an export writes; those of Runs are written, and counted, again."""
    found: int = ws.db.value(LOGS_TO_WRITE, organisation=ws.organisation)
    return found


def export_tree(
    ws: Workspace, folder: Path, *, advance: Advance = lambda count: None, step: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Write the tree of an organisation to `folder` and return how many records of each kind are in it.

    `advance` is called with the number of Logs that were written, `step` after each file and after the renaming. Raises
    Occupied for a folder that is not empty, before or after the work.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Occupied(f"{folder} is not empty.")
    partial = folder.with_name(f".{folder.name}.{token_hex(4)}.partial")  # of this export alone
    try:
        partial.mkdir(parents=True)
        with ws.reading():
            counts = Exporter(ws, partial, advance, step).export()
        for path in (*partial.rglob("*"), partial):
            write_through(path)
        _rename(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # nothing is there once it is renamed
    step()
    return counts


def _rename(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise Occupied(f"{folder} is no longer empty.") from None
        raise
    write_through(folder.parent)


class Exporter:
    """Writes one organisation below a folder."""

    def __init__(self, ws: Workspace, root: Path, advance: Advance, step: Callable[[], None]) -> None:
        self.ws = ws
        self.root = root
        self.advance = advance
        self.step = step
        self.counts = dict.fromkeys(("files", "versions", "datapoints", "logs", "evaluations", "runs", "links"), 0)

    def export(self) -> dict[str, int]:
        """Write everything, and return how many records of each kind there are."""
        ws = self.ws
        organisation = {"organisation": ws.organisation}
        files = ws.db.all(FILES, **organisation)
        extra = {
            "environments": [documents.environment_document(row) for row in ws.db.all(ENVIRONMENTS, **organisation)],
            "directories": directories.list_all(ws),
            "files": [file.uid for file in files],
        }
        self._write(self.root / layout.EXTRA, extra)
        self._write_lines(self.root / layout.ORDER, ws.db.column(LOG_ORDER, **organisation))
        (self.root / layout.FILES).mkdir()
        for file in files:
            home = self.root / layout.DELETED if file.deleted_at else self.root
            self._file(home / layout.FILES / file.uid, file)
        for uid in ws.db.column(EVALUATIONS, **organisation, file=None):
            self._evaluation(self.root / layout.EVALUATIONS / uid, uid)
        return self.counts

    def _file(self, folder: Path, file: File) -> None:
        ws = self.ws
        self._write(folder / layout.FILE, documents.version(ws, file.shown_version))
        self._write(folder / layout.DEPLOYMENTS, [row._asdict() for row in ws.db.all(DEPLOYMENTS, file=file.id)])
        notes = list(self._versions(folder, file))
        for number, keys in enumerate(_pages(ws.db.column(LOGS, file=file.id), LOGS_A_PAGE), 1):
            shown = LogDocuments(ws, keys, children=True)
            self._write_lines(folder / layout.LOGS / f"{number}.jsonl", [shown[key] for key in keys])
            self.counts["logs"] += len(keys)
            self.advance(len(keys))
        listed = [] if file.deleted_at else ws.db.column(EVALUATIONS, organisation=ws.organisation, file=file.id)
        for uid in listed:
            self._evaluation(folder / layout.EVALUATIONS / uid, uid)
        extra = {
            "deleted_at": file.deleted_at,
            "versions": notes,
            "evaluations": listed,
            "environment_variables": [row._asdict() for row in ws.db.all(VARIABLES, file=file.id)],
        }
        self._write(folder / layout.EXTRA, extra)
        (folder / layout.DONE).touch()
        self.counts["files"] += 1

    def _versions(self, folder: Path, file: File) -> Iterator[JsonObject]:
        """Write the Versions of a File, and yield what their documents do not say."""
        ws = self.ws
        kind = KINDS[file.kind]
        for rows in _pages(ws.db.all(VERSIONS, file=file.id), LOGS_A_PAGE):
            shown = documents.versions(ws, [row.id for row in rows])
            for row in rows:
                home = folder / layout.DELETED if row.deleted_at else folder
                text = orjson.dumps(shown[row.id])
                self._write(home / layout.VERSIONS / row.uid, orjson.Fragment(text))
                self._datapoints(home / layout.DATAPOINTS / row.uid, row)
                note = {"version_id": row.uid, "deleted_at": row.deleted_at}
                content = orjson.loads(row.content)
                try:
                    told = content_of(kind, orjson.loads(text)) == content
                except ValidationError:
                    told = False
                yield note if told else note | {"content": content}
                self.counts["versions"] += 1

    def _datapoints(self, folder: Path, version: Version) -> None:
        points = self.ws.db.each(DATAPOINTS, version=version.id) if version.datapoints_count else []
        for number, rows in enumerate(_pages(points, DATAPOINTS_A_PAGE), 1):
            self._write_lines(folder / f"{number}.jsonl", [orjson.Fragment(document) for (document,) in rows])
            self.counts["datapoints"] += len(rows)

    def _evaluation(self, folder: Path, uid: str) -> None:
        ws = self.ws
        self._write(folder / layout.EVALUATION, evaluations.get(ws, uid))
        self._write(folder / layout.STATS, stats.get_stats(ws, uid))
        for run in evaluation_runs.list_runs(ws, uid)["runs"]:
            self._write(folder / layout.RUNS / run["id"], run)
            self.counts["runs"] += 1
        rows = ws.db.all(RUNS, organisation=ws.organisation, uid=uid)
        extra: JsonObject = {"runs": [row._asdict() for row in rows]}
        if dataset := ws.db.value(DATASET, organisation=ws.organisation, uid=uid):
            extra["dataset"] = dataset
        self._write(folder / layout.EXTRA, extra)
        number = 1
        while records := evaluation_logs.list_logs(ws, uid, {"page": number, "size": LOGS_A_PAGE})["records"]:
            self._write_lines(folder / layout.LOGS / f"{number}.jsonl", records)
            self.counts["links"] += len(records)
            self.advance(len(records))
            number += 1
        self.counts["evaluations"] += 1

    def _write(self, path: Path, document: Json) -> None:
        layout.write(path, document)
        self.step()

    def _write_lines(self, path: Path, records: Iterable[Json]) -> None:
        layout.write_lines(path, records)
        self.step()


def _pages(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    page: list[T] = []
    for row in rows:
        page.append(row)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page
