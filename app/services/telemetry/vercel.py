"""Spans of the Vercel AI SDK, versions 4 and 5.

A call such as `generateText` is a span `ai.generateText`; below it are one `ai.generateText.doGenerate` for each
answer of a model, and one `ai.toolCall` for each tool that was run. The answers are Prompt Logs, the tools Tool Logs.
The call itself tells of the Flow that it names.
"""

from ...json_types import Json, JsonObject, plain_text
from ...kinds import PROMPT, TOOL
from .attributes import Reading, loaded, written
from .messages import joined, tool_call
from .naming import default_path, file_path, metadata_of, prompt_path
from .otlp import Span
from .prompts import outcome_of, prompt_of, tool_of

CALLS = ("ai.generateText", "ai.streamText", "ai.generateObject", "ai.streamObject")
ANSWERS = (".doGenerate", ".doStream")


def read(span: Span) -> Reading | None:
    """Read a span of the AI SDK; None if it is not one."""
    operation = str(span.at("ai.operationId") or "")
    if not operation:
        return None
    if operation == "ai.toolCall":
        return Reading(TOOL, _tool_log(span))
    call, dot, answer = operation.rpartition(".")
    if dot + answer in ANSWERS and call in CALLS:
        return Reading(PROMPT, _prompt_log(span, call))
    if operation in CALLS:
        return Reading(flow_fields=_call(span))
    return Reading(reason=f"spans of {operation} do not become logs: only texts, objects and tool calls do")


def _prompt_log(span: Span, call: str) -> JsonObject:
    name = span.at("ai.telemetry.functionId") or call.removeprefix("ai.")
    answer = _answer(span)
    prompt = prompt_of(span)
    if prompt is not None:
        prompt["tools"] = [tool_of(tool) for tool in _listed(span.at("ai.prompt.tools"))] or None
    outcome = outcome_of(span)
    return {
        **outcome,
        **span.times,
        "path": prompt_path(span) or default_path(span, name),
        "prompt": prompt,
        "messages": [made for message in _listed(span.at("ai.prompt.messages")) for made in _messages(message)],
        "output_message": answer,
        "error": span.error,
        "tool_choice": _tool_choice(loaded(span.at("ai.prompt.toolChoice"))),
        "reasoning_tokens": span.at("ai.usage.reasoningTokens") or outcome["reasoning_tokens"],
        "metadata": metadata_of(span),
    }


def _tool_log(span: Span) -> JsonObject:
    name = str(span.at("ai.toolCall.name"))
    given = loaded(span.at("ai.toolCall.args"))
    return {
        **span.times,
        "path": file_path(span) or default_path(span, name),
        "tool": {"function": {"name": name, "description": "", "parameters": {}}},
        "inputs": given if isinstance(given, dict) else {"input": span.at("ai.toolCall.args")},
        "output": written(span.at("ai.toolCall.result")),
        "error": span.error,
        "metadata": metadata_of(span),
    }


def _call(span: Span) -> JsonObject:
    """Return what a whole call says of its Flow: what the user gave it, and what came out."""
    given = loaded(span.at("ai.prompt"))
    given = given if isinstance(given, dict) else {}
    prompt = given.get("prompt")
    messages = given.get("messages") or (prompt if isinstance(prompt, list) else None)
    inputs = {name: given[name] for name in ("system", "prompt") if isinstance(given.get(name), str)}
    output = span.at("ai.response.text", "ai.response.object")
    return {
        "inputs": inputs or None,
        "messages": [made for message in _listed(messages) for made in _messages(message)] or None,
        "output": output,
        "output_message": _answer(span) if output is None else None,
        "metadata": metadata_of(span),
    }


def _answer(span: Span) -> JsonObject | None:
    """Return the message that a model gave, or that an object was read from."""
    text = span.at("ai.response.text", "ai.response.object")
    calls = [_tool_call(call) for call in _listed(span.at("ai.response.toolCalls"))]
    if text is None and not calls:
        return None
    return {"role": "assistant", "content": None if text is None else str(text), "tool_calls": calls or None}


def _tool_choice(choice: Json) -> Json:
    if not isinstance(choice, dict):
        return None
    if choice.get("type") == "tool":
        return {"type": "function", "function": {"name": str(choice.get("toolName"))}}
    return choice.get("type") if choice.get("type") in ("auto", "none", "required") else None


def _messages(message: JsonObject) -> list[JsonObject]:
    """Return the messages that one of the AI SDK is: each result of a tool is one of its own."""
    role, content = message.get("role"), message.get("content")
    if not isinstance(content, list):
        return [{"role": role, "content": None if content is None else str(content)}]
    parts = [part for part in content if isinstance(part, dict)]
    results = [part for part in parts if part.get("type") == "tool-result"]
    told = [
        {"role": "tool", "content": _result(part), "tool_call_id": part.get("toolCallId"), "name": part.get("toolName")}
        for part in results
    ]
    shown = [made for part in parts if (made := _shown(part))]
    calls = [_tool_call(part) for part in parts if part.get("type") == "tool-call"]
    if told and not shown and not calls:
        return told
    return [{"role": role, "content": joined(shown), "tool_calls": calls or None}, *told]


def _shown(part: JsonObject) -> JsonObject | None:
    """Return a part as content of a message; None for calls, reasoning and what messages cannot hold."""
    if part.get("type") == "text":
        return {"type": "text", "text": str(part.get("text"))}
    media = str(part.get("mediaType") or part.get("mimeType") or "image/*")
    data = part.get("image", part.get("data"))
    if part.get("type") not in ("image", "file") or not media.startswith("image") or not isinstance(data, str):
        return None
    url = data if data.startswith(("http:", "https:", "data:")) else f"data:{media};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url}}


def _tool_call(call: JsonObject) -> JsonObject:
    """Return a tool call; its arguments are `args` in version 4 and `input` in version 5."""
    return tool_call(call.get("toolCallId"), call.get("toolName"), call.get("input", call.get("args")))


def _result(part: JsonObject) -> str:
    """Return the result of a tool, which version 5 wraps with its type."""
    result = part.get("output", part.get("result"))
    if isinstance(result, dict) and "value" in result and "type" in result:
        result = result["value"]
    return plain_text(result)


def _listed(value: Json) -> list[JsonObject]:
    """Return a list that was written as JSON, as a whole or each item for itself."""
    items = loaded(value)
    items = items if isinstance(items, list) else []
    return [item for item in map(loaded, items) if isinstance(item, dict)]
