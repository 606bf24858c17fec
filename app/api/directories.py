"""Directories."""

from ..json_types import JsonObject
from ..schemas.directories import (
    CreateDirectoryRequest,
    DirectoryResponse,
    DirectoryWithParentsAndChildrenResponse,
    UpdateDirectoryRequest,
)
from ..services.files import directories
from ..services.workspace import Workspace
from .blueprint import Blueprint

blueprint = Blueprint("directories", description="The tree of directories.")


@blueprint.operation("GET", "/directories", response=DirectoryResponse(many=True), errors=(), operation_id="list")
def list_directories(ws: Workspace) -> list[JsonObject]:
    """List all directories."""
    return directories.list_all(ws)


@blueprint.operation(
    "POST", "/directories", body=CreateDirectoryRequest, response=DirectoryResponse, status=201, errors=(404, 409)
)
def create(ws: Workspace, body: JsonObject) -> JsonObject:
    """Create a directory and its missing parents."""
    return directories.create(ws, body)


@blueprint.operation("GET", "/directories/<id>", response=DirectoryWithParentsAndChildrenResponse)
def get(ws: Workspace, id: str) -> JsonObject:
    """Get a directory with its contents and parents; `root` is the top directory."""
    return directories.describe(ws, id)


@blueprint.operation(
    "PATCH", "/directories/<id>", body=UpdateDirectoryRequest, response=DirectoryResponse, errors=(404, 409)
)
def update(ws: Workspace, body: JsonObject, id: str) -> JsonObject:
    """Rename or move a directory with all its contents."""
    return directories.update(ws, id, body)


@blueprint.operation("DELETE", "/directories/<id>", status=204, errors=(404, 409))
def delete(ws: Workspace, id: str) -> None:
    """Delete an empty directory."""
    directories.delete(ws, id)
