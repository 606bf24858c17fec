"""The routes that all kinds of File share, made by one factory."""

from ..json_types import JsonObject, Rendered
from ..kinds.base import FileKind, LogKind, TextKind
from ..schemas.files import (
    CommitRequest,
    DeploymentQuery,
    EvaluatorActivationDeactivationRequest,
    FileEnvironmentResponse,
    FileListQuery,
    UpdateVersionRequest,
    VersionListQuery,
    VersionQuery,
)
from ..schemas.paging import paginated
from ..services.files import commits, deployments, documents, files, monitoring, versions
from ..services.logs import logs, updates
from ..services.text import texts
from ..services.workspace import Workspace
from .blueprint import Blueprint

PLAIN_TEXT = "text/plain; charset=utf-8"
TEXT = {"type": "string"}


def versioned_file_blueprint(kind: FileKind) -> Blueprint:
    """Return the blueprint of a kind, with the shared routes."""
    blueprint = Blueprint(kind.collection, description=f"{kind.title}s and their versions.")
    _file_routes(blueprint, kind)
    _version_routes(blueprint, kind)
    _deployment_routes(blueprint, kind)
    if kind.content is not None:
        _content_routes(blueprint, kind)
    if kind.monitorable:
        _monitoring_routes(blueprint, kind)
    if kind.log is not None:
        _log_routes(blueprint, kind, kind.log)
    if kind.text is not None:
        _text_routes(blueprint, kind, kind.text)
    return blueprint


def _file_routes(blueprint: Blueprint, kind: FileKind) -> None:
    root = f"/{kind.collection}"

    @blueprint.operation("GET", root, query=FileListQuery, response=paginated(kind.response), errors=())
    def list_files(ws: Workspace, query: JsonObject) -> JsonObject:
        """List the Files of this kind, each at its default version."""
        page = files.list_files(ws, [kind], query)
        shown = documents.versions(ws, [row.id for row in page.rows])
        return page.render(lambda row: shown[row.id])

    @blueprint.operation("PATCH", f"{root}/<id>", body=kind.move, response=kind.response, errors=(404, 409))
    def move(ws: Workspace, body: JsonObject, id: str) -> Rendered:
        """Move or rename the File."""
        return files.move(ws, kind, id, body)

    @blueprint.operation("DELETE", f"{root}/<id>", status=204)
    def delete(ws: Workspace, id: str) -> None:
        """Delete the File."""
        files.delete(ws, kind, id)


def _content_routes(blueprint: Blueprint, kind: FileKind) -> None:
    root = f"/{kind.collection}"

    @blueprint.operation("POST", root, body=kind.request, response=kind.response, errors=(404, 409))
    def upsert(ws: Workspace, body: JsonObject) -> Rendered:
        """Create a File or a version of it; equal content gives the same version."""
        return documents.version(ws, commits.upsert(ws, kind, body).id)

    @blueprint.operation("GET", f"{root}/<id>", query=VersionQuery, response=kind.response)
    def get(ws: Workspace, query: JsonObject, id: str) -> Rendered:
        """Get a version of the File, by default the one deployed to the default environment."""
        return versions.get(ws, kind, id, query)

    @blueprint.operation("GET", f"{root}/<id>/versions", query=VersionListQuery, response=kind.listing)
    def list_versions(ws: Workspace, query: JsonObject, id: str) -> JsonObject:
        """List the versions of the File, newest first."""
        keys = versions.keys_of(ws, files.get_file(ws, kind, id), query.get("status"))
        extra = monitoring.aggregates_of(ws, keys) if query.get("evaluator_aggregates") else None
        shown = documents.versions(ws, keys, extra=extra)
        return {"records": [shown[key] for key in keys]}


def _version_routes(blueprint: Blueprint, kind: FileKind) -> None:
    rule = f"/{kind.collection}/<id>/versions/<version_id>"

    @blueprint.operation("PATCH", rule, body=UpdateVersionRequest, response=kind.response, errors=(404, 409))
    def update_version(ws: Workspace, body: JsonObject, id: str, version_id: str) -> Rendered:
        """Set the name and description of a version."""
        return commits.update(ws, kind, id, version_id, body)

    @blueprint.operation("POST", f"{rule}/commit", body=CommitRequest, response=kind.response, older=True)
    def commit_version(ws: Workspace, body: JsonObject, id: str, version_id: str) -> Rendered:
        """Describe a version, as clients up to 0.8.29 do; every version is committed from the start."""
        return commits.update(ws, kind, id, version_id, body)

    @blueprint.operation("DELETE", rule, status=204, errors=(404, 409))
    def delete_version(ws: Workspace, id: str, version_id: str) -> None:
        """Delete a version that is not deployed."""
        commits.delete(ws, kind, id, version_id)


def _deployment_routes(blueprint: Blueprint, kind: FileKind) -> None:
    root = f"/{kind.collection}/<id>/environments"

    @blueprint.operation("GET", root, response=FileEnvironmentResponse(many=True))
    def list_environments(ws: Workspace, id: str) -> list[JsonObject]:
        """List the environments, each with the version deployed to it."""
        return deployments.list_deployments(ws, kind, id)

    @blueprint.operation("POST", f"{root}/<environment_id>", query=DeploymentQuery, response=kind.response)
    def set_deployment(ws: Workspace, query: JsonObject, id: str, environment_id: str) -> Rendered:
        """Deploy a version to an environment."""
        return deployments.deploy(ws, kind, id, environment_id, query["version_id"])

    @blueprint.operation("DELETE", f"{root}/<environment_id>", status=204)
    def remove_deployment(ws: Workspace, id: str, environment_id: str) -> None:
        """Remove the deployment to an environment."""
        deployments.undeploy(ws, kind, id, environment_id)


def _monitoring_routes(blueprint: Blueprint, kind: FileKind) -> None:
    body = EvaluatorActivationDeactivationRequest

    @blueprint.operation("POST", f"/{kind.collection}/<id>/evaluators", body=body, response=kind.response)
    def update_monitoring(ws: Workspace, body: JsonObject, id: str) -> Rendered:
        """Activate or deactivate Evaluators that monitor the File."""
        return monitoring.update(ws, kind, id, body)


def _log_routes(blueprint: Blueprint, kind: FileKind, log: LogKind) -> None:

    @blueprint.operation(
        "POST",
        f"/{kind.collection}/log",
        query=VersionQuery,
        body=log.request,
        response=log.created,
        errors=(404, 409),
        operation_id="log",
    )
    def create_log(ws: Workspace, query: JsonObject, body: JsonObject) -> JsonObject:
        """Log a use of the File; content in the body finds or creates a version."""
        return logs.create(ws, kind, body, query)

    if log.update is not None:

        @blueprint.operation(
            "PATCH",
            log.update_rule or f"/{kind.collection}/<id>/log/<log_id>",
            body=log.update,
            response=log.updated,
            errors=(404, 409),
            operation_id=log.update_name,
        )
        def update_log(ws: Workspace, body: JsonObject, log_id: str, id: str | None = None) -> Rendered:
            """Update fields of a Log."""
            return updates.update(ws, kind, id, log_id, body)


def _text_routes(blueprint: Blueprint, kind: FileKind, text: TextKind) -> None:
    root = f"/{kind.collection}"

    @blueprint.operation("GET", f"{root}/<id>/serialize", query=VersionQuery, content_type=PLAIN_TEXT, response=TEXT)
    def serialize(ws: Workspace, query: JsonObject, id: str) -> str:
        """Get a version as the text of a file."""
        return texts.serialize(ws, kind, id, query)

    @blueprint.operation(
        "POST", f"{root}/deserialize", body=text.request, response=text.content, errors=(), changes=False
    )
    def deserialize(ws: Workspace, body: JsonObject) -> JsonObject:
        """Read the content of a version from the text of a file."""
        return texts.load(kind, body[kind.type])
