"""Record an assistant for travellers with the decorators of the official SDK, and print its traces.

Start the server with `python run.py`, then run `python examples/decorators.py` in another terminal; that one needs
`pip install humanloop==0.8.38 requests`. No model is called: `Model` stands for the client of a provider.
The decorators of this SDK are for plain functions: it cannot record the result of an `async` one.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from humanloop import Humanloop
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

DATA = Path(__file__).with_name("data") / "capitals.json"
CAPITALS: dict[str, str] = {fact["name"]: fact["capital"] for fact in json.loads(DATA.read_text(encoding="utf-8"))}
COUNTRIES = ["Peru", "Atlantis", ""]

FOLDER = "Examples/Travel"
FLOW, TOOL, PROMPT = f"{FOLDER}/Assistant", f"{FOLDER}/Capital of", f"{FOLDER}/Praise"


class Model:
    """A model that always says the same, behind a client that is instrumented as that of a provider is.

    `@client.prompt` records the spans of such clients; the SDK instruments those of OpenAI, Anthropic and others.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("opentelemetry.instrumentation.openai.v1")

    def complete(self, messages: list[dict[str, str]], temperature: float) -> str:
        answer = f"You will love it: {messages[-1]['content'].rstrip('?').removeprefix('Why visit ')} is worth a week."
        with self._tracer.start_as_current_span("openai.chat", kind=SpanKind.CLIENT) as span:
            span.set_attribute("gen_ai.system", "openai")
            span.set_attribute("gen_ai.request.model", "gpt-4o")
            span.set_attribute("gen_ai.request.temperature", temperature)
            for number, message in enumerate(messages):
                span.set_attribute(f"gen_ai.prompt.{number}.role", message["role"])
                span.set_attribute(f"gen_ai.prompt.{number}.content", message["content"])
            span.set_attribute("gen_ai.completion.0.role", "assistant")
            span.set_attribute("gen_ai.completion.0.content", answer)
            span.set_attribute("gen_ai.completion.0.finish_reason", "stop")
        return answer


def make_assistant(client: Humanloop, model: Model) -> Callable[[str], str | None]:
    """Return a decorated flow, which uses a decorated tool and a decorated prompt."""

    @client.tool(path=TOOL)
    def capital_of(country: str) -> str:
        """Find the capital of a country."""
        if country not in CAPITALS:
            raise LookupError(f"{country} is on no map.")
        return CAPITALS[country]

    @client.prompt(path=PROMPT)
    def praise(city: str) -> str:
        question = {"role": "user", "content": f"Why visit {city}?"}
        return model.complete([{"role": "system", "content": "You sell journeys."}, question], temperature=0.3)

    @client.flow(path=FLOW, attributes={"style": "enthusiastic"})
    def assist(country: str) -> str:
        if not country:
            raise ValueError("Where to?")
        try:
            city = capital_of(country)
        except Exception:  # the decorator raises an error of its own; that of the tool is in the tool's Log
            return f"Nobody has come back from {country} yet."
        return praise(city)

    return assist


def traces(client: Humanloop, number: int) -> list[dict[str, Any]]:
    """Return the newest traces of the flow, the oldest of them first."""
    flow = client.files.retrieve_by_path(path=FLOW)
    newest = islice(client.logs.list(file_id=flow.id), number)
    return [client.logs.get(log.id) for log in newest][::-1]


def draw(log: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a trace: each Log with what came out of it, its children below."""
    kind = next(kind for kind in ("flow", "prompt", "tool") if kind in log)
    outcome = f"error: {log['error']}" if log["error"] else log["output"]
    yield f"{indent}{log[kind]['path'].removeprefix(FOLDER + '/')} ({kind}): {outcome}"
    for child in log["trace_children"]:
        yield from draw(child, indent + "  ")


def run(client: Humanloop, provider: TracerProvider) -> list[dict[str, Any]]:
    """Ask for all countries, wait until everything is recorded, and return the traces."""
    assist = make_assistant(client, Model(provider))
    for country in COUNTRIES:
        assist(country)
    provider.shutdown()  # the SDK sends spans from a thread of its own
    return traces(client, len(COUNTRIES))


def main() -> None:
    """Run the example against a server, and print what it recorded."""
    options = argparse.ArgumentParser(description="Record flows, prompts and tools with the decorators of the SDK.")
    options.add_argument("--base-url", default="http://127.0.0.1:8904/v5")
    options.add_argument("--api-key", default="any")
    given = options.parse_args()
    provider = TracerProvider()
    client = Humanloop(base_url=given.base_url, api_key=given.api_key, opentelemetry_tracer_provider=provider)
    try:
        client.directories.list()
    except httpx.ConnectError:
        raise SystemExit(f"No server answers at {given.base_url}: start one with `python run.py`.") from None
    for trace in run(client, provider):
        print("\n".join(draw(trace)))


if __name__ == "__main__":
    main()
