"""What all providers share: requests, chunks and errors, and what an answer needs if no API supplies it.

A request goes in, and the chunks of an answer come out. Equal requests have equal answers. Each model has a tokenizer
of its own, and none is available offline. The counts here are stable and of the right order: a token for every four
bytes of UTF-8, rounded up, which is close for English; three more for each message; 85 for each image, the price of a
small one at OpenAI. Tools count as the JSON that describes them [A].
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import orjson

from ...errors import ApiError
from ...json_types import Json, JsonObject

Message = JsonObject  # a ChatMessage
Pause = Callable[[float], object]  # waits for this many seconds


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


BYTES_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 3
TOKENS_PER_IMAGE = 85

PRICES = {
    "gpt-3.5-turbo": (0.5, 1.5),
    "gpt-4": (30.0, 60.0),
    "gpt-4-turbo": (10.0, 30.0),
    "gpt-4.1": (2.0, 8.0),
    "gpt-4.1-mini": (0.4, 1.6),
    "gpt-4.1-nano": (0.1, 0.4),
    "gpt-4o": (2.5, 10.0),
    "gpt-4o-mini": (0.15, 0.6),
    "o1": (15.0, 60.0),
    "o1-mini": (1.1, 4.4),
    "o3": (2.0, 8.0),
    "o3-mini": (1.1, 4.4),
    "o4-mini": (1.1, 4.4),
    "claude-3-haiku": (0.25, 1.25),
    "claude-3-opus": (15.0, 75.0),
    "claude-3-5-haiku": (0.8, 4.0),
    "claude-3-5-sonnet": (3.0, 15.0),
    "claude-3-7-sonnet": (3.0, 15.0),
    "claude-opus-4": (15.0, 75.0),
    "claude-sonnet-4": (3.0, 15.0),
    "gemini-1.5-flash": (0.075, 0.3),
    "gemini-1.5-pro": (1.25, 5.0),
    "gemini-2.0-flash": (0.1, 0.4),
    "gemini-2.5-flash": (0.3, 2.5),
    "gemini-2.5-pro": (1.25, 10.0),
    "command-r": (0.15, 0.6),
    "command-r-plus": (2.5, 10.0),
    "deepseek-chat": (0.27, 1.1),
    "deepseek-reasoner": (0.55, 2.19),
}
"""US dollars for a million tokens of prompt and output, by the beginning of the model's name [A]."""

_WORD = re.compile(r"\s*\S+(?:\s+$)?|\s+")


def words(text: str) -> list[str]:
    """Split a text into words, each with the space before it; joined, they are the text again."""
    return _WORD.findall(text)


def split(text: str, size: int | str) -> list[str]:
    """Split a text into `words` or into pieces of this many characters, or leave it `whole`."""
    if isinstance(size, int):
        return [text[start : start + size] for start in range(0, len(text), size)]
    return words(text) if size == "words" else [text] if text else []


def stable_number(request: ModelRequest, purpose: str) -> int:
    """Return a pseudo-random number that is the same for equal requests with the same sample index."""
    content = (
        *(request.provider, request.model, request.messages, request.text, request.parameters),
        *(request.tools, request.tool_choice, request.inputs, request.index, purpose),
    )
    digest = sha256(orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
    return int.from_bytes(digest.digest()[:12])


def tool_call(request: ModelRequest, position: int, name: str, arguments: str) -> JsonObject:
    """Return a ToolCall with an id derived from the request and the position of the call in the answer."""
    uid = f"call_{stable_number(request, f'call {position}'):024x}"
    return {"id": uid, "type": "function", "function": {"name": name, "arguments": arguments}}


def count(text: str) -> int:
    """Return the approximate number of tokens in a text."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)


def count_prompt(request: ModelRequest) -> int:
    """Return the approximate number of tokens in a request: its messages or its text, and its tools."""
    tools = count(orjson.dumps(list(request.tools)).decode()) if request.tools else 0
    return tools + count(request.text or "") + sum(map(_count_message, request.messages))


def _count_message(message: Mapping[str, Json]) -> int:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    images = len([part for part in parts if part.get("type") == "image_url"])
    calls = count_calls(message.get("tool_calls") or [])
    return TOKENS_PER_MESSAGE + count(text_of(message)) + images * TOKENS_PER_IMAGE + calls


def count_calls(calls: Sequence[Mapping[str, Json]]) -> int:
    """Return the approximate number of tokens in tool calls."""
    functions = [call["function"] for call in calls]
    return sum(count(function["name"]) + count(function.get("arguments") or "") for function in functions)


def usage(model: str, prompt: int, output: int, reasoning: int | None = None) -> Usage:
    """Return the usage of a model for these numbers of tokens; a model that is not in the table has no price.

    Reasoning tokens are part of the output, as providers count them.
    """
    known = [name for name in PRICES if model.startswith(name)]
    if not known:
        return Usage(prompt, output, reasoning)
    prices = PRICES[max(known, key=len)]
    return Usage(prompt, output, reasoning, prompt * prices[0] / 1e6, output * prices[1] / 1e6)


def last_chunk(request: ModelRequest, text: str, calls: Sequence[JsonObject] = ()) -> Chunk:
    """Return the last chunk of an answer whose provider counts nothing: tool calls, finish reason, usage."""
    tokens = usage(request.model, count_prompt(request), count(text) + count_calls(calls))
    return Chunk(tool_calls=calls, finish_reason="tool_calls" if calls else "stop", usage=tokens)
