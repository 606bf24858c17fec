"""Deployments: which Version of a File an environment runs."""

from typing import Any

from ...errors import NotFound
from ...json_types import JsonObject
from ...kinds.base import FileKind
from ...store.models import Deployment, Environment
from ...store.statement import arg as given
from ...store.statement import kept
from ..workspace import Workspace
from . import documents
from .bare_documents import environment_document
from .environments import get_environment
from .files import get_file, touch
from .versions import get_version, refresh_shown


@kept
def _all_with_deployment() -> Any:
    on = (Deployment.environment == Environment.id) & (Deployment.file == given("file"))
    return (
        Environment.select(Environment, Deployment.version)
        .left_outer_join(Deployment, on=on)
        .where(Environment.organisation == given("organisation"))
        .order_by(Environment.id)
    )


@kept
def _remove() -> Any:
    return Deployment.delete().where(Deployment.file == given("file"), Deployment.environment == given("environment"))


def deploy(ws: Workspace, kind: FileKind, uid: str, environment_id: str, version_id: str) -> Any:
    """Make an environment run a Version of the File, and return the Version."""
    file = get_file(ws, kind, uid)
    environment = get_environment(ws, environment_id)
    version = get_version(ws, file, version_id, loc=("query", "version_id"))
    ws.db.run(_remove(), file=file.id, environment=environment.id)
    ws.db.insert(Deployment, file=file.id, environment=environment.id, version=version.id, created_at=ws.now())
    refresh_shown(ws, file)
    touch(ws, file)
    return documents.version(ws, version.id)


def undeploy(ws: Workspace, kind: FileKind, uid: str, environment_id: str) -> None:
    """Take away whatever Version of the File an environment runs; nothing deployed there: NotFound [A]."""
    file = get_file(ws, kind, uid)
    environment = get_environment(ws, environment_id)
    if not ws.db.run(_remove(), file=file.id, environment=environment.id):
        raise NotFound(
            "Deployment not found.",
            f"No version is deployed to environment with ID '{environment_id}'.",
            loc=("path", "environment_id"),
        )
    refresh_shown(ws, file)
    touch(ws, file)


def list_deployments(ws: Workspace, kind: FileKind, uid: str) -> list[JsonObject]:
    """List every environment with the Version of the File that it runs, or null [D]."""
    file = get_file(ws, kind, uid)
    rows = ws.db.all(_all_with_deployment(), organisation=ws.organisation, file=file.id)
    shown = documents.versions(ws, [row.version_id for row in rows if row.version_id])
    return [environment_document(row) | {"file": shown.get(row.version_id)} for row in rows]
