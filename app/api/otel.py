"""The OpenTelemetry route, to which the official SDKs' decorators and other exporters send spans."""

from flask import Response, request

from ..json_types import JsonObject
from ..schemas.traces import TracesRequest, TracesResponse
from ..services.telemetry import recording
from ..services.telemetry.recording import PROTOBUF, read_json, read_protobuf
from ..services.workspace import Workspace
from .blueprint import Blueprint

blueprint = Blueprint("otel", description="Spans of the official SDKs' decorators, and of OpenTelemetry.")


@blueprint.operation(
    "POST",
    "/import/otel/v1/traces",
    body=TracesRequest,
    body_location="raw",
    response=TracesResponse,
    binary=PROTOBUF,
    errors=(),
    atomic=False,
)
def import_traces(ws: Workspace, body: bytes) -> JsonObject | Response:
    """Record spans of decorated functions and of models; those that cannot be recorded are skipped, never refused.

    Exporters that send protobuf expect protobuf: an empty message, which says that all spans were accepted [C].
    """
    if request.mimetype == PROTOBUF:
        recording.record_all(ws, read_protobuf(body))
        return Response(content_type=PROTOBUF)
    return {"records": recording.record_all(ws, read_json(body))}
