"""Datapoints: identified by their content, stored once in an organisation, listed, and read from CSV."""

import csv
import io
from typing import NamedTuple

import orjson
from marshmallow import ValidationError

from ...errors import Invalid
from ...ids import DATAPOINT_LENGTH, derived_id
from ...json_types import JsonObject, Rendered
from ...schemas.datasets import CreateDatapointRequest
from ...schemas.fields import instance_of
from ...store.models import Datapoint
from ...store.statement import sql
from ..paging import page_of
from ..workspace import Workspace
from .commits import canonical

Datapoints = dict[str, JsonObject]  # by id, in order of first appearance
CONTENT = ("inputs", "messages", "target")

csv.field_size_limit(2**31 - 1)  # whole documents stand in fields: the largest body is limit enough

KNOWN = sql("""
    SELECT uid FROM datapoint WHERE organisation_id = :organisation AND uid IN (SELECT value FROM texts(:uids))
""")

IMPORTED = sql("""
    SELECT derived_uid, uid FROM datapoint
    WHERE organisation_id = :organisation AND derived_uid IN (SELECT value FROM texts(:uids)) ORDER BY id DESC
""")
"""Datapoints that were imported under another id than their content derives."""

OF_VERSIONS = sql("""
    SELECT m.version_id, d.document FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
    WHERE m.version_id IN (SELECT value FROM integers(:versions)) ORDER BY m.version_id, m.position
""")


class DatapointRow(NamedTuple):
    """A datapoint on a page."""

    document: str


PAGE = sql(
    """
    SELECT d.document FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
    WHERE m.version_id = :version AND m.position >= :offset ORDER BY m.position LIMIT :limit
    """,
    DatapointRow,
)

COUNT = sql("SELECT datapoints_count FROM version WHERE id = :version")


def derived_uid(content: JsonObject) -> str:
    """Return the id that the content of a datapoint derives."""
    return derived_id("dp", canonical(content), length=DATAPOINT_LENGTH)


def identify(ws: Workspace, points: list[JsonObject]) -> Datapoints:
    """Return datapoints by the ids that their content derives; equal ones are one [D].

    One that was imported under another id keeps that.
    """
    found: Datapoints = {}
    for point in points:
        content = {name: point.get(name) for name in CONTENT}
        uid = derived_uid(content)
        found.setdefault(uid, {"id": uid, **content})
    rows = ws.db.tuples(IMPORTED, organisation=ws.organisation, uids=list(found)) if found else []
    imported = dict(rows)
    return {imported.get(uid, uid): point for uid, point in found.items()}


def store(ws: Workspace, points: Datapoints) -> None:
    """Store the datapoints that are not there yet."""
    known = set(ws.db.column(KNOWN, organisation=ws.organisation, uids=list(points)))
    rows = [(ws.organisation, uid, orjson.dumps(point).decode()) for uid, point in points.items() if uid not in known]
    ws.db.insert_many(Datapoint, ("organisation", "uid", "document"), rows)


def of_versions(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
    """Return the live field `datapoints` of Dataset Versions, by key."""
    found: dict[int, list[Rendered]] = {key: [] for key in keys}
    for version, document in ws.db.tuples(OF_VERSIONS, versions=keys):
        found[version].append(Rendered(document))
    return {key: {"datapoints": points} for key, points in found.items()}


def count(ws: Workspace, version: int) -> int:
    """Return how many datapoints a Dataset Version has."""
    found: int = ws.db.value(COUNT, version=version)
    return found


def list_page(ws: Workspace, version: int, query: JsonObject) -> JsonObject:
    """List the datapoints of a Dataset Version, in their order."""
    page = page_of(ws, query, PAGE, COUNT, {"version": version})
    return page.render(lambda row: Rendered(row.document))


def read_csv(content: bytes) -> list[JsonObject]:
    """Read datapoints from CSV: columns are inputs, `target` the expected output, `messages` JSON [A].

    Whatever is wrong raises Invalid with the number of the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad_csv(f"The file is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = reader.fieldnames
        if not columns or not all(columns) or len(set(columns)) != len(columns):
            raise _bad_csv("The first line must give each column a name of its own.")
        return [_datapoint(row, reader.line_num) for row in reader]
    except csv.Error as error:
        raise _bad_csv(f"Line {reader.line_num}: {error}.") from None


def _datapoint(row: dict[str, str], line: int) -> JsonObject:
    if None in row or None in row.values():  # so `csv` marks fields too many, and fields too few
        raise _bad_csv(f"Line {line}: it does not have as many fields as the first line.")
    target, messages = row.pop("target", ""), row.pop("messages", "")
    point: JsonObject = {"inputs": row}
    if target != "":
        point["target"] = {"output": target}
    if messages != "":
        try:
            point["messages"] = orjson.loads(messages)
        except orjson.JSONDecodeError as error:
            raise _bad_csv(f"Line {line}: `messages` is not JSON: {error}.") from None
    try:
        point = instance_of(CreateDatapointRequest).load(point)
    except ValidationError:
        raise _bad_csv(f"Line {line}: `messages` is not a list of chat messages.") from None
    return point


def _bad_csv(text: str) -> Invalid:
    """Return the error for a file that cannot be read."""
    return Invalid("Invalid CSV file.", text, loc=("body", "file"))
