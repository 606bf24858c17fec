"""The routes by which Logs of a kind are made and changed."""

from typing import Any

from marshmallow import Schema

from ..kinds.base import FileKind
from ..schemas.files import VersionQuery
from ..schemas.logs import LogResponse
from ..services.logs import logs
from ..services.workspace import Workspace
from .blueprint import Blueprint


def add_log_routes(
    blueprint: Blueprint,
    kind: FileKind,
    *,
    update: str = "",
    update_name: str = "",
    updated: type[Schema] = LogResponse,
) -> None:
    """Add the log route of a kind and, where it has one, the route that changes a Log and answers `updated`."""
    log = kind.log
    assert log is not None

    @blueprint.operation(
        "POST",
        f"/{kind.collection}/log",
        query=VersionQuery,
        body=log.request,
        response=log.created,
        errors=(404, 409),
        operation_id="log",
    )
    def create_log(ws: Workspace, query: dict[str, Any], body: dict[str, Any]) -> Any:
        """Log a run of the File; content in the body finds or creates a version."""
        return logs.create(ws, kind, body, query)

    if log.update is not None:

        @blueprint.operation(
            "PATCH", update, body=log.update, response=updated, errors=(404, 409), operation_id=update_name
        )
        def update_log(ws: Workspace, body: dict[str, Any], log_id: str, id: str | None = None) -> Any:
            """Change fields of a Log."""
            return logs.update(ws, kind, id, log_id, body)
