"""One sample of a model's answer: put together from its pieces, and written as a Log's fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..clock import Clock, seconds_between
from .providers.base import Chunk, Message, ModelError, ModelRequest, Usage, chat_message

if TYPE_CHECKING:
    from .providers.registry import Models


@dataclass
class Completion:
    """What has come of an answer so far."""

    request: ModelRequest
    start_time: str = ""
    end_time: str = ""
    text: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    failure: ModelError | None = None
    provider_request: Any = None
    provider_response: Any = None

    def run(self, models: "Models", clock: Clock) -> Iterator[Chunk]:
        """Ask the model and yield the pieces as they come; what it raises is kept in `failure` and raised."""
        self.start_time = clock.now()
        try:
            for chunk in models.complete(self.request):
                self._add(chunk)
                self.end_time = clock.now()
                yield chunk
        except ModelError as failure:
            self.failure = failure
            self.end_time = clock.now()
            raise

    def _add(self, chunk: Chunk) -> None:
        self.text += chunk.text
        self.tool_calls += chunk.tool_calls
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.usage = chunk.usage or self.usage
        self.provider_request = chunk.provider_request or self.provider_request
        self.provider_response = chunk.provider_response or self.provider_response

    @property
    def error(self) -> str | None:
        """Return the text of the provider's failure."""
        return self.failure.detail["message"] if self.failure else None

    @property
    def output(self) -> str | None:
        """Return the text; an answer that only calls tools has none, and neither has a failure without a word."""
        return self.text if self.text or not (self.tool_calls or self.failure) else None

    @property
    def message(self) -> Message | None:
        """Return the answer as a message of the conversation."""
        if self.output is None and not self.tool_calls:
            return None
        return chat_message("assistant", self.output, tool_calls=self.tool_calls or None)

    @property
    def latency(self) -> float:
        """Return the seconds that the provider took, by the emulator's clock."""
        return seconds_between(self.start_time, self.end_time)

    def outcome(self) -> dict[str, Any]:
        """Return what calls answer of a sample: OutcomeFields and ModelOutcomeFields."""
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

    def log_fields(self) -> dict[str, Any]:
        """Return what a Log of this sample holds."""
        return {
            **self.outcome(),
            "start_time": self.start_time,
            "end_time": self.end_time,
            "provider_request": self.provider_request,
            "provider_response": self.provider_response,
        }


def complete(models: "Models", clock: Clock, request: ModelRequest) -> Completion:
    """Ask a model for one whole answer; a provider's failure is in it, not raised."""
    completion = Completion(request)
    try:
        for _ in completion.run(models, clock):
            pass
    except ModelError:
        pass
    return completion
