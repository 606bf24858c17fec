"""What an Agent can call: functions of inline tools, and Files, each of which is run with a Log of its own."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING

from ...errors import DomainError
from ...json_types import Json, JsonObject, plain_text, read_json
from ...kinds import AGENT, PROMPT, TOOL
from ...kinds.base import Content
from ...services.files import links
from ...services.workspace import Workspace
from ...templating.templates import variables
from .. import tools
from ..calls import CallTarget, new_target
from ..completions import Completion, build_request
from ..providers.base import Message, ModelError, chat_message
from .logs import Event, PendingLog, failed_log, prompt_chunk

if TYPE_CHECKING:
    from .work import Agent

LONGEST_NAME = 64  # characters of a function's name that providers accept
MESSAGE = "message"
"""The one parameter of a Prompt or Agent whose template has no variables: the user message [A]."""


@dataclass(frozen=True)
class AgentTool:
    """A function that a model may call, with the Version behind it; an inline tool has none."""

    function: Mapping[str, Json]
    stops: bool
    target: links.Target | None = None
    runs_here: bool = False
    """Whether the server can run it. A Tool's `tool_type` must say so: logged code rarely runs by itself [A]."""


def tools_for(ws: Workspace, content: Content) -> dict[str, AgentTool]:
    """Return the tools of an Agent by function name; broken links are left out.

    A linked Tool has a function of its own; for other Files one is made from the File's name and template variables. If
    a name is taken already, a number is added to it.
    """
    items = content["tools"] or []
    found = {
        item["json_schema"]["name"]: AgentTool(item["json_schema"], item.get("on_agent_call") == "stop")
        for item in items
        if "link" not in item
    }
    for item, target in zip(items, links.targets(ws, items), strict=True):
        if target is not None:
            linked = target.content
            function = linked.get("function") or _function(target, linked)
            name = next(name for name in _names(function["name"]) if name not in found)
            runs_here = "template" in linked or linked.get("tool_type") in tools.RUNNERS
            stops = item.get("on_agent_call") == "stop"
            found[name] = AgentTool({**function, "name": name}, stops, target, runs_here)
    return found


def _names(name: str) -> Iterator[str]:
    return chain([name], (f"{name[: LONGEST_NAME - 4]}_{number}" for number in count(2)))


def _function(target: links.Target, content: Content) -> JsonObject:
    return {
        "name": re.sub(r"[^a-zA-Z0-9_-]+", "_", target.name)[:LONGEST_NAME],
        "description": target.description or f"Calls the {target.kind} `{target.name}`.",
        "strict": None,
        "parameters": _parameters(content),
    }


def _parameters(content: Content) -> JsonObject:
    if "template" not in content:
        return {"type": "object", "properties": {}}
    names = _inputs(content) or [MESSAGE]
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": names}


def _inputs(content: Content) -> list[str]:
    """Return the inputs of a template: the first parts of its variables, which may be paths."""
    names = variables(content["template"], content["template_language"])
    return list(dict.fromkeys(re.split(r"[.\[]", name)[0] for name in names))


def given(content: Content, arguments: JsonObject) -> tuple[JsonObject, list[Message]]:
    """Return the inputs and messages that a call's arguments give to a Prompt or Agent."""
    if _inputs(content):
        return arguments, []
    text = plain_text(arguments.get(MESSAGE, ""))
    return {}, [chat_message("user", text)]


DEEPEST = 5  # levels of nested Agents

Arguments = JsonObject
Runner = Callable[["Agent", CallTarget, Arguments], Generator[Event, None, PendingLog]]


def run(agent: "Agent", tool: AgentTool | None, call: JsonObject) -> Generator[Event, None, str]:
    """Run a tool that the model calls and return the result for the model, which may be an error.

    The Log of what ran is added to the Agent's children.
    """
    name = call["function"]["name"]
    yield Event("tool_start", f"Calling {name}.", call)
    log = None
    try:
        if tool is None or tool.target is None:
            raise ValueError(f"There is no tool `{name}`.")
        arguments = _arguments(call)
    except ValueError as error:
        text = f"Error: {error}"
    else:
        target = new_target(agent.session.ws, tool.target)
        try:
            log = yield from RUNNERS[target.kind.type](agent, target, arguments)
        except DomainError as error:
            log = _failed(agent, target, arguments, error.detail["description"])
        agent.children.append(log)
        text = _text(log)
    yield Event("tool_end", f"{name} finished.", log)
    return text


def _arguments(call: JsonObject) -> Arguments:
    try:
        arguments = read_json(call["function"].get("arguments") or "{}")
    except ValueError as error:
        raise ValueError(f"The arguments are not valid JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise ValueError("The arguments are not a JSON object.")
    return arguments


def _text(log: PendingLog) -> str:
    error = log.fields.get("error")
    return f"Error: {error}" if error is not None else log.fields.get("output") or ""


def _failed(agent: "Agent", target: CallTarget, arguments: Arguments, error: str) -> PendingLog:
    return failed_log(agent.session.ws, target, {"inputs": arguments}, error)


def _tool(agent: "Agent", target: CallTarget, arguments: Arguments) -> Generator[Event, None, PendingLog]:
    """Run a Tool, which yields no events."""
    yield from ()
    session = agent.session
    return PendingLog(target, tools.run(session.ws, session.engines, target, arguments))


def _prompt(agent: "Agent", target: CallTarget, arguments: Arguments) -> Generator[Event, None, PendingLog]:
    session = agent.session
    inputs, messages = given(target.content, arguments)
    with session.ws.reading():
        request = build_request(session.ws, target.content, inputs=inputs, messages=messages, keys=session.keys)
    completion = Completion(request)
    with suppress(ModelError):
        for chunk in completion.run(session.engines.models, session.ws.clock):
            yield Event("tool_update", chunk.text, prompt_chunk(target, chunk, completion))
    return PendingLog(target, {**completion.log_fields(), "inputs": inputs, "messages": messages})


def _agent(agent: "Agent", target: CallTarget, arguments: Arguments) -> Generator[Event, None, PendingLog]:
    """Run an Agent inside another one; nobody can continue it if it waits."""
    if agent.depth + 1 >= DEEPEST:
        return _failed(agent, target, arguments, f"Agents can be nested at most {DEEPEST} levels deep.")
    inputs, messages = given(target.content, arguments)
    nested = agent.nested(target, inputs, messages)
    for event in nested.run():
        if event.type == "agent_update":
            yield event._replace(type="tool_update")
    return nested.final_log()


RUNNERS: dict[str, Runner] = {TOOL.type: _tool, PROMPT.type: _prompt, AGENT.type: _agent}
