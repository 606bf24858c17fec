"""Agents: the shared routes, call and continue."""

from collections.abc import Generator

from ..json_types import JsonObject
from ..kinds import AGENT
from ..runtime.agents import calls as agents
from ..runtime.agents import continuations as agent_continuations
from ..schemas.calls import (
    AgentCallResponse,
    AgentCallStreamResponse,
    AgentContinueCallResponse,
    AgentContinueCallStreamResponse,
    AgentsCallRequest,
    AgentsContinueRequest,
)
from ..schemas.files import VersionQuery
from ..services.workspace import Workspace
from .blueprint import MODEL_ERRORS
from .operations import runtime
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(AGENT)


@blueprint.operation(
    "POST",
    "/agents/call",
    query=VersionQuery,
    body=AgentsCallRequest,
    response=AgentCallResponse,
    events=AgentCallStreamResponse,
    errors=(404, 409, *MODEL_ERRORS),
    atomic=False,
)
def call(ws: Workspace, query: JsonObject, body: JsonObject) -> JsonObject | Generator[JsonObject]:
    """Call an Agent, which works until it has an output or needs a tool that the server cannot run."""
    return agents.call_agent(ws, runtime(), query, body)


@blueprint.operation(
    "POST",
    "/agents/continue",
    body=AgentsContinueRequest,
    response=AgentContinueCallResponse,
    events=AgentContinueCallStreamResponse,
    errors=(404, 409, *MODEL_ERRORS),
    operation_id="continue_call",
    atomic=False,
)
def continue_call(ws: Workspace, body: JsonObject) -> JsonObject | Generator[JsonObject]:
    """Continue an Agent that is waiting, with the results of its tool calls."""
    return agent_continuations.continue_agent(ws, runtime(), body)
