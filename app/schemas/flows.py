"""Flows: content, requests, answers."""

from .base import Request, Response
from .fields import Dict, Enum
from .files import FileAddress, FileFields, MonitoredFields, SchemaField, VersionNames
from .paging import listed


class FlowContent(Request):
    """What decides a Flow's version."""

    attributes = Dict(required=True)


class FlowKernelRequest(FlowContent):
    """A Flow's content alone: in logs."""


class FlowRequest(FileAddress, VersionNames, FlowContent):
    """A Flow version to store."""


class FlowResponse(FileFields, SchemaField, MonitoredFields, Response):
    """A Flow at one version."""

    type = Enum("flow")
    attributes = Dict()


ListFlows = listed(FlowResponse)
