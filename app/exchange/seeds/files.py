"""Files of a seed: their versions, where these are deployed, their variables, and who watches them."""

from typing import Any

import orjson

from ...kinds import JUDGES, KINDS
from ...kinds.base import FileKind
from ...schemas.datasets import CreateDatapointRequest
from ...services.files import datasets, deployments, monitoring, versions
from ...services.files import variables as tools
from ...services.files.paths import check_path
from ...services.workspace import Workspace
from . import shapes
from .names import Names, Stored, at
from .places import Place
from .reader import Folder

Item = tuple[dict[str, Any], dict[str, Any], Place]  # a File's own keys, the content beside them, and its place
NOTES = ("description", "tags", "readme")


def split(value: Any, place: Place) -> Item:
    """Check a File and tell its own keys from its content."""
    own, content = place.split(shapes.File, value)
    with place.at("path").blamed():
        check_path(own["path"])
    return own, content, place


def check_paths(items: list[Item]) -> None:
    """Raise where two documents have content for one path: that of one would become versions of the other's File."""
    places: dict[str, Place] = {}
    for own, content, place in items:
        if content or own.get("versions"):
            first = places.setdefault(own["path"], place)
            if first is not place:
                raise place.error(f"the file at the path {own['path']} stands in {first} already")


def order(item: Item) -> int:
    """Tell the turn of a File: those that may link to more types come later than what they link to."""
    return len(KINDS[item[0]["type"]].link_kinds)


def store(ws: Workspace, folder: Folder, names: Names, item: Item) -> None:
    """Store a File with its versions; without any it must have been stored before."""
    own, content, place = item
    kind = KINDS[own["type"]]
    for version, loc in _versions(own, content, place):
        _store_version(ws, folder, names, kind, own, version, loc)
    if own["path"] not in names.files:
        raise place.error(f"{own['path']} has no version: neither here nor in a document before this one")
    file = names.files[own["path"]]
    if file.kind is not kind:
        raise place.error(f"{file.path} is of type {file.kind.type}", "type")
    if "environment_variables" in own:
        variables = [{"name": name, "value": value} for name, value in own["environment_variables"].items()]
        with place.at("environment_variables").blamed():
            tools.set_variables(ws, kind, file.uid, variables)


def _versions(own: dict[str, Any], content: dict[str, Any], place: Place) -> list[tuple[Any, Place]]:
    """Return the versions under `versions`, or the one whose content stands beside the File's own keys."""
    if "versions" in own:
        if content:
            raise place.error("content belongs inside `versions`, or there are none", next(iter(content)))
        return [(version, place.at("versions", position)) for position, version in enumerate(own["versions"])]
    return [(content, place)] if content else []


def _store_version(
    ws: Workspace, folder: Folder, names: Names, kind: FileKind, own: dict[str, Any], value: Any, place: Place
) -> None:
    version, content = place.split(shapes.Version, value)
    ws = at(ws, version.get("created_at") or own.get("created_at"))
    if "datapoints" in content:
        rows = folder.rows(content["datapoints"], place.at("datapoints"))
        content["datapoints"] = [loc.load(CreateDatapointRequest, row) for row, loc in rows]
    _read_code(folder, content, place)
    _find_links(names, content, place)
    body = place.load(kind.request, content) | {name: own[name] for name in NOTES if name in own}
    body |= {"path": own["path"]}
    body |= {f"version_{name}": version[name] for name in ("name", "description") if name in version}
    with place.blamed():
        upserted = versions.upsert(ws, kind, body) if kind.content else datasets.upsert(ws, kind, body, {})
    shown = orjson.loads(orjson.dumps(upserted))
    file = names.files.setdefault(own["path"], Stored(kind, shown["id"], own["path"]))
    if shown["version_name"]:
        file.versions[shown["version_name"]] = shown["version_id"]
    for position, environment in enumerate(version["deployed_to"]):
        uid = names.environment_id(environment, place.at("deployed_to", position))
        deployments.deploy(ws, kind, file.uid, uid, shown["version_id"])


def _read_code(folder: Folder, content: dict[str, Any], place: Place) -> None:
    """Replace the names of files with code by what is in them: the code of an evaluator, or of a tool."""
    if "source_code" in content:
        content["source_code"] = folder.code(content["source_code"], place.at("source_code"))
    spec = content.get("spec")
    if isinstance(spec, dict) and "code" in spec:
        content["spec"] = {**spec, "code": folder.code(spec["code"], place.at("spec", "code"))}


def _find_links(names: Names, content: dict[str, Any], place: Place) -> None:
    """Replace the paths of linked Files by their ids: in `linked_tools`, and in the `link` of a tool."""
    linked = content.get("linked_tools")
    if isinstance(linked, list):
        places = [place.at("linked_tools", position) for position in range(len(linked))]
        content["linked_tools"] = [names.file(str(path), loc).uid for path, loc in zip(linked, places, strict=True)]
    listed = content.get("tools")
    if isinstance(listed, list):
        content["tools"] = [_linked(names, tool, place.at("tools", position)) for position, tool in enumerate(listed)]


def _linked(names: Names, tool: Any, place: Place) -> Any:
    if not isinstance(tool, dict) or "link" not in tool:
        return tool
    place = place.at("link")
    reference = place.load(shapes.Reference, tool["link"])
    file = names.file(reference["path"], place)
    link = {"file_id": file.uid}
    if "version" in reference:
        link["version_id"] = names.version_id(file, reference["version"], place)
    if "environment" in reference:
        link["environment_id"] = names.environment_id(reference["environment"], place)
    return {**tool, "link": link}


def watch(ws: Workspace, names: Names, item: Item) -> None:
    """Let the evaluators under `monitors` watch the File; only the active ones are at work."""
    own, _, place = item
    file = names.file(own["path"], place)
    for position, value in enumerate(own["monitors"]):
        loc = place.at("monitors", position)
        monitor = {"path": value, "state": "active"} if isinstance(value, str) else value
        if "environment" in monitor:
            environment = names.environment_id(monitor["environment"], loc)
            target = {"evaluator_id": names.file(monitor["path"], loc).uid, "environment_id": environment}
        else:
            target = {"evaluator_version_id": names.find(monitor, JUDGES, loc).uid}
        fields = ("activate",) if monitor["state"] == "active" else ("activate", "deactivate")
        with loc.blamed():
            monitoring.update(ws, file.kind, file.uid, {name: [target] for name in fields})
