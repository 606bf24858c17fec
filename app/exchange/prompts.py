"""Prompts and agents as `.prompt` and `.agent` files: the tree that `humanloop pull` makes [C], ready for git.

Each Prompt and Agent is one file, at its default version or at that of an environment; or all versions are written, in
a folder named after the Prompt. Existing files of the same name are overwritten, and others are left alone, as the
client does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from ..kinds import KINDS
from ..services.csv_text import written
from ..services.files.directories import join_path, split_path
from ..services.files.environments import environment_named
from ..services.text.serializer import serialize
from ..services.workspace import Workspace
from ..store.statement import Statement, sql
from .outputs import distinct, opened, safe_name, safe_path

INDEX = "versions.csv"


class VersionRow(NamedTuple):
    """A version with its File; `content` and the list of `environments` are JSON."""

    uid: str
    path: str
    kind: str
    version_uid: str
    version_name: str | None
    description: str | None
    created_at: str
    content: str
    environments: str


COLUMNS = """
    SELECT f.uid, f.path, f.kind, v.uid AS version_uid, v.name AS version_name, v.description, v.created_at, v.content,
           (SELECT list_of(name) FROM (
               SELECT e.name FROM deployment d JOIN environment e ON e.id = d.environment_id
               WHERE d.version_id = v.id ORDER BY e.id) AS listed) AS environments
    FROM file f
"""
WHERE = """
    WHERE f.organisation_id = :organisation AND f.deleted_at IS NULL AND v.deleted_at IS NULL
    AND f.kind IN (SELECT value FROM texts(:kinds)) ORDER BY f.path, f.id, v.created_at, v.id
"""

SHOWN = sql(f"{COLUMNS} JOIN version v ON v.id = f.shown_version {WHERE}", VersionRow)

DEPLOYED = sql(
    f"""
    {COLUMNS} JOIN deployment p ON p.file_id = f.id AND p.environment_id = :environment
    JOIN version v ON v.id = p.version_id {WHERE}
""",
    VersionRow,
)

ALL = sql(f"{COLUMNS} JOIN version v ON v.file_id = f.id {WHERE}", VersionRow)


@dataclass(frozen=True)
class Written:
    """How many files an export wrote, and which of them could not have their own name."""

    files: int
    renamed: dict[str, str]


def export_prompts(ws: Workspace, folder: Path, environment: str | None = None) -> Written:
    """Write each Prompt and Agent at its default version, or at the one deployed to an environment, if any.

    NotFound: there is no such environment.
    """
    with ws.reading():
        if environment is None:
            rows = _rows(ws, SHOWN)
        else:
            rows = _rows(ws, DEPLOYED, environment=environment_named(ws, environment).id)
    paths = distinct([_choices(row) for row in rows])
    _write(folder, rows, paths)
    renamed = {row.path: path for row, path in zip(rows, paths, strict=True) if path != f"{_pulled(row)}.{row.kind}"}
    return Written(len(rows), renamed)


def export_versions(ws: Workspace, folder: Path) -> Written:
    """Write all versions of each Prompt and Agent to `<path>/<version id>`, and a table of them to `versions.csv`."""
    with ws.reading():
        rows = _rows(ws, ALL)
    wanted = [f"{row.path}/{row.version_uid}.{row.kind}" for row in rows]
    _, *paths = distinct([[INDEX], *map(_choices_of_version, rows)])
    _write(folder, rows, paths)
    names = ("path", "version_id", "version_name", "description", "created_at", "environments", "file")
    table = (
        (r.path, r.version_uid, r.version_name, r.description, r.created_at, ", ".join(orjson.loads(r.environments)), p)
        for r, p in zip(rows, paths, strict=True)
    )
    with opened(folder, INDEX) as file:
        file.writelines(text.encode() for text in written(names, table))
    return Written(len(rows) + 1, {own: path for own, path in zip(wanted, paths, strict=True) if own != path})


def _rows(ws: Workspace, statement: Statement[VersionRow], **values: int) -> list[VersionRow]:
    kinds = [kind.type for kind in KINDS.values() if kind.text]
    return ws.db.all(statement, organisation=ws.organisation, kinds=kinds, **values)


def _write(folder: Path, rows: list[VersionRow], paths: list[str]) -> None:
    for row, path in zip(rows, paths, strict=True):
        with opened(folder, path) as file:
            file.write(serialize(orjson.loads(row.content)).encode())


def _pulled(row: VersionRow) -> str:
    """Return the path that the client would use: it drops what follows the last dot, as an extension [C]."""
    directory, name = split_path(row.path)
    stem, dot, ending = name.rpartition(".")
    return join_path(directory, stem if stem and dot and ending else name)


def _choices(row: VersionRow) -> list[str]:
    return [safe_path(name, f".{row.kind}") for name in (_pulled(row), row.path, f"{row.path}~{row.uid}")]


def _choices_of_version(row: VersionRow) -> list[str]:
    folders = (row.path, f"{row.path}~{row.uid}")
    return [f"{safe_path(folder)}/{safe_name(row.version_uid, f'.{row.kind}')}" for folder in folders]
