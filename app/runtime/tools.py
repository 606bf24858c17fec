"""Tools that the server runs: Python code in the sandbox, and those whose output is part of the Version."""

from collections.abc import Callable
from dataclasses import dataclass

from ..clock import seconds_between
from ..json_types import JsonObject, plain_text
from ..kinds import TOOL
from ..kinds.base import Content
from ..services.files.variables import list_variables
from ..services.logs import logs
from ..services.logs.documents import read_log
from ..services.workspace import Workspace
from .calls import CallTarget, log_body, prepare
from .engines import Engines
from .sandbox.base import Outcome

LEFT_OUT = ("output_message", "trace_status")  # fields of a Tool's Log that a call does not return


@dataclass(frozen=True)
class Use:
    """One use of a Tool."""

    ws: Workspace
    engines: Engines
    file_uid: str
    content: Content
    inputs: JsonObject


def call_tool(ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject) -> JsonObject:
    """Call a Tool and return its Log; an error of the Tool is the Log's `error`."""
    with ws.writing():
        target = prepare(ws, TOOL, query, body)
    fields = run(ws, engines, target, body.get("inputs"))
    with ws.writing():
        logs.store(ws, TOOL, target.file, target.version, log_body(body, fields), target.log_uid)
    with ws.reading():
        log = read_log(ws, target.log_uid)
    unsaved = {name: fields[name] for name in ("output", "stdout")}  # returned even if they are not saved
    answered = log | unsaved | {"log_id": log["id"]}
    return {name: value for name, value in answered.items() if name not in LEFT_OUT}


def run(ws: Workspace, engines: Engines, target: CallTarget, inputs: JsonObject | None) -> JsonObject:
    """Run a Tool and return the fields of its Log.

    The output is a text, or any other value as JSON text [A]. A Tool that has code but no `tool_type` is assumed to be
    Python [A].
    """
    content = target.content
    kind = content["tool_type"] or ("python" if content["source_code"] else "json_schema")
    start = ws.now()
    outcome = RUNNERS.get(kind, _refuse)(Use(ws, engines, target.file.uid, content, inputs or {}))
    end = ws.now()
    return {
        "inputs": inputs,
        "output": None if outcome.error is not None else plain_text(outcome.value),
        "error": outcome.error,
        "stdout": outcome.stdout,
        "start_time": start,
        "end_time": end,
        "provider_latency": seconds_between(start, end),
    }


def _python(use: Use) -> Outcome:
    """Call the last function of the code with the inputs by name, and the Tool's environment variables."""
    if not use.content["source_code"]:
        return Outcome(error="The tool has no `source_code`.")
    with use.ws.reading():
        variables = list_variables(use.ws, TOOL, use.file_uid)
    environment = {variable["name"]: variable["value"] for variable in variables}
    return use.engines.sandbox.run(use.content["source_code"], keywords=use.inputs, environment=environment)


def _mock(use: Use) -> Outcome:
    """Return the `output` of the setup values or attributes; without one, return the inputs [A]."""
    for said in (use.content["setup_values"], use.content["attributes"]):
        if said and "output" in said:
            return Outcome(said["output"])
    return Outcome(use.inputs)


def _snippet(use: Use) -> Outcome:
    """Return the text of the snippet: its `source_code`, or the `text` of its setup values [A]."""
    text = use.content["source_code"] or (use.content["setup_values"] or {}).get("text")
    if text is None:
        return Outcome(error="The snippet has no text: set `source_code` or `setup_values.text`.")
    return Outcome(text)


def _refuse(use: Use) -> Outcome:
    kind = use.content["tool_type"]
    if kind in NETWORK:
        return Outcome(error=f"The emulator has no network access, which `{kind}` tools need. {ADVICE}")
    return Outcome(error=f"The tool has no code for the server to run. {ADVICE}")


NETWORK = ("google", "pinecone_search", "get_api_call")
ADVICE = "Run the tool yourself and log its output, or set its `tool_type` to `python` or `mock`."
RUNNERS: dict[str, Callable[[Use], Outcome]] = {"python": _python, "mock": _mock, "snippet": _snippet}
"""The tools that the server can run, by `tool_type`."""
