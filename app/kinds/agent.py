"""Agents."""

from ..json_types import JsonObject
from ..schemas import agents, files, logs
from .base import COMMON_LOG_FIELDS, MODEL_LOG_FIELDS, Content, FileKind, Linked, LogKind, TextKind
from .prompt import MODEL_CONTENT, describe_model


def describe(content: Content) -> JsonObject:
    """Render what never changes: all but the tools, which may be links."""
    shown = describe_model(content)
    del shown["tools"]
    return shown


def links(content: Content) -> list[JsonObject]:
    """Return the tools: the inline ones have no link."""
    return content["tools"] or []


def show_link(item: JsonObject, linked: Linked | None) -> JsonObject:
    """Show a tool, a linked one with its File."""
    return {**item, "file": linked.document if linked else None} if "link" in item else item


AGENT = FileKind(
    type="agent",
    id_prefix="ag",
    version_prefix="agv",
    request=agents.AgentRequest,
    response=agents.AgentResponse,
    listing=agents.ListAgents,
    content=agents.AgentContent,
    content_fields=(*MODEL_CONTENT, "max_iterations"),
    describe=describe,
    move=files.FileMove,
    on_request=("evaluator_aggregates", "raw_file_content"),
    links=links,
    link_kinds=frozenset({"prompt", "tool", "flow", "agent"}),
    link_field="tools",
    show_link=show_link,
    text=TextKind(request=agents.DeserializeAgentRequest, content=agents.AgentKernelRequest),
    asks=True,
    works=True,
    log=LogKind(
        request=logs.AgentLogRequest,
        created=logs.CreateAgentLogResponse,
        update=logs.AgentLogUpdateRequest,
        response=logs.AgentLogResponse,
        content_key="agent",
        fields=(*COMMON_LOG_FIELDS, *MODEL_LOG_FIELDS),
        file_key="agent_id",
        traces=True,
        updated=logs.AgentLogResponse,
    ),
)
