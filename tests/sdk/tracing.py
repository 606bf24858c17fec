"""A client of the SDK whose spans are all sent before its traces are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from humanloop import Humanloop
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from humanloop_emulator.json_types import JsonObject
from tests.builders.processes import ServerProcess


class Tracing:
    """The SDK on a server process, under a key of its own; each recording needs a client of its own."""

    def __init__(self, server: ServerProcess, key: str) -> None:
        self.options: dict[str, Any] = {"base_url": f"{server.url}/v5", "api_key": key}
        self.reader = Humanloop(**self.options)

    def recorder(self) -> tuple[Humanloop, TracerProvider]:
        """Return a client and its tracer provider, which sends what is left when it is shut down."""
        provider = TracerProvider()
        return Humanloop(**self.options, opentelemetry_tracer_provider=provider), provider

    @contextmanager
    def recording(self) -> Iterator[tuple[Humanloop, TracerProvider]]:
        """Give a client and its tracer provider; at the end everything is sent."""
        client, provider = self.recorder()
        yield client, provider
        provider.shutdown()

    def logs(self, path: str) -> list[JsonObject]:
        """Return the Logs of the File at a path with their traces, the oldest first."""
        file = self.reader.files.retrieve_by_path(path=path)
        return [self.reader.logs.get(log.id) for log in self.reader.logs.list(file_id=file.id)][::-1]


def call_model(provider: TracerProvider, question: str, answer: str, **attributes: Any) -> str:
    """Do what an instrumented client of a provider does: call a model in a span of its own."""
    tracer = provider.get_tracer("opentelemetry.instrumentation.openai.v1")
    with tracer.start_as_current_span("openai.chat", kind=SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "gen_ai.system": "OpenAI",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": question,
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.content": answer,
                "gen_ai.usage.prompt_tokens": 7,
                **attributes,
            }
        )
    return answer
