"""Agents: content, requests, answers."""

from .base import Request, Response
from .choices import AnyOf
from .fields import AnyValue, Enum, Int, List, Nested, Str, Time
from .files import (
    FileAddress,
    FileFields,
    FileNotes,
    FileResponse,
    InputFields,
    MonitoredFields,
    SchemaField,
    VersionNames,
)
from .messages import AgentInlineTool, AgentLinkedFileRequest, LinkedFileRequest
from .paging import listed
from .parameters import ModelContent, ModelFields


class AgentContent(ModelContent, Request):
    """What decides an Agent's version."""

    tools = List(AnyOf(AgentLinkedFileRequest, AgentInlineTool), load_default=list, metadata={"default": []})
    max_iterations = Int(load_default=5)


class AgentKernelRequest(AgentContent):
    """An Agent's content alone: in logs and calls."""


class AgentRequest(FileAddress, VersionNames, FileNotes, AgentContent):
    """An Agent version to store."""


class DeserializeAgentRequest(Request):
    """The text of an `.agent` file."""

    agent = Str(required=True)


class AgentLinkedFileResponse(Response):
    """A tool of an Agent that is a File, with that File."""

    type = Enum("file")
    link = Nested(LinkedFileRequest)
    on_agent_call = Enum("stop", "continue", allow_none=True)
    file = Nested(FileResponse, allow_none=True)


class AgentResponse(FileFields, SchemaField, InputFields, MonitoredFields, ModelFields, Response):
    """An Agent at one version."""

    type = Enum("agent")
    tools = List(AnyOf(AgentLinkedFileResponse, AgentInlineTool))
    max_iterations = Int(allow_none=True)
    committed_by = AnyValue(allow_none=True)
    committed_at = Time(allow_none=True)
    status = Enum("uncommitted", "committed", "deleted")
    raw_file_content = Str(allow_none=True)


ListAgents = listed(AgentResponse)
