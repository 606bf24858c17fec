"""Files of a seed: their versions and deployments, their environment variables and their monitors."""

from ...json_types import Json, JsonObject
from ...kinds import JUDGES, KINDS
from ...kinds.base import FileKind
from ...schemas.datasets import CreateDatapointRequest
from ...services.files import commits, datasets, deployments, files, monitoring
from ...services.files import variables as tool_variables
from ...services.files.directories import check_path
from ...services.workspace import Workspace
from . import shapes
from .locations import SourceLocation
from .names import Names, Stored, at
from .reader import Folder

Item = tuple[JsonObject, JsonObject, SourceLocation]
"""A File's own keys, the content beside them, and where it is written."""

NOTES = ("description", "tags", "readme")


def split(value: Json, location: SourceLocation) -> Item:
    """Check a File, and separate its own keys from its content."""
    own, content = location.split(shapes.File, value)
    with location.at("path").blamed():
        check_path(own["path"])
    return own, content, location


def check_paths(items: list[Item]) -> None:
    """Raise where two documents have content for the same path: one would become versions of the other's File."""
    locations: dict[str, SourceLocation] = {}
    for own, content, location in items:
        if content or own.get("versions"):
            first = locations.setdefault(own["path"], location)
            if first is not location:
                raise location.error(f"the file at the path {own['path']} is already in {first}")


def order(item: Item) -> int:
    """Return the turn of a File: the more types it may link to, the later it comes."""
    return len(KINDS[item[0]["type"]].link_kinds)


def store(ws: Workspace, folder: Folder, names: Names, item: Item) -> None:
    """Store a File with its versions; one without versions must be stored already."""
    own, content, location = item
    kind = KINDS[own["type"]]
    for version, loc in _versions(own, content, location):
        _store_version(ws, folder, names, kind, own, version, loc)
    if own["path"] not in names.files:
        raise location.error(f"{own['path']} has no version, neither here nor in an earlier document")
    file = names.files[own["path"]]
    if file.kind is not kind:
        raise location.error(f"{file.path} is of type {file.kind.type}", "type")
    if "environment_variables" in own:
        variables = [{"name": name, "value": value} for name, value in own["environment_variables"].items()]
        with location.at("environment_variables").blamed():
            tool_variables.set_variables(ws, kind, file.uid, variables)


def _versions(own: JsonObject, content: JsonObject, location: SourceLocation) -> list[tuple[Json, SourceLocation]]:
    """Return the versions under `versions`, or the one whose content is beside the File's own keys."""
    if "versions" in own:
        if content:
            raise location.error("content belongs inside `versions`, unless there are none", next(iter(content)))
        return [(version, location.at("versions", position)) for position, version in enumerate(own["versions"])]
    return [(content, location)] if content else []


def _store_version(
    ws: Workspace, folder: Folder, names: Names, kind: FileKind, own: JsonObject, value: Json, location: SourceLocation
) -> None:
    version, content = location.split(shapes.Version, value)
    ws = at(ws, version.get("created_at") or own.get("created_at"))
    if "datapoints" in content:
        rows = folder.rows(content["datapoints"], location.at("datapoints"))
        content["datapoints"] = [loc.load(CreateDatapointRequest, row) for row, loc in rows]
    _read_code(folder, content, location)
    _find_links(names, content, location)
    body = location.load(kind.request, content) | {name: own[name] for name in NOTES if name in own}
    body |= {"path": own["path"]}
    body |= {f"version_{name}": version[name] for name in ("name", "description") if name in version}
    with location.blamed():
        stored = commits.upsert(ws, kind, body) if kind.content else datasets.upsert(ws, kind, body, {})
    if own["path"] not in names.files:
        names.files[own["path"]] = Stored(kind, files.get_file_at(ws, own["path"]).uid, own["path"])
    file = names.files[own["path"]]
    if stored.name:
        file.versions[stored.name] = stored.uid
    for position, environment in enumerate(version["deployed_to"]):
        uid = names.environment_id(environment, location.at("deployed_to", position))
        deployments.deploy(ws, kind, file.uid, uid, stored.uid)


def _read_code(folder: Folder, content: JsonObject, location: SourceLocation) -> None:
    """Replace the name of a file by the code in it: the code of an evaluator, or of a tool."""
    if "source_code" in content:
        content["source_code"] = folder.code(content["source_code"], location.at("source_code"))
    spec = content.get("spec")
    if isinstance(spec, dict) and "code" in spec:
        content["spec"] = {**spec, "code": folder.code(spec["code"], location.at("spec", "code"))}


def _find_links(names: Names, content: JsonObject, location: SourceLocation) -> None:
    """Replace the paths of linked Files by their ids, in `linked_tools` and in the `link` of a tool."""
    linked = content.get("linked_tools")
    if isinstance(linked, list):
        locations = [location.at("linked_tools", position) for position in range(len(linked))]
        content["linked_tools"] = [names.file(str(path), loc).uid for path, loc in zip(linked, locations, strict=True)]
    listed = content.get("tools")
    if isinstance(listed, list):
        tools = location.at("tools")
        content["tools"] = [_linked(names, tool, tools.at(position)) for position, tool in enumerate(listed)]


def _linked(names: Names, tool: Json, location: SourceLocation) -> Json:
    if not isinstance(tool, dict) or "link" not in tool:
        return tool
    location = location.at("link")
    reference = location.load(shapes.Reference, tool["link"])
    file = names.file(reference["path"], location)
    link = {"file_id": file.uid}
    if "version" in reference:
        link["version_id"] = names.version_id(file, reference["version"], location)
    if "environment" in reference:
        link["environment_id"] = names.environment_id(reference["environment"], location)
    return {**tool, "link": link}


def monitor(ws: Workspace, names: Names, item: Item) -> None:
    """Add the evaluators under `monitors` to the File; the inactive ones are added and deactivated."""
    own, _, location = item
    file = names.file(own["path"], location)
    for position, value in enumerate(own["monitors"]):
        loc = location.at("monitors", position)
        watcher = {"path": value, "state": "active"} if isinstance(value, str) else value
        if "environment" in watcher:
            environment = names.environment_id(watcher["environment"], loc)
            target = {"evaluator_id": names.file(watcher["path"], loc).uid, "environment_id": environment}
        else:
            target = {"evaluator_version_id": names.find(watcher, JUDGES, loc).uid}
        fields = ("activate",) if watcher["state"] == "active" else ("activate", "deactivate")
        with loc.blamed():
            monitoring.update(ws, file.kind, file.uid, {name: [target] for name in fields})
