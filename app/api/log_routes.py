"""The routes that create and update Logs of a kind."""

from ..json_types import JsonObject, Rendered
from ..kinds.base import FileKind, LogKind
from ..schemas.files import VersionQuery
from ..services.logs import logs, updates
from ..services.workspace import Workspace
from .blueprint import Blueprint


def add_log_routes(blueprint: Blueprint, kind: FileKind, log: LogKind) -> None:
    """Add the route that logs and, if Logs of the kind can be updated, the route for that."""

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
