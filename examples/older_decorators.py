"""A program of early 2025: decorators of SDK 0.8.20 record an assistant, and `evaluations.run` evaluates it.

Start the server with `python run.py`, then run `python examples/older_decorators.py` in another terminal, in a virtual
environment of its own: docs/clients.md says what to install there. Only `--base-url` tells that the server is not the
real one. No model is called: `Model` stands for the client of a provider.

Version 0.8.20 turns spans into Logs in the client and sends these one by one, with times in seconds since 1970; the
parameters of a prompt are those of its decorator, completed by what the provider was asked. Later versions send the
spans themselves: examples/decorators.py.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from humanloop import Humanloop
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

DATA = Path(__file__).with_name("data") / "capitals.json"
CAPITALS: dict[str, str] = {fact["name"]: fact["capital"] for fact in json.loads(DATA.read_text(encoding="utf-8"))}
COUNTRIES = ["Peru", "Kenya", "France"]

FOLDER = "Examples/Older travel"
FLOW, TOOL, PROMPT, EVALUATOR = (f"{FOLDER}/{name}" for name in ("Assistant", "Capital of", "Praise", "Names the city"))
TEMPLATE = "Praise {{city}} in one sentence."


class Model:
    """A model that always says the same, behind a client that is instrumented as that of a provider is."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("opentelemetry.instrumentation.openai.v1")

    def complete(self, question: str) -> str:
        answer = f"{question.removeprefix('Praise ').removesuffix(' in one sentence.')} is worth a week."
        with self._tracer.start_as_current_span("openai.chat", kind=SpanKind.CLIENT) as span:
            span.set_attribute("gen_ai.system", "OpenAI")
            span.set_attribute("llm.request.type", "chat")
            span.set_attribute("gen_ai.request.model", "gpt-4o")
            span.set_attribute("gen_ai.prompt.0.role", "user")
            span.set_attribute("gen_ai.prompt.0.content", question)
            span.set_attribute("gen_ai.completion.0.role", "assistant")
            span.set_attribute("gen_ai.completion.0.content", answer)
            span.set_attribute("gen_ai.completion.0.finish_reason", "stop")
            span.set_attribute("gen_ai.usage.completion_tokens", len(answer.split()))
        return answer


def make_assistant(client: Humanloop, model: Model) -> Callable[[str], str]:
    """Return a decorated flow, which uses a decorated tool and a decorated prompt."""

    @client.tool(path=TOOL)
    def capital_of(country: str) -> str:
        """Find the capital of a country."""
        return CAPITALS[country]

    @client.prompt(path=PROMPT, template=TEMPLATE, temperature=0.3)
    def praise(city: str) -> str:
        return model.complete(TEMPLATE.replace("{{city}}", city))

    @client.flow(path=FLOW, attributes={"style": "enthusiastic"})
    def assist(country: str) -> str:
        return praise(city=capital_of(country=country))

    return assist


def names_the_city(log: dict[str, Any], datapoint: dict[str, Any]) -> bool:
    """Judge an answer: it must name the capital."""
    return datapoint["target"]["capital"] in log["output"]


def evaluate(client: Humanloop, assist: Callable[[str], str]) -> Any:
    """Run the assistant on each country, judge what it says, and return the check."""
    [check] = client.evaluations.run(
        name="Older evaluation",
        file={"path": FLOW, "type": "flow", "callable": assist},
        dataset={
            "path": f"{FOLDER}/Countries",
            "datapoints": [
                {"inputs": {"country": country}, "target": {"capital": CAPITALS[country]}} for country in COUNTRIES
            ],
        },
        evaluators=[
            {
                "path": EVALUATOR,
                "callable": names_the_city,
                "args_type": "target_required",
                "return_type": "boolean",
                "threshold": 1.0,
            }
        ],
    )
    return check


def draw(log: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a trace: each Log with what came out of it, its children below."""
    kind = next(kind for kind in ("flow", "prompt", "tool") if kind in log)
    yield f"{indent}{log[kind]['path'].removeprefix(FOLDER + '/')} ({kind}): {log['output']}"
    for child in sorted(log["trace_children"] or [], key=lambda child: child["start_time"]):
        yield from draw(child, indent + "  ")


def newest_trace(client: Humanloop) -> dict[str, Any]:
    """Return the newest Log of the flow with its trace."""
    flow = next(flow for flow in client.flows.list(name="Assistant") if flow.path == FLOW)
    return client.logs.get(next(iter(client.logs.list(file_id=flow.id))).id)


def main() -> None:
    """Run the example against a server, and print what it recorded and found."""
    options = argparse.ArgumentParser(description="Record and evaluate with the decorators of SDK 0.8.20.")
    options.add_argument("--base-url", default="http://127.0.0.1:8904/v5")
    options.add_argument("--api-key", default="any")
    given = options.parse_args()
    provider = TracerProvider()
    client = Humanloop(base_url=given.base_url, api_key=given.api_key, opentelemetry_tracer_provider=provider)
    try:
        client.directories.list()
    except httpx.ConnectError:
        raise SystemExit(f"No server answers at {given.base_url}: start one with `python run.py`.") from None

    assist = make_assistant(client, Model(provider))
    check = evaluate(client, assist)
    assist(country="Japan")
    provider.shutdown()  # the SDK sends Logs from threads of its own
    print("\n".join(draw(newest_trace(client))))
    stats = client.evaluations.get_stats(check.evaluation_id)
    [judged] = stats.run_stats[0].evaluator_stats
    print(f"{check.path.removeprefix(FOLDER + '/')}: {judged.num_true} of {judged.total_logs}, {stats.status}")


if __name__ == "__main__":
    main()
