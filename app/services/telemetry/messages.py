"""The messages of a model's span, in the form of all generations of provider instrumentation [C].

The first wrote one attribute for each field of each message (`gen_ai.prompt.0.role`), the second writes one JSON text
for all of them, with the content in typed parts. In between, they were events of the span.
"""

from collections.abc import Iterator
from dataclasses import replace

from ...json_types import Json, JsonObject, plain_text
from .attributes import is_index, loaded
from .otlp import Event, Span, at

ROLES = {
    **{role: role for role in ("user", "assistant", "system", "tool", "developer")},
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
}


DETAILS = "gen_ai.client.inference.operation.details"  # an event with the attributes that are not on the span
TEXTS = {"gen_ai.content.prompt": "prompt", "gen_ai.content.completion": "completion"}  # a list as JSON text
SAID = tuple(f"gen_ai.{role}.message" for role in ("system", "user", "assistant", "tool"))  # one message each
CHOICE = "gen_ai.choice"


def with_events(span: Span) -> Span:
    """Return a span with the messages that its events hold, as attributes of the first generation or the second."""
    details: Json = None
    said: dict[str, list[JsonObject]] = {}
    for event in span.events:
        if event.name == DETAILS:
            details = event.attributes.get("gen_ai")
        elif event.name in TEXTS:
            name = TEXTS[event.name]
            said.setdefault(name, []).extend(numbered(loaded(at(event.attributes, f"gen_ai.{name}"))))
        elif event.name in SAID:
            said.setdefault("prompt", []).append(_of_event(event))
        elif event.name == CHOICE:
            said.setdefault("completion", []).append(_of_event(event))
    if not said and not isinstance(details, dict):
        return span
    own = {**span.tree("gen_ai"), **(details if isinstance(details, dict) else {}), **said}
    return replace(span, attributes={**span.attributes, "gen_ai": own})


def _of_event(event: Event) -> JsonObject:
    """Return the message of an event, which has the role in its name, and the rest in its attributes or as JSON."""
    told = loaded(at(event.attributes, "gen_ai.event.content"))
    told = told if isinstance(told, dict) else event.attributes
    message = told.get("message")
    fields = {**told, **message} if isinstance(message, dict) else dict(told)
    role = "assistant" if event.name == CHOICE else event.name.split(".")[1]
    calls = fields.get("tool_calls")
    calls = [
        {**call, **call["function"]} for call in numbered(calls) if isinstance(call.get("function"), dict)
    ] or calls
    return {"role": role, "tool_call_id": fields.get("id"), **fields, "tool_calls": calls}


def given(span: Span) -> list[JsonObject]:
    """Return the messages that the model was given."""
    instructions = _parts(loaded(span.at("gen_ai.system_instructions")))
    system = list(_of_parts({"role": "system", "parts": instructions}, "system")) if instructions else []
    return system + _messages(span, "gen_ai.input.messages", "gen_ai.prompt", "llm.prompts", role="user")


def answered(span: Span) -> JsonObject | None:
    """Return the first message that the model gave."""
    messages = _messages(span, "gen_ai.output.messages", "gen_ai.completion", "llm.completions", role="assistant")
    return messages[0] if messages else None


def _messages(span: Span, second: str, *first: str, role: str) -> list[JsonObject]:
    listed = loaded(span.at(second))
    if isinstance(listed, list):
        return [made for message in listed if isinstance(message, dict) for made in _of_parts(message, role)]
    return [_of_fields(message, role) for message in numbered(span.at(*first))]


def numbered(value: Json) -> list[JsonObject]:
    """Return the objects of a list; one that has other attributes beside its members was not recognised as a list."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(filter(is_index, value), key=int)]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _role(message: JsonObject, role: str) -> str:
    return ROLES.get(str(message.get("role")).lower(), role)


def _of_fields(message: JsonObject, role: str) -> JsonObject:
    """Return a message of the first generation."""
    return {
        "role": _role(message, role),
        "content": _content(message.get("content")),
        "tool_call_id": message.get("tool_call_id"),
        "tool_calls": [_tool_call(call, n) for n, call in enumerate(numbered(message.get("tool_calls")))] or None,
    }


def _content(text: Json) -> Json:
    """Return content; the list of its typed parts was written as JSON."""
    parts = loaded(text)
    if isinstance(parts, list) and parts and all(isinstance(part, dict) and _is_part(part) for part in parts):
        return parts
    return text


def _is_part(part: JsonObject) -> bool:
    return any(part.get("type") == kind and kind in part for kind in ("text", "image_url"))


def _tool_call(call: JsonObject, number: int) -> JsonObject:
    """Return a tool call; one without an id gets its place in the message as one."""
    arguments = call.get("arguments")
    given = arguments if isinstance(arguments, str) else arguments or {}
    return tool_call(call.get("id") or f"call_{number}", call.get("name"), given)


def tool_call(uid: Json, name: Json, arguments: Json) -> JsonObject:
    """Return a tool call as messages hold it; its arguments are JSON text already, or become it."""
    function = {"name": str(name), "arguments": plain_text(arguments)}
    return {"id": str(uid), "type": "function", "function": function}


def _parts(value: Json) -> list[JsonObject]:
    """Return the parts of a message of the second generation; content may also be plain text."""
    if isinstance(value, str):
        return [{"type": "text", "content": value}]
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _of_parts(message: JsonObject, role: str) -> Iterator[JsonObject]:
    """Yield the messages that a message of the second generation holds: each tool's answer is one of its own."""
    parts = _parts(message.get("parts", message.get("content")))
    of_type: dict[str, list[JsonObject]] = {}
    for part in parts:
        of_type.setdefault(str(part.get("type")), []).append(part)
    for part in of_type.get("tool_call_response", []):
        response = part.get("response", part.get("result"))
        yield {"role": "tool", "content": plain_text(response), "tool_call_id": part.get("id")}
    content = [shown for part in parts if (shown := _shown(part))]
    calls = [_tool_call(call, number) for number, call in enumerate(of_type.get("tool_call", []))]
    if not content and not calls and "tool_call_response" in of_type:
        return
    yield {"role": _role(message, role), "content": joined(content), "tool_calls": calls or None}


def joined(parts: list[JsonObject]) -> str | list[JsonObject] | None:
    """Return the parts of a message as its content: a text where all of them are texts."""
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts) or None
    return parts


def _shown(part: JsonObject) -> JsonObject | None:
    """Return a part as content of a message; None for calls, reasoning and what messages cannot hold."""
    kind, content = part.get("type"), part.get("content")
    if kind in ("text", "refusal"):
        return {"type": "text", "text": str(content)}
    if part.get("modality") != "image":
        return None
    url = part.get("uri") if kind == "uri" else f"data:{part.get('mime_type')};base64,{content}"
    return {"type": "image_url", "image_url": {"url": str(url)}}
