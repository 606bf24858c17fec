"""Datasets: Versions made of datapoints, set, added to or taken from, and read from CSV."""

import csv
import io
from typing import Any

import orjson

from ...errors import Invalid
from ...ids import DATAPOINT_LENGTH, derived_id
from ...json_types import JsonObject
from ...kinds.base import FileKind
from ...schemas.datasets import CreateDatapointRequest
from ...store.models import Datapoint, DatasetMember, Version
from ...store.statement import Row, integers, kept, sql, texts
from ...store.statement import arg as given
from ..paging import page_of
from ..workspace import Workspace
from . import documents, versions
from .files import address, create, get_file

Datapoints = dict[str, JsonObject]  # by id, in order of first appearance
CONTENT = ("inputs", "messages", "target")

csv.field_size_limit(2**31 - 1)  # whole documents stand in fields: the largest body is limit enough


@kept
def _known() -> Any:
    return Datapoint.select(Datapoint.id, Datapoint.uid).where(
        Datapoint.organisation == given("organisation"), Datapoint.uid.in_(texts("uids"))
    )


@kept
def _imported() -> Any:
    return (
        Datapoint.select(Datapoint.uid, Datapoint.derived_uid)
        .where(Datapoint.organisation == given("organisation"), Datapoint.derived_uid.in_(texts("uids")))
        .order_by(Datapoint.id.desc())
    )


@kept
def _members() -> Any:
    return (
        DatasetMember.select(Datapoint.uid)
        .join(Datapoint)
        .where(DatasetMember.version == given("version"))
        .order_by(DatasetMember.position)
    )


@kept
def _page() -> Any:
    return (
        DatasetMember.select(Datapoint.document)
        .join(Datapoint)
        .where(
            DatasetMember.version == given("version"),
            DatasetMember.position >= given("offset"),
        )
        .order_by(DatasetMember.position)
        .limit(given("limit"))
    )


@kept
def _count() -> Any:
    return Version.select(Version.datapoints_count).where(Version.id == given("version"))


@kept
def _all_datapoints() -> Any:
    return (
        DatasetMember.select(DatasetMember.version, Datapoint.document)
        .join(Datapoint)
        .where(DatasetMember.version.in_(integers("versions")))
        .order_by(DatasetMember.version, DatasetMember.position)
    )


ADD_MEMBERS = sql("""
    INSERT INTO dataset_member (version_id, position, datapoint_id)
    SELECT :version, j.key, d.id FROM texts(:uids) j
    CROSS JOIN datapoint d ON d.organisation_id = :organisation AND d.uid = j.value
""")


def upsert(ws: Workspace, kind: FileKind, body: JsonObject, query: JsonObject) -> Any:
    """Create or find the Version that an action leads to: set, add or remove datapoints.

    Add and remove build on the Version the query picks, else on the newest created one [D]. Adding nothing
    returns the existing Version: clients find a dataset this way [C].
    """
    action = body.get("action") or "set"
    found = address(ws, kind, body)
    given_points = _recognised(ws, identified(body["datapoints"]))
    uids: list[str] = list(given_points)
    file = found or create(ws, kind, body["path"])
    attributes = body.get("attributes")
    if action != "set" and found is not None:
        picked = query.get("version_id") or query.get("environment")
        base = versions.resolve(ws, found, query) if picked else found.newest_version
        uids = combine(ws.db.column(_members(), version=base), uids, action)
        if attributes is None:
            attributes = versions.content_of(ws, base)["attributes"]
    elif action == "remove":
        uids = []
    key = commit(ws, kind, file, attributes, uids, given_points, body)
    return documents.version(ws, key, datapoints_of(ws, [key])[key] if query.get("include_datapoints") else None)


def combine(existing: list[str], given_uids: list[str], action: str) -> list[str]:
    """Return the ids after adding to, or removing from, an ordered set."""
    if action == "add":
        return list(dict.fromkeys([*existing, *given_uids]))
    gone = set(given_uids)
    return [uid for uid in existing if uid not in gone]


def derived_uid(content: JsonObject) -> str:
    """Return the id that the content of a datapoint derives."""
    return derived_id("dp", versions.canonical(content), length=DATAPOINT_LENGTH)


def identified(datapoints: list[JsonObject]) -> Datapoints:
    """Return datapoints by the ids that their content derives; equal ones are one [D]."""
    found: Datapoints = {}
    for point in datapoints:
        content = {name: point.get(name) for name in CONTENT}
        uid = derived_uid(content)
        found.setdefault(uid, {"id": uid, **content})
    return found


def _recognised(ws: Workspace, points: Datapoints) -> Datapoints:
    """Return the same datapoints, those that were imported under another id by that one."""
    rows = ws.db.all(_imported(), organisation=ws.organisation, uids=list(points)) if points else []
    others = {row.derived_uid: row.uid for row in rows}
    return {others.get(uid, uid): point for uid, point in points.items()}


def commit(
    ws: Workspace,
    kind: FileKind,
    file: Row,
    attributes: Any,
    uids: list[str],
    points: Datapoints,
    names: JsonObject,
) -> int:
    """Return the key of the Version with these datapoints and attributes, made when there is none."""
    newest = ws.db.value(LAST_KEY)
    key = versions.commit(ws, kind, file, {"attributes": attributes, "datapoints": uids}, names)
    if newest is None or key > newest:
        store(ws, points)
        ws.db.run(ADD_MEMBERS, version=key, uids=uids, organisation=ws.organisation)
        ws.db.update(Version, key, datapoints_count=len(uids))
    return key


LAST_KEY = sql("SELECT max(id) FROM version")


def store(ws: Workspace, points: Datapoints) -> None:
    """Store the datapoints that are not there yet."""
    known = {row.uid for row in ws.db.all(_known(), organisation=ws.organisation, uids=list(points))}
    rows = [(ws.organisation, uid, orjson.dumps(point).decode()) for uid, point in points.items() if uid not in known]
    ws.db.insert_many(Datapoint, ("organisation", "uid", "document"), rows)


def datapoints_of(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
    """Return the live field `datapoints` of Dataset Versions, by key."""
    found: dict[int, list[Any]] = {key: [] for key in keys}
    for row in ws.db.all(_all_datapoints(), versions=keys):
        found[row.version_id].append(orjson.Fragment(row.document))
    return {key: {"datapoints": points} for key, points in found.items()}


def get(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> Any:
    """Return a Dataset at the Version that the query picks, with its datapoints when they are asked for."""
    key = versions.resolve(ws, get_file(ws, kind, uid), query)
    return documents.version(ws, key, datapoints_of(ws, [key])[key] if query.get("include_datapoints") else None)


def list_versions(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> JsonObject:
    """List the Versions of a Dataset, newest first; `include_datapoints` fills those of the newest alone."""
    keys = versions.keys_of(ws, get_file(ws, kind, uid), query.get("status"))
    extra = datapoints_of(ws, keys[:1]) if query.get("include_datapoints") else {}
    shown = documents.versions(ws, keys, extra=extra)
    return {"records": [shown[key] for key in keys]}


def list_datapoints(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> JsonObject:
    """List the datapoints of the Version that the query picks, in their order."""
    key = versions.resolve(ws, get_file(ws, kind, uid), query)
    page = page_of(ws, query, _page(), _count(), {"version": key})
    return page.render(lambda row: orjson.Fragment(row.document))


def upload_csv(ws: Workspace, kind: FileKind, uid: str, content: bytes, names: JsonObject, query: JsonObject) -> Any:
    """Add the rows of a CSV file to the Version that the query picks, else to the default-deployed one [D]."""
    file = get_file(ws, kind, uid)
    base = versions.resolve(ws, file, query)
    points = _recognised(ws, identified(read_csv(content)))
    uids = combine(ws.db.column(_members(), version=base), list(points), "add")
    return documents.version(
        ws, commit(ws, kind, file, versions.content_of(ws, base)["attributes"], uids, points, names)
    )


def read_csv(content: bytes) -> list[JsonObject]:
    """Read datapoints from CSV: columns are inputs, `target` the expected output, `messages` JSON [A].

    Anything wrong raises Invalid with the number of the line; nothing is stored then.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_csv(f"The file is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = reader.fieldnames
        if not columns or not all(columns) or len(set(columns)) != len(columns):
            raise bad_csv("The first line must name every column, each once.")
        return [_datapoint(row, reader.line_num) for row in reader]
    except csv.Error as error:
        raise bad_csv(f"Line {reader.line_num}: {error}.") from None


def _datapoint(row: dict[Any, Any], line: int) -> JsonObject:
    if None in row or None in row.values():
        raise bad_csv(f"Line {line}: it has another number of fields than the first line.")
    target, messages = row.pop("target", ""), row.pop("messages", "")
    point: JsonObject = {"inputs": row}
    if target != "":
        point["target"] = {"output": target}
    if messages != "":
        try:
            point["messages"] = orjson.loads(messages)
        except orjson.JSONDecodeError as error:
            raise bad_csv(f"Line {line}: `messages` is not JSON: {error}.") from None
    problems = CreateDatapointRequest().validate(point)
    if problems:
        raise bad_csv(f"Line {line}: `messages` is not a list of chat messages.")
    return CreateDatapointRequest().load(point)


def bad_csv(text: str) -> Invalid:
    """Return the error for a file that cannot be read."""
    return Invalid("Invalid CSV file.", text, loc=("body", "file"))
