"""Prompts."""

from ..json_types import JsonObject
from ..schemas import logs, prompts
from .base import COMMON_LOG_FIELDS, MODEL_LOG_FIELDS, Content, FileKind, Linked, LogKind, TextKind
from .models import MODEL_CONTENT, describe_model


def describe(content: Content) -> JsonObject:
    """Render what never changes: all but the linked Tools."""
    shown = describe_model(content)
    del shown["linked_tools"]
    return shown


def links(content: Content) -> list[JsonObject]:
    """Name the linked Tools."""
    return [{"link": {"file_id": uid}} for uid in content["linked_tools"] or []]


def show_links(items: list[JsonObject], linked: list[Linked | None]) -> JsonObject:
    """Show each linked Tool with its function; one without a function by its name alone."""
    shown = []
    for tool in linked:
        if tool is not None:
            unnamed = {"name": tool.name, "description": "", "strict": None, "parameters": None}
            function = tool.content.get("function") or unnamed
            shown.append({**function, "id": tool.file_id, "version_id": tool.version_id})
    return {"linked_tools": shown}


PROMPT = FileKind(
    type="prompt",
    id_prefix="pr",
    version_prefix="prv",
    request=prompts.PromptRequest,
    response=prompts.PromptResponse,
    listing=prompts.ListPrompts,
    content=prompts.PromptContent,
    content_fields=(*MODEL_CONTENT, "linked_tools"),
    describe=describe,
    on_request=("evaluator_aggregates", "raw_file_content"),
    links=links,
    link_kinds=frozenset({"tool"}),
    show_links=show_links,
    text=TextKind(request=prompts.DeserializePromptRequest, content=prompts.PromptKernelRequest),
    asks=True,
    log=LogKind(
        request=logs.PromptLogRequest,
        created=logs.CreatePromptLogResponse,
        update=logs.PromptLogUpdateRequest,
        response=logs.PromptLogResponse,
        content_key="prompt",
        fields=(*COMMON_LOG_FIELDS, *MODEL_LOG_FIELDS),
        file_key="prompt_id",
        session=True,
    ),
)
