"""How tests ask models: a request in a few words, and the whole answer from its pieces."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from humanloop_emulator.runtime.providers.base import Chunk, ModelRequest, Usage
from humanloop_emulator.runtime.providers.models import Models


def chat(content: Any = "Hello", *, role: str = "user", system: str | None = None, **options: Any) -> ModelRequest:
    """Return a request whose last message has this content."""
    messages = [{"role": "system", "content": system}] if system is not None else []
    return ModelRequest(
        **{
            "provider": "openai",
            "model": "gpt-4o",
            "messages": [*messages, {"role": role, "content": content}],
            **options,
        }
    )


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    chunks: list[Chunk]

    @property
    def last(self) -> Chunk:
        return self.chunks[-1]

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks)

    @property
    def pieces(self) -> list[str]:
        return [chunk.text for chunk in self.chunks if chunk.text]

    @property
    def usage(self) -> Usage:
        assert self.last.usage
        return self.last.usage


def ask(models: Models, request: ModelRequest) -> Answer:
    """Return the answer of a model; only its last piece says how it ended."""
    return whole(models.complete(request))


def whole(chunks: Iterable[Chunk]) -> Answer:
    answer = Answer(list(chunks))
    assert answer.chunks
    assert [chunk.finish_reason is not None for chunk in answer.chunks] == [False] * (len(answer.chunks) - 1) + [True]
    assert answer.last.usage
    return answer
