"""Tools."""

from ..json_types import JsonObject
from ..schemas import logs, tools
from .base import COMMON_LOG_FIELDS, Content, FileKind, LogKind


def describe(content: Content) -> JsonObject:
    """Render the content, with the parameters of its function as inputs and as a signature [A]."""
    function = content["function"] or {}
    properties = ((function.get("parameters") or {}).get("properties")) or {}
    names = list(properties) if isinstance(properties, dict) else []
    return {
        **content,
        "inputs": [{"name": name} for name in names],
        "signature": f"{function['name']}({', '.join(names)})" if function else None,
    }


CONTENT = ("function", "source_code", "setup_values", "attributes", "tool_type")
TOOL = FileKind(
    type="tool",
    id_prefix="tl",
    version_prefix="tv",
    request=tools.ToolRequest,
    response=tools.ToolResponse,
    listing=tools.ListTools,
    content=tools.ToolContent,
    content_fields=CONTENT,
    describe=describe,
    log=LogKind(
        request=logs.ToolLogRequest,
        created=logs.CreateToolLogResponse,
        update=logs.ToolLogUpdateRequest,
        response=logs.ToolLogResponse,
        content_key="tool",
        fields=(*COMMON_LOG_FIELDS, "output_message"),
        file_key="tool_id",
        session=True,
        update_name="update",
        empty=dict.fromkeys(CONTENT),
    ),
)
