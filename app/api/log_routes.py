"""The routes by which Logs of a kind are made and changed."""

from ..json_types import Json, JsonObject
from ..kinds.base import FileKind, LogKind
from ..schemas.files import VersionQuery
from ..services.logs import logs, updates
from ..services.workspace import Workspace
from .blueprint import Blueprint


def add_log_routes(blueprint: Blueprint, kind: FileKind, log: LogKind) -> None:
    """Add the log route of a kind and, where its Logs can be changed, the route for that."""

    @blueprint.operation(
        "POST",
        f"/{kind.collection}/log",
        query=VersionQuery,
        body=log.request,
        response=log.created,
        errors=(404, 409),
        operation_id="log",
    )
    def create_log(ws: Workspace, query: JsonObject, body: JsonObject) -> Json:
        """Log a run of the File; content in the body finds or creates a version."""
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
        def update_log(ws: Workspace, body: JsonObject, log_id: str, id: str | None = None) -> Json:
            """Change fields of a Log."""
            return updates.update(ws, kind, id, log_id, body)
