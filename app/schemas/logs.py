"""Logs: what clients send about the use of a File, and what they read back.

The five kinds of Log hold each other: in traces (`trace_children`) and in judgments (`evaluator_logs`, `parent`).
"""

from .agents import AgentKernelRequest, AgentResponse
from .base import Choice, Query, Request, Response
from .choices import AnyOf
from .evaluators import EvaluatorResponse, judgment_field, spec_field
from .fields import Bool, Dict, Int, List, Nested, Str, Time, many, without_nul
from .files import FileAddress
from .flows import FlowKernelRequest, FlowResponse
from .log_fields import ConversationFields, LogFields, LogUpdateFields, ModelOutcomeFields, RunField, StatusField
from .messages import ChatMessage
from .older import (
    Batches,
    EarlierTrace,
    EvaluatedIn,
    LogStatus,
    OlderLogFilters,
    OlderStatus,
    StatusUpdate,
    TraceParent,
)
from .paging import page_number, page_size, paginated
from .prompts import PromptKernelRequest, PromptResponse
from .tools import ToolKernelRequest, ToolResponse


class PromptLogRequest(
    RunField,
    FileAddress,
    ModelOutcomeFields,
    ConversationFields,
    LogFields,
    EvaluatedIn,
    Batches,
    TraceParent,
    LogStatus,
    Request,
):
    """A Prompt Log; `prompt` is the content of a version, or the text of its file."""

    prompt = AnyOf(PromptKernelRequest, Str())


class ToolLogRequest(FileAddress, LogFields, Batches, TraceParent, LogStatus, Request):
    """A Tool Log."""

    tool = Nested(ToolKernelRequest)


class FlowLogRequest(RunField, FileAddress, LogFields, EvaluatedIn, Batches, EarlierTrace, StatusField, Request):
    """A Flow Log: the top of a trace."""

    messages = many(ChatMessage)
    output_message = Nested(ChatMessage)
    flow = Nested(FlowKernelRequest)


class AgentLogRequest(RunField, FileAddress, ModelOutcomeFields, ConversationFields, LogFields, OlderStatus, Request):
    """An Agent Log; `agent` is the content of a version, or the text of its file."""

    agent = AnyOf(AgentKernelRequest, Str())


class CreateEvaluatorLogRequest(FileAddress, LogFields, Batches, TraceParent, LogStatus, Request):
    """A judgment on a Log; an explicit null withdraws an earlier one [D]."""

    keep_null = ("judgment",)

    parent_id = Str(required=True)
    output_message = Nested(ChatMessage)
    judgment = judgment_field()
    marked_completed = Bool()
    spec = spec_field()


class PromptLogUpdateRequest(ModelOutcomeFields, ConversationFields, LogUpdateFields, LogStatus, Request):
    """Changes to a Prompt Log."""


class ToolLogUpdateRequest(LogUpdateFields, LogStatus, Request):
    """Changes to a Tool Log."""


class TraceUpdateRequest(StatusField, Request):
    """Changes to a Flow Log or an Agent Log."""

    messages = many(ChatMessage)
    output_message = Nested(ChatMessage)
    inputs = Dict()
    output = Str()
    error = Str()


class FlowLogUpdateRequest(TraceUpdateRequest):
    """Changes to a Flow Log."""


class AgentLogUpdateRequest(TraceUpdateRequest):
    """Changes to an Agent Log."""


class TraceStatusUpdateRequest(StatusUpdate, Request):
    """Changes to a Flow Log, as the client 0.8.0 sends them."""

    inputs = Dict()
    output = Str()


class LogListQuery(OlderLogFilters, Query):
    """Which Logs of a File."""

    file_id = Str(required=True)
    page = page_number()
    size = page_size()
    version_id = Str()
    id = List(Str(), validate=without_nul)
    search = Str()
    metadata_search = Str()
    start_date = Time()
    end_date = Time()
    include_parent = Bool()
    in_trace_filter = List(Bool())
    sample = Int()
    include_trace_children = Bool()


class DeleteLogsQuery(Query):
    """Which Logs to delete."""

    id = List(Str(), validate=without_nul)


class CreatePromptLogResponse(Response):
    """The ids of a new Prompt Log."""

    id = Str()
    prompt_id = Str()
    version_id = Str()
    session_id = Str(allow_none=True)


class CreateToolLogResponse(Response):
    """The ids of a new Tool Log."""

    id = Str()
    tool_id = Str()
    version_id = Str()
    session_id = Str(allow_none=True)


class CreateEvaluatorLogResponse(Response):
    """The ids of a new Evaluator Log."""

    id = Str()
    parent_id = Str()
    session_id = Str(allow_none=True)
    version_id = Str()


class CreateFlowLogResponse(StatusField, Response):
    """The ids of a new Flow Log, and whether its trace is complete."""

    id = Str()
    flow_id = Str()
    version_id = Str()


class CreateAgentLogResponse(StatusField, Response):
    """The ids of a new Agent Log, and whether its trace is complete."""

    id = Str()
    agent_id = Str()
    version_id = Str()


class LogResponse(Choice):
    """A Log of any kind, told by the File version that it holds; the members are those of `kinds`."""


class PlaceFields:
    """What the server adds to every Log: its id, its place in a trace, its judgments."""

    id = Str()
    batches = List(Str(), allow_none=True)
    evaluator_logs = many("EvaluatorLogResponse")
    trace_flow_id = Str(allow_none=True)
    trace_id = Str(allow_none=True)
    trace_children = many(LogResponse, allow_none=True)


class PromptLogResponse(ModelOutcomeFields, ConversationFields, LogFields, OlderStatus, PlaceFields, Response):
    """A Prompt Log."""

    prompt = Nested(PromptResponse)


class ToolLogResponse(LogFields, OlderStatus, PlaceFields, Response):
    """A Tool Log."""

    tool = Nested(ToolResponse)
    output_message = Nested(ChatMessage, allow_none=True)


class EvaluatorLogResponse(LogFields, OlderStatus, PlaceFields, Response):
    """A judgment, with the judged Log if it is asked for."""

    evaluator = Nested(EvaluatorResponse)
    parent_id = Str(allow_none=True)
    parent = Nested(LogResponse, allow_none=True)
    output_message = Nested(ChatMessage, allow_none=True)
    judgment = judgment_field(allow_none=True)
    marked_completed = Bool(allow_none=True)


class FlowLogResponse(LogFields, StatusField, PlaceFields, Response):
    """A Flow Log: the top of a trace."""

    flow = Nested(FlowResponse)
    messages = many(ChatMessage, allow_none=True)
    output_message = Nested(ChatMessage, allow_none=True)


class AgentLogResponse(ModelOutcomeFields, ConversationFields, LogFields, OlderStatus, PlaceFields, Response):
    """An Agent Log."""

    agent = Nested(AgentResponse)


PaginatedDataLogResponse = paginated(LogResponse)
