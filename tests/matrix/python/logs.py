"""The steps with Logs, calls and decorators."""

import datetime as dt
from typing import Any

from humanloop import Humanloop
from sdk import BASE_URL, KEY, MODEL, QUESTION, SHOUT, Absent, check, client, find, offered, parameter_of_log, plain

SOURCE = "def shout(text):\n    return text.upper()\n"


def log() -> None:
    start = dt.datetime.now(dt.UTC)
    made = client.prompts.log(
        path="Logs/Prompt",
        prompt={"model": MODEL, "template": QUESTION},
        inputs={"country": "Peru"},
        output="Lime",
        messages=[{"role": "user", "content": "What is the capital of Peru?"}],
        start_time=start,
        end_time=start + dt.timedelta(seconds=1),
        metadata={"by": "matrix"},
    )
    offered("prompts", "update_log", "update")(id=made.prompt_id, log_id=made.id, output="Lima")
    seen = plain(client.logs.get(made.id))
    check((seen["output"], seen["inputs"], seen["metadata"]), ("Lima", {"country": "Peru"}, {"by": "matrix"}))
    check(seen["prompt"]["version_id"], made.version_id)


def trace() -> None:
    status = parameter_of_log(client.flows, "log_status", "trace_status")
    parent = parameter_of_log(client.prompts, "trace_parent_id", "trace_parent_log_id")
    flow = client.flows.log(path="Trace/Flow", flow={"attributes": {"v": "1"}}, **{status: "incomplete"})
    belongs = {parent: flow.id}
    if parent == "trace_parent_log_id":
        belongs["trace_id"] = flow.id
    client.prompts.log(path="Trace/Prompt", prompt={"model": MODEL}, output="Lima", **belongs)
    client.tools.log(path="Trace/Tool", tool={"function": SHOUT}, output="LIMA", **belongs)
    if hasattr(client.flows, "update_log"):
        client.flows.update_log(log_id=flow.id, output="LIMA!", **{status: "complete"})
    else:
        client.flows.update_trace(trace_id=flow.id, output="LIMA!", status="complete")
    seen = plain(client.logs.get(flow.id))
    check((seen["output"], seen[status]), ("LIMA!", "complete"))
    check(sorted(child["output"] for child in seen["trace_children"]), ["LIMA", "Lima"])


def logs() -> None:
    made = [client.flows.log(path="Listed/Flow", flow={"attributes": {}}, output=f"answer {n}") for n in range(3)]
    file = made[0].flow_id
    seen = [plain(log)["output"] for log in client.logs.list(file_id=file, size=2)]
    check(seen, ["answer 2", "answer 1", "answer 0"])
    check([plain(log)["id"] for log in client.logs.list(file_id=file, search="answer 1")], [made[1].id])
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    check(list(client.logs.list(file_id=file, start_date=tomorrow)), [])
    client.logs.delete(id=[made[0].id, made[1].id])
    check([plain(log)["id"] for log in client.logs.list(file_id=file)], [made[2].id])


def call() -> None:
    request = {"path": "Call/Prompt", "inputs": {"country": "France"}}
    answer = client.prompts.call(**request, prompt={"model": MODEL, "template": QUESTION})
    check([item.output for item in answer.logs], ["Paris"])
    check(plain(client.logs.get(answer.id))["output"], "Paris")
    pieces = list(client.prompts.call_stream(**request))
    check("".join(piece.output for piece in pieces), "Paris")
    check(plain(client.logs.get(pieces[0].id))["output"], "Paris")


def agent_call() -> None:
    content = {"model": MODEL, "template": QUESTION}
    answer = offered("agents", "call")(path="Call/Agent", agent=content, inputs={"country": "France"})
    check((answer.output, plain(client.logs.get(answer.id))["output"]), ("Paris", "Paris"))
    client.tools.upsert(path="Call/Tool", tool_type="python", function=SHOUT, source_code=SOURCE)
    check(offered("tools", "call")(path="Call/Tool", inputs={"text": "lima"}).output, "LIMA")


def recorder(folder: str) -> tuple[Humanloop, Any, Any]:
    """Return a client with a tracer provider of its own, and a decorated flow that uses a tool and a prompt."""
    if not hasattr(client, "flow"):
        raise Absent
    from opentelemetry.sdk.trace import TracerProvider  # comes with the versions that have decorators
    from opentelemetry.trace import SpanKind

    provider = TracerProvider()
    recording = Humanloop(api_key=KEY, base_url=BASE_URL, opentelemetry_tracer_provider=provider)

    @recording.tool(path=f"{folder}/Tool")
    def double(number: str) -> str:
        """Add it to itself."""
        return str(int(number) * 2)

    @recording.prompt(path=f"{folder}/Prompt")
    def ask(number: str) -> str:
        """Do what an instrumented client of a provider does."""
        answer = str(int(number) ** 2)
        tracer = provider.get_tracer("opentelemetry.instrumentation.openai.v1")
        with tracer.start_as_current_span("openai.chat", kind=SpanKind.CLIENT) as span:
            span.set_attribute("gen_ai.system", "OpenAI")
            span.set_attribute("llm.request.type", "chat")
            span.set_attribute("gen_ai.request.model", MODEL)
            span.set_attribute("gen_ai.prompt.0.role", "user")
            span.set_attribute("gen_ai.prompt.0.content", f"Square {number}.")
            span.set_attribute("gen_ai.completion.0.role", "assistant")
            span.set_attribute("gen_ai.completion.0.content", answer)
            span.set_attribute("gen_ai.completion.0.finish_reason", "stop")
        return answer

    @recording.flow(path=f"{folder}/Flow", attributes={"style": "brief"})
    def square(number: str) -> str:
        double(number=number)
        return ask(number=number)

    return recording, provider, square


def decorators() -> None:
    _, provider, square = recorder("Decorators")
    check(square(number="3"), "9")
    provider.shutdown()
    file = find("flows", "Decorators/Flow")
    check(file["attributes"], {"style": "brief"})
    [flow] = [plain(client.logs.get(plain(log)["id"])) for log in client.logs.list(file_id=file["id"])]
    check((flow["output"], flow["inputs"]), ("9", {"number": "3"}))
    children = {next(kind for kind in ("tool", "prompt") if child.get(kind)): child for child in flow["trace_children"]}
    check({kind: child["output"] for kind, child in children.items()}, {"tool": "6", "prompt": "9"})
    check(children["prompt"]["prompt"]["model"], MODEL)
    check(children["prompt"]["messages"][0]["content"], "Square 3.")
