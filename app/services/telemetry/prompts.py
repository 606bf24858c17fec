"""What a provider's span holds of a Prompt: the content of its Version and the fields of its Log."""

from ...json_types import Json, JsonObject
from . import messages
from .attributes import loaded, texts
from .otlp import Span

PARAMETERS = ("max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "reasoning_effort")
GROUPS = ("gen_ai.request", "gen_ai.openai.request", "llm.request", "llm")
PROVIDERS = {"aws": "bedrock", "azure": "openai_azure", "az": "openai_azure", "gcp": "google", "vertexai": "google"}
MODEL = ("gen_ai.request.model", "llm.request.model", "gen_ai.response.model")
COMPLETING = ("text_completion", "completion")
TOKENS = {
    "prompt_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "llm.usage.reasoning_tokens",
    ),
}
FINISHED = ("gen_ai.response.finish_reason", "llm.response.finish_reason", "llm.response.stop_reason")


def prompt_of(span: Span) -> JsonObject | None:
    """Return the content of the Version; None when the span does not name a model."""
    model = span.at(*MODEL)
    if model is None:
        return None
    content = {name: span.at(*(f"{group}.{name}" for group in GROUPS)) for name in PARAMETERS}
    stop = span.at("gen_ai.request.stop_sequences", "llm.chat.stop_sequences")
    form = loaded(span.at("gen_ai.request.structured_output_schema"))
    return content | {
        "model": model,
        "provider": _provider(span.at("gen_ai.provider.name", "gen_ai.system", "llm.vendor")),
        "endpoint": "complete" if span.at("gen_ai.operation.name", "llm.request.type") in COMPLETING else "chat",
        "template": span.at("humanloop.file.template"),
        "stop": None if stop is None else texts(stop),
        "response_format": {"type": "json_schema", "json_schema": form} if isinstance(form, dict) else None,
        "tools": _tools(span) or None,
    }


def outcome_of(span: Span) -> JsonObject:
    """Return the fields of the Log that the model decided; a call with several answers is logged with the first."""
    message = messages.answered(span)
    return {name: span.at(*places) for name, places in TOKENS.items()} | {
        "messages": messages.given(span),
        "output": _text(message),
        "output_message": message,
        "finish_reason": _finish_reason(span),
        "provider_latency": span.seconds,
        "error": span.error if message is None else None,
    }


def _text(message: JsonObject | None) -> str | None:
    """Return the text of an answer, which is the output: a provider's span holds the message alone."""
    content = (message or {}).get("content")
    return content if isinstance(content, str) else None


def _provider(name: Json) -> str | None:
    """Return the API's name of a provider, which spans call `OpenAI`, `aws.bedrock`, `azure.ai.openai` and the like."""
    if name is None:
        return None
    first = str(name).lower().partition(".")[0]
    return PROVIDERS.get(first, first)


def _finish_reason(span: Span) -> str | None:
    reasons = texts(span.at("gen_ai.response.finish_reasons") or "")
    if reasons:
        return reasons[0]
    for place in ("gen_ai.completion", "llm.completions", "gen_ai.output.messages"):
        value = span.at(place)
        answers = messages.numbered(loaded(value))
        if answers and answers[0].get("finish_reason"):
            return str(answers[0]["finish_reason"])
    found = span.at(*FINISHED)
    return None if found is None else str(found)


def _tools(span: Span) -> list[JsonObject]:
    """Return the functions that the model could call."""
    defined = loaded(span.at("gen_ai.tool.definitions"))
    tools = messages.numbered(span.at("llm.request.functions") if defined is None else defined)
    return [tool_of(tool["function"] if isinstance(tool.get("function"), dict) else tool) for tool in tools]


def tool_of(tool: JsonObject) -> JsonObject:
    """Return a function; its JSON schema has a name of its own in every instrumentation."""
    schemas = (tool.get(name) for name in ("parameters", "input_schema", "inputSchema", "arguments"))
    schema = next((schema for schema in schemas if schema is not None), None)
    return {
        "name": tool.get("name"),
        "description": tool.get("description") or "",
        "strict": tool.get("strict"),
        "parameters": loaded(schema),
    }
