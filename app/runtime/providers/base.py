"""The one protocol between calls and models: a request goes in, pieces of one answer come out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...errors import ApiError
from ...json_types import Json, JsonObject

Message = JsonObject  # a ChatMessage
Pause = Callable[[float], object]  # waits for so many seconds


@dataclass(frozen=True)
class ModelRequest:
    """One sample of what a Prompt or an Agent asks of a model; its template is filled already.

    `messages` is the conversation of the endpoint `chat`; `text` is what the endpoint `complete` goes on with.
    `parameters` are those of the Version that are set: `temperature`, `max_tokens`, `response_format`, …
    `tools` are functions as `{name, description, strict, parameters}`; `tool_choice` is `none`, `auto`, `required`
    or `{type: "function", function: {name}}`.
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
    """What an answer cost; prices in US dollars. What a provider does not tell is null."""

    prompt_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_cost: float | None = None
    output_cost: float | None = None


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer. Tool calls come whole; the last piece says how it ended and what it cost."""

    text: str = ""
    tool_calls: Sequence[JsonObject] = ()  # ToolCall: {id, type: "function", function: {name, arguments}}
    finish_reason: str | None = None
    usage: Usage | None = None
    provider_request: Mapping[str, Json] | None = None
    provider_response: Mapping[str, Json] | None = None


class Provider(Protocol):
    """A source of answers."""

    def complete(self, request: ModelRequest) -> Iterator[Chunk]:
        """Yield the pieces of the answer as they come, at least one; raise ModelError when the provider fails.

        Closing the iterator ends the call.
        """
        ...


class ModelError(ApiError):
    """A model's provider failed [D]: the caller is told its `type`, `message`, `code` and `origin` (who says so).

    Statuses that clients know are passed on (400, 401, 404, 422, 429), other refusals become 400; a provider that is
    down, slow or breaks off is 503 [A].
    """

    PASSED_ON = frozenset({400, 401, 404, 422, 429})

    def __init__(self, message: str, *, type: str, code: int | str | None, origin: str, status: int = 503) -> None:
        super().__init__(message)
        self.status = status if status in self.PASSED_ON else 400 if 400 <= status < 500 else 503
        self.detail = {"type": type, "message": message, "code": code, "origin": origin}


def text_of(message: Mapping[str, Json]) -> str:
    """Return the text of a message: its content, or the texts among the parts of it."""
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
    """Return a message of a conversation, with every key that a stored ChatMessage has."""
    return {
        "content": content,
        "name": None,
        "tool_call_id": tool_call_id,
        "role": role,
        "tool_calls": tool_calls,
        "thinking": None,
    }
