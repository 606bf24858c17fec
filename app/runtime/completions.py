"""Calling a model: the request that a Version's content makes, and one sample of the answer as it arrives."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from ..clock import Clock, seconds_between
from ..json_types import Json, JsonObject
from ..kinds.base import Content
from ..services.files import links
from ..services.workspace import Workspace
from ..templating.templates import populate
from .providers.base import Chunk, Message, ModelError, ModelRequest, Usage, chat_message
from .providers.models import Models

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
UNLIMITED = -1  # `max_tokens` that leaves the limit to the model


def build_request(
    ws: Workspace,
    content: Content,
    *,
    inputs: Mapping[str, Json] | None,
    messages: list[Message] | None = None,
    tools: list[JsonObject] | None = None,
    tool_choice: Json = None,
    keys: Mapping[str, str] | None = None,
    suffix: str | None = None,
    logprobs: int | None = None,
) -> ModelRequest:
    """Fill in the template of a Prompt or Agent and return the request; a missing input is Invalid.

    A template that is a plain text becomes the system message of a chat model, or the user message if the caller gives
    no messages [A]. For other endpoints it is the text to complete.
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
        tool_choice=tool_choice,
        inputs=inputs or {},
        keys=keys or {},
        suffix=suffix,
        logprobs=logprobs,
    )


def _parameters(content: Content) -> JsonObject:
    given = {name: content.get(name) for name in PARAMETERS}
    return {
        name: value
        for name, value in given.items()
        if value is not None and not (name == "max_tokens" and value == UNLIMITED)
    }


def _functions(ws: Workspace, content: Content) -> list[JsonObject]:
    """Return the functions of a Prompt's own tools and of its linked Tools in this organisation."""
    items = [{"link": {"file_id": uid}} for uid in content.get("linked_tools") or []]
    linked = links.targets(ws, items) if items else []
    functions = [tool.content["function"] for tool in linked if tool and tool.content.get("function")]
    return [*(content.get("tools") or []), *functions]


class Outcome(TypedDict):
    """What calls return of a sample: OutcomeFields and ModelOutcomeFields."""

    output: str | None
    created_at: str
    error: str | None
    provider_latency: float
    stdout: None
    output_message: Message | None
    prompt_tokens: int | None
    reasoning_tokens: int | None
    output_tokens: int | None
    prompt_cost: float | None
    output_cost: float | None
    finish_reason: str | None


@dataclass
class Completion:
    """What has arrived of an answer so far."""

    request: ModelRequest
    start_time: str = ""
    end_time: str = ""
    text: str = ""
    tool_calls: list[JsonObject] = field(default_factory=list)
    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    failure: ModelError | None = None
    provider_request: Json = None
    provider_response: Json = None

    def run(self, models: Models, clock: Clock) -> Generator[Chunk]:
        """Call the model and yield the chunks as they arrive; its error is kept in `failure`, and raised."""
        self.start_time = clock.now()
        try:
            for chunk in models.complete(self.request):
                self._add(chunk)
                if chunk.finish_reason:
                    self.end_time = clock.now()
                yield chunk
        except ModelError as failure:
            self.failure = failure
            raise
        finally:
            self.end_time = self.end_time or clock.now()

    def _add(self, chunk: Chunk) -> None:
        self.text += chunk.text
        self.tool_calls += chunk.tool_calls
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.usage = chunk.usage or self.usage
        self.provider_request = chunk.provider_request or self.provider_request
        self.provider_response = chunk.provider_response or self.provider_response

    @property
    def error(self) -> str | None:
        """Return the provider's error message."""
        return self.failure.detail["message"] if self.failure else None

    @property
    def output(self) -> str | None:
        """Return the text; null if there is none and the answer calls tools or failed."""
        return self.text if self.text or not (self.tool_calls or self.failure) else None

    @property
    def message(self) -> Message | None:
        """Return the answer as a message; null if there is nothing in it."""
        if self.output is None and not self.tool_calls:
            return None
        return chat_message("assistant", self.output, tool_calls=self.tool_calls or None)

    @property
    def latency(self) -> float:
        """Return how many seconds the provider took, by the emulator's clock."""
        return seconds_between(self.start_time, self.end_time)

    def outcome(self) -> Outcome:
        """Return what calls return of the sample."""
        return {
            "output": self.output,
            "created_at": self.end_time,
            "error": self.error,
            "provider_latency": self.latency,
            "stdout": None,
            "output_message": self.message,
            "prompt_tokens": self.usage.prompt_tokens,
            "reasoning_tokens": self.usage.reasoning_tokens,
            "output_tokens": self.usage.output_tokens,
            "prompt_cost": self.usage.prompt_cost,
            "output_cost": self.usage.output_cost,
            "finish_reason": self.finish_reason,
        }

    def log_fields(self) -> JsonObject:
        """Return the fields of the sample's Log."""
        return {
            **self.outcome(),
            "start_time": self.start_time,
            "end_time": self.end_time,
            "provider_request": self.provider_request,
            "provider_response": self.provider_response,
        }


def complete(models: Models, clock: Clock, request: ModelRequest) -> Completion:
    """Call a model and return the complete answer; a provider's error is kept in it, not raised."""
    completion = Completion(request)
    try:
        for _ in completion.run(models, clock):
            pass
    except ModelError:
        pass
    return completion
