"""What a Version asks of a model: its template filled, the caller's messages behind it, its parameters and tools."""

from collections.abc import Mapping
from typing import Any

from ..kinds.base import Content
from ..services.files import links
from ..services.workspace import Workspace
from ..templating.templates import populate
from .providers.base import Message, ModelRequest

PARAMETERS = (
    "max_tokens",
    "temperature",
    "top_p",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "response_format",
    "reasoning_effort",
    "other",
)
UNLIMITED = -1


def build(
    ws: Workspace,
    content: Content,
    *,
    inputs: Mapping[str, Any] | None,
    messages: list[Message] | None = None,
    tools: list[dict[str, Any]] | None = None,
    **options: Any,
) -> ModelRequest:
    """Return the request of a Prompt's or Agent's content; a missing input is Invalid.

    A template that is a text goes to a chat model as the system message, or as the user's where the caller gives no
    messages [A]; to the other endpoints it goes as the text to complete.
    """
    filled = populate(content["template"], content["template_language"], inputs)
    conversation = list(messages or [])
    text = None
    if isinstance(filled, str):
        if content["endpoint"] == "chat":
            conversation.insert(0, {"role": "system" if conversation else "user", "content": filled})
        else:
            text = filled
    else:
        conversation = [*(filled or []), *conversation]
    return ModelRequest(
        provider=content["provider"],
        model=content["model"],
        messages=conversation,
        text=text,
        parameters=_parameters(content),
        tools=_functions(ws, content) if tools is None else tools,
        inputs=inputs or {},
        **options,
    )


def _parameters(content: Content) -> dict[str, Any]:
    given = {name: content.get(name) for name in PARAMETERS}
    return {
        name: value
        for name, value in given.items()
        if value is not None and not (name == "max_tokens" and value == UNLIMITED)
    }


def _functions(ws: Workspace, content: Content) -> list[dict[str, Any]]:
    """Return the functions of a Prompt's own tools and of those it is linked to, in this organisation."""
    items = [{"link": {"file_id": uid}} for uid in content.get("linked_tools") or []]
    linked = links.resolve(ws, {0: items})[0] if items else []
    functions = [tool.content["function"] for tool in linked if tool and tool.content.get("function")]
    return [*(content.get("tools") or []), *functions]
