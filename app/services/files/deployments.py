"""Deployments: which Version of a File each environment has."""

from typing import NamedTuple

from ...errors import NotFound
from ...json_types import JsonObject, Rendered
from ...kinds.base import FileKind
from ...store.models import Deployment
from ...store.statement import sql
from ..workspace import Workspace
from . import documents
from .commits import refresh_shown
from .environments import get_environment
from .files import get_file
from .versions import get_version


class EnvironmentOfFile(NamedTuple):
    """An environment, with the Version of a File that is deployed to it."""

    uid: str
    name: str
    tag: str
    created_at: str
    version_id: int | None


ENVIRONMENTS = sql(
    """
    SELECT e.uid, e.name, e.tag, e.created_at, d.version_id FROM environment e
    LEFT JOIN deployment d ON d.environment_id = e.id AND d.file_id = :file
    WHERE e.organisation_id = :organisation ORDER BY e.id
    """,
    EnvironmentOfFile,
)

REMOVE = sql("DELETE FROM deployment WHERE file_id = :file AND environment_id = :environment")


def deploy(ws: Workspace, kind: FileKind, uid: str, environment_id: str, version_id: str) -> Rendered:
    """Deploy a Version of the File to an environment, and return the Version."""
    file = get_file(ws, kind, uid)
    environment = get_environment(ws, environment_id)
    version = get_version(ws, file, version_id, loc=("query", "version_id"))
    ws.db.run(REMOVE, file=file.id, environment=environment.id)
    ws.db.insert(Deployment, file=file.id, environment=environment.id, version=version.id, created_at=ws.now())
    refresh_shown(ws, file)
    return documents.version(ws, version.id)


def undeploy(ws: Workspace, kind: FileKind, uid: str, environment_id: str) -> None:
    """Remove the deployment of the File to an environment; nothing deployed there: NotFound [A]."""
    file = get_file(ws, kind, uid)
    environment = get_environment(ws, environment_id)
    if not ws.db.run(REMOVE, file=file.id, environment=environment.id):
        raise NotFound(
            "Deployment not found.",
            f"No version is deployed to the environment with ID '{environment_id}'.",
            loc=("path", "environment_id"),
        )
    refresh_shown(ws, file)


def list_deployments(ws: Workspace, kind: FileKind, uid: str) -> list[JsonObject]:
    """List every environment with the Version of the File that is deployed to it, or null [D]."""
    file = get_file(ws, kind, uid)
    rows = ws.db.all(ENVIRONMENTS, organisation=ws.organisation, file=file.id)
    shown = documents.versions(ws, [row.version_id for row in rows if row.version_id])
    return [documents.environment_document(row) | {"file": shown.get(row.version_id or 0)} for row in rows]
