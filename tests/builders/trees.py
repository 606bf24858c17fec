"""Trees as they lie on disk, and all that an API answers about what came from one."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask

from humanloop_emulator.exchange.tree.exporter import export_tree
from humanloop_emulator.exchange.tree.importer import Report, import_tree
from humanloop_emulator.json_types import Json
from humanloop_emulator.services.workspace import Workspace, open_workspace
from tests.conftest import Api

from .files import KINDS

ALL = {"size": 1000}
OURS = ("emulator.json", "logs.jsonl")
ID = re.compile(
    r"\b((?:pr|prv|tl|tv|fl|flv|ag|agv|ds|dsv|dp|ev|evv|evr|rn|log|dir|env|usr)_[0-9A-Za-z]{7})([0-9A-Za-z]{14,20})\b"
)
"""An id in two parts: the first one stands in the reports of stats."""


def workspace_of(app: Flask, organisation: str = "default") -> Workspace:
    """Return what the services know an organisation of an application by."""
    emulator = app.extensions["emulator"]
    return open_workspace(emulator.db, organisation, emulator.clock, emulator.ids, lambda: "http://localhost")


def export_to(app: Flask, folder: Path, **options: Any) -> Path:
    """Export what is behind an application, and return the folder."""
    export_tree(workspace_of(app), folder, **options)
    return folder


def import_from(app: Flask, folder: Path, **options: Any) -> Report:
    """Import a tree behind an application."""
    return import_tree(workspace_of(app), folder, **options)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def documents(folder: Path, pattern: str) -> list[Json]:
    """Return the records of the files that match, page by page."""
    paths = sorted(folder.glob(pattern), key=lambda path: (len(path.name), path.name))
    return [orjson.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def edit(path: Path, change: Callable[[Json], None]) -> None:
    """Change the record of a file in place."""
    record = orjson.loads(path.read_bytes())
    change(record)
    path.write_bytes(orjson.dumps(record))


def make_official(source: Path, target: Path) -> Path:
    """Copy a tree as another service would have written it: without what is ours, and with ids that nothing derives."""

    def swap(text: str) -> str:
        return ID.sub(lambda match: match[1] + match[2][::-1], text)

    for name, content in contents(source).items():
        path = Path(name)
        if path.name not in OURS and "deleted" not in path.parts:
            copy = target / swap(name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(swap(content.decode()).encode())
    shutil.rmtree(source)
    return target


def without_logs(tree: Path) -> Path:
    """Take all Logs out of a tree, in place: as the official script writes it by default."""
    for folder in [*tree.glob("files/*/logs"), *tree.glob("files/*/evaluations/*/logs")]:
        shutil.rmtree(folder)
    return tree


def answers(api: Api, *evaluations: str) -> dict[str, bytes]:
    """Return the bytes that every route which reads answers, about everything; further Evaluations by id."""
    found: dict[str, bytes] = {}

    def read(path: str, **query: Any) -> Any:
        response = api.request("GET", path, query_string=query)
        assert response.status_code == 200, response.text
        found[f"{path} {query}"] = response.data
        return response.get_json(silent=True)

    def evaluation(path: str) -> None:
        for part in ("", "/runs", "/stats"):
            read(path + part)
        read(path + "/logs", **ALL)

    for directory in read("/directories"):
        read(f"/directories/{directory['id']}")
    read("/files", include_raw_file_content=True, **ALL)
    for sort in ("name", "created_at", "updated_at"):
        read("/files", sort_by=sort, environment="production", user_filter="e", **ALL)
    for kind in KINDS:
        for file in read(f"/{kind}s", **ALL)["records"]:
            _read_file(read, evaluation, kind, file["id"])
    for uid in evaluations:
        evaluation(f"/evaluations/{uid}")
    return found


def _read_file(read: Any, evaluation: Any, kind: str, uid: str) -> None:
    path = f"/{kind}s/{uid}"
    read(path)
    read(path + "/environments")
    if kind == "dataset":
        for version in read(path + "/versions", include_datapoints="latest_saved")["records"]:
            read(path, version_id=version["version_id"], include_datapoints=True)
            read(path + "/datapoints", version_id=version["version_id"], **ALL)
        return
    for version in read(path + "/versions", evaluator_aggregates=True)["records"]:
        if kind in ("prompt", "agent"):
            read(path + "/serialize", version_id=version["version_id"])
    if kind == "tool":
        read(path + "/environment-variables")
    logs = read("/logs", file_id=uid, include_trace_children=True, include_parent=True, **ALL)
    for log in logs["records"]:
        read(f"/logs/{quote(log['id'])}")
    for item in read("/evaluations", file_id=uid, **ALL)["records"]:
        evaluation(f"/evaluations/{item['id']}")


def files_of(tree: Path) -> list[tuple[Path, Json]]:
    return [(path.parent, orjson.loads(path.read_bytes())) for path in sorted(tree.glob("files/*/file.json"))]


def named(tree: Path, name: str) -> tuple[Path, Json]:
    """Return the folder and the document of the File `home/<name>`."""
    return next((folder, file) for folder, file in files_of(tree) if file["path"] == f"home/{name}")


def page(api: Api, path: str, **query: Any) -> list[Json]:
    records: list[Json] = api.get(path, query_string={"size": 1000, **query})["records"]
    return records
