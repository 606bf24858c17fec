"""What an Agent calls: Tools, Prompts and other Agents, each run on the server with a Log of its own."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import DomainError
from ...kinds import AGENT, KINDS, PROMPT, TOOL
from ...schemas import json_text
from ...store.statement import Row
from .. import requests, tools
from ..completions import Completion
from ..providers.base import ModelError
from . import tools as agent_tools
from .events import Event, piece_of_prompt
from .logs import Made, failed, place_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from .work import Agent

DEEPEST = 5  # Agents nested in each other

Arguments = dict[str, Any]
Runner = Callable[["Agent", Row, Arguments], "Generator[Event, None, Made]"]


def run(agent: "Agent", tool: agent_tools.AgentTool | None, call: dict[str, Any]) -> "Generator[Event, None, str]":
    """Run what a model calls and return what the model is told; what goes wrong is told too, and the Agent goes on.

    What ran is added to the Agent's children.
    """
    name = call["function"]["name"]
    yield Event("tool_start", f"Calling {name}.", call)
    made = None
    try:
        if tool is None or tool.target is None:
            raise ValueError(f"There is no tool `{name}`.")
        arguments = _arguments(call)
    except ValueError as error:
        text = f"Error: {error}"
    else:
        try:
            made = yield from RUNNERS[tool.target.kind](agent, tool.target, arguments)
        except DomainError as error:
            made = _failed(agent, tool.target, arguments, error.detail["description"])
        agent.children.append(made)
        text = _text(made)
    yield Event("tool_end", f"{name} has ended.", made)
    return text


def _arguments(call: dict[str, Any]) -> Arguments:
    try:
        arguments = json_text.read(call["function"].get("arguments") or "{}")
    except ValueError as error:
        raise ValueError(f"The arguments are no JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise ValueError("The arguments are no JSON object.")
    return arguments


def _text(made: Made) -> str:
    error = made.fields.get("error")
    return f"Error: {error}" if error is not None else made.fields.get("output") or ""


def _failed(agent: "Agent", target: Row, arguments: Arguments, error: str) -> Made:
    return failed(agent.session.ws, KINDS[target.kind], target, {"inputs": arguments}, error)


def _tool(agent: "Agent", target: Row, arguments: Arguments) -> "Generator[Event, None, Made]":
    """Run a Tool, which tells nothing on the way."""
    yield from ()
    session = agent.session
    place = place_of(session.ws, target)
    return Made(TOOL, place, tools.run(session.ws, session.engines, place, arguments))


def _prompt(agent: "Agent", target: Row, arguments: Arguments) -> "Generator[Event, None, Made]":
    session = agent.session
    inputs, messages = agent_tools.given(target.content, arguments)
    with session.ws.reading():
        request = requests.build(session.ws, target.content, inputs=inputs, messages=messages, keys=session.keys)
    place, completion = place_of(session.ws, target), Completion(request)
    with suppress(ModelError):
        for chunk in completion.run(session.engines.models, session.ws.clock):
            yield Event("tool_update", chunk.text, piece_of_prompt(place, chunk, completion))
    return Made(PROMPT, place, {**completion.log_fields(), "inputs": inputs, "messages": messages})


def _agent(agent: "Agent", target: Row, arguments: Arguments) -> "Generator[Event, None, Made]":
    """Run an Agent inside of another; nobody can go on with it when it waits."""
    if agent.depth + 1 >= DEEPEST:
        return _failed(agent, target, arguments, f"Agents may be nested {DEEPEST} levels deep.")
    inputs, messages = agent_tools.given(target.content, arguments)
    place = place_of(agent.session.ws, target)
    nested = agent.nested(place, inputs, messages)
    for event in nested.run():
        if event.type == "agent_update":
            yield event._replace(type="tool_update")
    return nested.closed()


RUNNERS: dict[str, Runner] = {TOOL.type: _tool, PROMPT.type: _prompt, AGENT.type: _agent}
