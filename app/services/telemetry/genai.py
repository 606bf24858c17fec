"""Spans of OpenTelemetry's GenAI conventions and of OpenLLMetry, which name no File of Humanloop.

An operation of a model is a Prompt Log, a tool that ran a Tool Log, and what holds others (a workflow, a task, an
agent) a Flow Log.
"""

from ...json_types import Json, JsonObject
from ...kinds import FLOW, PROMPT, TOOL
from . import messages
from .attributes import Reading, loaded, written
from .naming import default_path, file_path, prompt_path
from .otlp import Span
from .prompts import MODEL, outcome_of, prompt_of

OPERATIONS = {
    **dict.fromkeys(("execute_tool", "tool"), TOOL),
    **dict.fromkeys(("invoke_agent", "invoke_workflow", "workflow", "task", "agent"), FLOW),
    **dict.fromkeys(("create_agent", "embeddings", "embedding", "rerank", "retrieval")),
}
OPERATION = ("gen_ai.operation.name", "traceloop.span.kind", "llm.request.type")
NAME = ("gen_ai.agent.name", "gen_ai.workflow.name", "traceloop.entity.name")


def read(span: Span) -> Reading:
    """Read a span."""
    span = messages.with_events(span)
    operation = str(span.at(*OPERATION) or "")
    kind = OPERATIONS.get(operation, PROMPT if span.at(*MODEL) is not None else None)
    if kind is not None:
        return Reading(kind, READERS[kind.type](span))
    if operation:
        return Reading(reason=f"spans of the operation {operation!r} do not become logs")
    return Reading(
        reason="spans that name no model, tool, agent or workflow do not become logs; they only hold others together"
    )


def _prompt_log(span: Span) -> JsonObject:
    path = prompt_path(span) or default_path(span, _short_name(span))
    return {**outcome_of(span), **span.times, "path": path, "prompt": prompt_of(span)}


def _short_name(span: Span) -> str:
    """Return the name of a span without its model, which is the Version's: `chat gpt-4o` is `chat`."""
    name = span.name
    for model in filter(None, (span.at(place) for place in MODEL)):
        name = name.removesuffix(str(model)).strip()
    return name


def _tool_log(span: Span) -> JsonObject:
    name = str(span.at("gen_ai.tool.name", "traceloop.entity.name") or span.name)
    function = {"name": name, "description": str(span.at("gen_ai.tool.description") or ""), "parameters": {}}
    return {
        **span.times,
        "path": file_path(span) or default_path(span, name),
        "tool": {"function": function},
        "inputs": _inputs(span.at("gen_ai.tool.call.arguments", "traceloop.entity.input")),
        "output": written(span.at("gen_ai.tool.call.result", "traceloop.entity.output")),
        "error": span.error,
    }


def _flow_log(span: Span) -> JsonObject:
    """Return the fields of a Flow Log; it is complete once what is known to be below it hangs there."""
    return {
        **span.times,
        "path": file_path(span) or default_path(span, span.at(*NAME)),
        "inputs": _inputs(span.at("traceloop.entity.input")),
        "messages": messages.given(span) or None,
        "output": written(span.at("traceloop.entity.output")),
        "output_message": messages.answered(span),
        "error": span.error,
        "log_status": "incomplete",
    }


READERS = {PROMPT.type: _prompt_log, TOOL.type: _tool_log, FLOW.type: _flow_log}


def _inputs(value: Json) -> JsonObject | None:
    """Return the arguments of a call: an object or its JSON; OpenLLMetry keeps `args` and `kwargs` apart."""
    given = loaded(value)
    if not isinstance(given, dict):
        return None if value is None else {"input": value}
    keywords = given.get("kwargs") or {}
    if given.keys() <= {"args", "kwargs"} and isinstance(keywords, dict):
        return {**({"args": given["args"]} if given.get("args") else {}), **keywords}
    return given
