"""Prompts; and what Agents share with them: the content that goes to a language model."""

from ..json_types import JsonObject
from ..schemas import logs, prompts
from ..templating.templates import variables
from .base import COMMON_LOG_FIELDS, MODEL_LOG_FIELDS, Content, FileKind, Linked, LogKind, TextKind

MODEL_CONTENT = (
    "model",
    "endpoint",
    "template",
    "template_language",
    "provider",
    "max_tokens",
    "temperature",
    "top_p",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "other",
    "seed",
    "response_format",
    "reasoning_effort",
    "tools",
    "attributes",
)


def describe_model(content: Content) -> JsonObject:
    """Render the content of a model's Version, with the variables of its template as inputs."""
    names = variables(content["template"], content["template_language"])
    return {**content, "schema": None, "inputs": [{"name": name} for name in names]}


def describe(content: Content) -> JsonObject:
    """Render what never changes: all but the linked Tools."""
    shown = describe_model(content)
    del shown["linked_tools"]
    return shown


def links(content: Content) -> list[JsonObject]:
    """Name the linked Tools."""
    return [{"link": {"file_id": uid}} for uid in content["linked_tools"] or []]


def show_link(item: JsonObject, linked: Linked | None) -> JsonObject | None:
    """Show a linked Tool with its function; one without a function by its name alone."""
    if linked is None:
        return None
    unnamed = {"name": linked.name, "description": "", "strict": None, "parameters": None}
    function = linked.content.get("function") or unnamed
    return {**function, "id": linked.file_id, "version_id": linked.version_id}


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
    link_field="linked_tools",
    show_link=show_link,
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
