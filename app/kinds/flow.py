"""Flows."""

from ..schemas import files, flows, logs
from .base import COMMON_LOG_FIELDS, FileKind, LogKind

FLOW = FileKind(
    type="flow",
    id_prefix="fl",
    version_prefix="flv",
    request=flows.FlowRequest,
    response=flows.FlowResponse,
    listing=flows.ListFlows,
    content=flows.FlowContent,
    content_fields=("attributes",),
    describe=lambda content: {**content, "schema": None},
    counts=("version_logs_count",),
    move=files.FileMove,
    log=LogKind(
        request=logs.FlowLogRequest,
        created=logs.CreateFlowLogResponse,
        update=logs.FlowLogUpdateRequest,
        response=logs.FlowLogResponse,
        content_key="flow",
        fields=(*COMMON_LOG_FIELDS, "messages", "output_message"),
        file_key="flow_id",
        traces=True,
        update_rule="/flows/logs/<log_id>",
        updated=logs.FlowLogResponse,
        empty={"attributes": {}},
    ),
)
