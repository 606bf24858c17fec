"""The OpenTelemetry route, by which the decorators of the official SDKs record what they decorate."""

from typing import Any

from ..schemas.traces import TracesRequest, TracesResponse
from ..services.telemetry import decorators
from ..services.workspace import Workspace
from .blueprint import Blueprint

blueprint = Blueprint("otel", description="Spans of the decorators of the official SDKs.")


@blueprint.operation(
    "POST",
    "/import/otel/v1/traces",
    body=TracesRequest,
    body_location="text",
    response=TracesResponse,
    errors=(),
    atomic=False,
)
def import_traces(ws: Workspace, body: Any) -> Any:
    """Record the spans of decorated flows, tools and prompts; what cannot be recorded is skipped, never refused."""
    return {"records": decorators.record_all(ws, body)}
