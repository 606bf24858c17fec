"""Flows: the shared routes, and one that only the first client calls."""

from ..json_types import JsonObject, Rendered
from ..kinds import FLOW
from ..schemas.logs import FlowLogResponse, TraceStatusUpdateRequest
from ..services.logs import updates
from ..services.workspace import Workspace
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(FLOW)


@blueprint.operation(
    "PATCH",
    "/flows/log/<trace_id>",
    body=TraceStatusUpdateRequest,
    response=FlowLogResponse,
    errors=(404, 409),
    older=True,
)
def update_trace(ws: Workspace, body: JsonObject, trace_id: str) -> Rendered:
    """Update fields of a Flow Log, as the client 0.8.0 does."""
    return updates.update(ws, FLOW, None, trace_id, body)
