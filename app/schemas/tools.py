"""Tools: content, requests, answers."""

from .base import Request, Response, Value
from .fields import Dict, Enum, Nested, Str
from .files import FileAddress, FileFields, InputFields, MonitoredFields, VersionNames
from .messages import ToolFunction
from .paging import listed

TOOL_TYPES = ("pinecone_search", "google", "mock", "snippet", "json_schema", "get_api_call", "python")


class ToolContent(Request):
    """What decides a Tool's version."""

    function = Nested(ToolFunction, load_default=None)
    source_code = Str(load_default=None)
    setup_values = Dict(load_default=None)
    attributes = Dict(load_default=None)
    tool_type = Enum(*TOOL_TYPES, load_default=None)


class ToolKernelRequest(ToolContent):
    """A Tool's content alone: in logs and calls."""


class ToolRequest(FileAddress, VersionNames, ToolContent):
    """A Tool version to store."""


class FileEnvironmentVariableRequest(Value):
    """A variable of a Tool's environment."""

    name = Str(required=True)
    value = Str(required=True)


class ToolResponse(FileFields, InputFields, MonitoredFields, Response):
    """A Tool at one version."""

    type = Enum("tool")
    function = Nested(ToolFunction, allow_none=True)
    source_code = Str(allow_none=True)
    setup_values = Dict(allow_none=True)
    attributes = Dict(allow_none=True)
    tool_type = Enum(*TOOL_TYPES, allow_none=True)
    signature = Str(allow_none=True)


ListTools = listed(ToolResponse)
