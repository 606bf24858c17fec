"""Requests in the format of OpenAI's API."""

import re
from collections.abc import Mapping

from ...json_types import Json, JsonObject
from .base import Message, ModelRequest

DEFAULTS = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
"""The API's defaults; they are left out because reasoning models reject these parameters."""

REASONING = re.compile(r"o\d|gpt-5")
"""Models that require the newer name for the limit of output tokens."""

MESSAGE_FIELDS = ("role", "content", "name", "tool_call_id", "tool_calls")  # `thinking` is signed for other providers


def path_of(request: ModelRequest) -> str:
    """Return the route below the base URL."""
    return "/chat/completions" if request.text is None else "/completions"


def body_of(request: ModelRequest) -> JsonObject:
    """Return the body; the Version's `other` parameters are added as they are, but override none of the others."""
    parameters = dict(request.parameters)
    other = parameters.pop("other", {})
    content = {"messages": list(map(_message, request.messages))} if request.text is None else _completion(request)
    return {
        **other,
        "model": request.model,
        **content,
        **_parameters(request.model, parameters),
        **_tools(request),
        **_logprobs(request),
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _completion(request: ModelRequest) -> JsonObject:
    return _given({"prompt": request.text, "suffix": request.suffix})


def _message(message: Message) -> JsonObject:
    made = _given({name: message.get(name) for name in MESSAGE_FIELDS})
    if isinstance(made.get("content"), list):
        made["content"] = [_part(part) for part in made["content"]]
    if "tool_calls" in made:
        made["tool_calls"] = [_call(call) for call in made["tool_calls"]]
    return {"content": None, **made} if message["role"] == "assistant" else made


def _part(part: Mapping[str, Json]) -> JsonObject:
    image = {"image_url": _given(part["image_url"])} if part.get("type") == "image_url" else {}
    return {**part, **image}


def _call(call: Mapping[str, Json]) -> JsonObject:
    function = call["function"]
    arguments = function.get("arguments") or "{}"
    return {"id": call["id"], "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def _parameters(model: str, parameters: JsonObject) -> JsonObject:
    sent = {name: value for name, value in parameters.items() if DEFAULTS.get(name) != value}
    limit = sent.pop("max_tokens", -1)
    if limit != -1:
        sent["max_completion_tokens" if REASONING.match(model) else "max_tokens"] = limit
    if "response_format" in sent:
        sent["response_format"] = _response_format(sent["response_format"])
    return sent


def _response_format(wanted: Mapping[str, Json]) -> JsonObject:
    """Return the format as OpenAI expects it: a bare schema is wrapped with the name that is required there."""
    schema = wanted.get("json_schema")
    if wanted["type"] != "json_schema" or not schema:
        return {"type": wanted["type"]}
    return {
        "type": "json_schema",
        "json_schema": schema if "schema" in schema else {"name": "answer", "schema": schema},
    }


def _tools(request: ModelRequest) -> JsonObject:
    if request.text is not None or not request.tools:
        return {}
    tools = [{"type": "function", "function": _given(tool)} for tool in request.tools]
    return _given({"tools": tools, "tool_choice": request.tool_choice})


def _logprobs(request: ModelRequest) -> JsonObject:
    if request.logprobs is None:
        return {}
    if request.text is not None:
        return {"logprobs": request.logprobs}
    return {"logprobs": True, "top_logprobs": request.logprobs}


def _given(fields: Mapping[str, Json]) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}
