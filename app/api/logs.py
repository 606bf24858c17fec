"""Logs of all kinds."""

from ..json_types import JsonObject, Rendered
from ..schemas.logs import DeleteLogsQuery, LogListQuery, LogResponse, PaginatedDataLogResponse
from ..services.logs import deletion, documents, lists
from ..services.workspace import Workspace
from .blueprint import Blueprint

blueprint = Blueprint("logs", description="Logs of Files of all kinds.")


@blueprint.operation("GET", "/logs", query=LogListQuery, response=PaginatedDataLogResponse, operation_id="list")
def list_logs(ws: Workspace, query: JsonObject) -> JsonObject:
    """List the Logs of a File, newest first."""
    return lists.list_logs(ws, query)


@blueprint.operation("DELETE", "/logs", query=DeleteLogsQuery, status=204)
def delete(ws: Workspace, query: JsonObject) -> None:
    """Delete Logs, with all Logs below them in their traces."""
    deletion.delete(ws, query.get("id", []))


@blueprint.operation("GET", "/logs/<id>", response=LogResponse)
def get(ws: Workspace, id: str) -> Rendered:
    """Get a Log, with its trace."""
    return documents.get(ws, id)
