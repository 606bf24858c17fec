"""Files of all kinds."""

from ..json_types import JsonObject, Rendered
from ..kinds import KINDS
from ..schemas.files import AnyFileListQuery, FileResponse, RetrieveByPathQuery, RetrieveByPathRequest
from ..schemas.paging import paginated
from ..services.files import documents, files, versions
from ..services.text import texts
from ..services.workspace import Workspace
from .blueprint import Blueprint

blueprint = Blueprint("files", description="Files of all kinds.")
PAGE = "PaginatedDataUnionPromptResponseToolResponseDatasetResponseEvaluatorResponseFlowResponseAgentResponse"


@blueprint.operation("GET", "/files", query=AnyFileListQuery, response=paginated(FileResponse, PAGE))
def list_files(ws: Workspace, query: JsonObject) -> JsonObject:
    """List Files of all kinds, or those of some kinds, in a directory or deployed to an environment."""
    kinds = [KINDS[name] for name in query.get("type") or KINDS]
    page = files.list_files(ws, kinds, query)
    keys = [row.id for row in page.rows]
    extra = texts.raw_content(ws, keys) if query.get("include_raw_file_content") else None
    shown = documents.versions(ws, keys, extra=extra)
    return page.render(lambda row: shown[row.id])


@blueprint.operation(
    "POST",
    "/files/retrieve-by-path",
    query=RetrieveByPathQuery,
    body=RetrieveByPathRequest,
    response=FileResponse,
    changes=False,
)
def retrieve_by_path(ws: Workspace, query: JsonObject, body: JsonObject) -> Rendered:
    """Get the File at a path, by default at the version deployed to the default environment."""
    key = versions.resolve(ws, files.get_file_at(ws, body["path"]), query)
    extra = texts.raw_content(ws, [key]) if query.get("include_raw_file_content") else {}
    return documents.version(ws, key, extra.get(key))
