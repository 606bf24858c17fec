"""The one protocol between calls and models: a request goes in, the chunks of an answer come out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...errors import ApiError
from ...json_types import Json, JsonObject

Message = JsonObject  # a ChatMessage
Pause = Callable[[float], object]  # waits for so many seconds


@dataclass(frozen=True)
class ModelRequest:
    """One sample that a Prompt or an Agent asks of a model; its template is filled in already.

    `messages` is the conversation of the endpoint `chat`, `text` the text that the endpoint `complete` completes.
    `parameters` are those that the Version sets: `temperature`, `max_tokens`, `response_format`, …
    `tools` are functions `{name, description, strict, parameters}`; `tool_choice` is `none`, `auto`, `required` or
    `{type: "function", function: {name}}`.
    """

    provider: str
    model: str
    messages: Sequence[Message] = ()
    text: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    tools: Sequence[Mapping[str, Json]] = ()
    tool_choice: Json = None
    inputs: Mapping[str, Json] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)  # the caller's own, by provider
    index: int = 0  # of the sample
    suffix: str | None = None
    logprobs: int | None = None

    @property
    def last(self) -> str:
        """Return the text of the last message, or the text to complete."""
        if self.text is not None:
            return self.text
        return text_of(self.messages[-1]) if self.messages else ""


@dataclass(frozen=True)
class Usage:
    """What an answer cost: tokens, and prices in US dollars; null if the provider does not tell."""

    prompt_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_cost: float | None = None
    output_cost: float | None = None


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer. Tool calls come complete; the last chunk says how the answer ended and what it cost."""

    text: str = ""
    tool_calls: Sequence[JsonObject] = ()  # ToolCall: {id, type: "function", function: {name, arguments}}
    finish_reason: str | None = None
    usage: Usage | None = None
    provider_request: Mapping[str, Json] | None = None
    provider_response: Mapping[str, Json] | None = None


class Provider(Protocol):
    """A source of answers."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the chunks of the answer as they arrive, at least one; raise ModelError if the provider fails.

        Only the last chunk has a `finish_reason`. Closing the iterator ends the call.
        """
        ...


class ModelError(ApiError):
    """A model provider failed [D]: the caller gets the `type`, `message`, `code` and `origin` of the error.

    Statuses that clients know are passed on (400, 401, 404, 422, 429), and other 4xx become 400. If the provider is
    down or slow, or its answer is cut off, it is 503 [A].
    """

    PASSED_ON = frozenset({400, 401, 404, 422, 429})

    def __init__(self, message: str, *, type: str, code: int | str | None, origin: str, status: int = 503) -> None:
        super().__init__(message)
        self.status = status if status in self.PASSED_ON else 400 if 400 <= status < 500 else 503
        self.detail = {"type": type, "message": message, "code": code, "origin": origin}


def text_of(message: Mapping[str, Json]) -> str:
    """Return the text of a message: its content, or the text parts of it."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def chat_message(
    role: str,
    content: str | None,
    *,
    tool_calls: Sequence[JsonObject] | None = None,
    tool_call_id: str | None = None,
) -> Message:
    """Return a ChatMessage with all its keys, as it is stored."""
    return {
        "content": content,
        "name": None,
        "tool_call_id": tool_call_id,
        "role": role,
        "tool_calls": tool_calls,
        "thinking": None,
    }
