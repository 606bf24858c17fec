"""Datasets: Versions made of datapoints, which are set, added, removed, or read from CSV."""

from ...json_types import Json, JsonObject, Rendered
from ...kinds.base import FileKind
from ...store.models import Version
from ...store.statement import sql
from ..workspace import Workspace
from . import commits, datapoints, documents, versions
from .datapoints import Datapoints
from .files import FileRow, address, create, get_file
from .versions import VersionRow

MEMBERS = sql("""
    SELECT d.uid FROM dataset_member m JOIN datapoint d ON d.id = m.datapoint_id
    WHERE m.version_id = :version ORDER BY m.position
""")

ADD_MEMBERS = sql("""
    INSERT INTO dataset_member (version_id, position, datapoint_id)
    SELECT :version, j.key, d.id FROM texts(:uids) j
    CROSS JOIN datapoint d ON d.organisation_id = :organisation AND d.uid = j.value
""")

LAST_KEY = sql("SELECT max(id) FROM version")


def upsert(ws: Workspace, kind: FileKind, body: JsonObject, query: JsonObject) -> VersionRow:
    """Create or find the Version that an action leads to: set, add or remove datapoints.

    Add and remove build on the Version the query picks, else on the newest created one [D]. Adding nothing
    returns the existing Version: clients find a dataset this way [C].
    """
    action = body.get("action") or "set"
    found = address(ws, kind, body)
    points = datapoints.identify(ws, body["datapoints"])
    uids = list(points)
    file = found or create(ws, kind, body["path"])
    attributes = body.get("attributes")
    if action != "set" and found is not None:
        picked = query.get("version_id") or query.get("environment")
        base = versions.resolve(ws, found, query) if picked else found.newest_version
        uids = _combine(ws.db.column(MEMBERS, version=base), uids, action)
        if attributes is None and base is not None:
            attributes = versions.content_of(ws, base)["attributes"]
    elif action == "remove":
        uids = []
    return _commit(ws, kind, file, attributes, uids, points, body)


def _combine(existing: list[str], given: list[str], action: str) -> list[str]:
    """Return the ids after adding to, or removing from, an ordered set."""
    if action == "add":
        return list(dict.fromkeys([*existing, *given]))
    gone = set(given)
    return [uid for uid in existing if uid not in gone]


def _commit(
    ws: Workspace,
    kind: FileKind,
    file: FileRow,
    attributes: Json,
    uids: list[str],
    points: Datapoints,
    names: JsonObject,
) -> VersionRow:
    """Return the Version with these datapoints and attributes, made when there is none."""
    newest = ws.db.value(LAST_KEY)
    version = commits.commit(ws, kind, file, {"attributes": attributes, "datapoints": uids}, names)
    if newest is None or version.id > newest:
        datapoints.store(ws, points)
        ws.db.run(ADD_MEMBERS, version=version.id, uids=uids, organisation=ws.organisation)
        ws.db.update(Version, version.id, datapoints_count=len(uids))
    return version


def show(ws: Workspace, key: int, query: JsonObject) -> Rendered:
    """Render a Version, with its datapoints when they are asked for."""
    extra = datapoints.of_versions(ws, [key])[key] if query.get("include_datapoints") else None
    return documents.version(ws, key, extra)


def get(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> Rendered:
    """Return a Dataset at the Version that the query picks, with its datapoints when they are asked for."""
    return show(ws, versions.resolve(ws, get_file(ws, kind, uid), query), query)


def list_versions(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> JsonObject:
    """List the Versions of a Dataset, newest first; `include_datapoints` fills those of the newest alone."""
    keys = versions.keys_of(ws, get_file(ws, kind, uid), query.get("status"))
    extra = datapoints.of_versions(ws, keys[:1]) if query.get("include_datapoints") else {}
    shown = documents.versions(ws, keys, extra=extra)
    return {"records": [shown[key] for key in keys]}


def list_datapoints(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> JsonObject:
    """List the datapoints of the Version that the query picks, in their order."""
    return datapoints.list_page(ws, versions.resolve(ws, get_file(ws, kind, uid), query), query)


def upload_csv(
    ws: Workspace, kind: FileKind, uid: str, content: bytes, names: JsonObject, query: JsonObject
) -> VersionRow:
    """Add the rows of a CSV file to the Version that the query picks, else to the default-deployed one [D]."""
    file = get_file(ws, kind, uid)
    base = versions.resolve(ws, file, query)
    points = datapoints.identify(ws, datapoints.read_csv(content))
    uids = _combine(ws.db.column(MEMBERS, version=base), list(points), "add")
    return _commit(ws, kind, file, versions.content_of(ws, base)["attributes"], uids, points, names)
