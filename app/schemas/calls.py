"""Running Prompts, Agents, and Tools on the server: requests, answers, stream events."""

from .agents import AgentKernelRequest
from .base import Choice, Request, Response
from .choices import AnyOf
from .fields import Bool, Enum, Int, Nested, Str, Time, at_least, at_most, many
from .files import FileAddress
from .log_fields import (
    ContextFields,
    ConversationFields,
    LogFields,
    ModelOutcomeFields,
    OriginFields,
    OutcomeFields,
    StatusField,
    TimeFields,
)
from .logs import (
    AgentLogResponse,
    EvaluatorLogResponse,
    FlowLogResponse,
    PlaceFields,
    PromptLogResponse,
    ToolLogResponse,
)
from .messages import ChatMessage, ToolCall
from .older import Batches, LogStatus, TraceParent, older
from .prompts import PromptKernelRequest, PromptResponse
from .tools import ToolKernelRequest, ToolResponse

MOST_SAMPLES = 128
EVENTS = (
    *(f"agent_turn_{stage}" for stage in ("start", "suspend", "continue", "end", "error")),
    *(f"{what}_{stage}" for what in ("agent", "tool") for stage in ("start", "update", "end")),
    "error",
)


class ProviderApiKeys(Request):
    """The caller's own keys of model providers."""

    openai = Str()
    ai21 = older(Str())
    mock = Str()
    anthropic = Str()
    deepseek = Str()
    bedrock = Str()
    cohere = Str()
    openai_azure = Str()
    openai_azure_endpoint = Str()
    google = Str()


class CallFields(FileAddress, TimeFields, ContextFields, OriginFields, LogStatus):
    """What every call may set in the Log that it makes."""


class ModelCallFields:
    """How a call of a model is made and answered."""

    provider_api_keys = Nested(ProviderApiKeys)
    return_inputs = Bool(load_default=True)
    stream = Bool(load_default=False)


class PromptsCallRequest(ConversationFields, CallFields, ModelCallFields, Batches, TraceParent, Request):
    """A call of a Prompt; `prompt` is its content or the text of its file."""

    prompt = AnyOf(PromptKernelRequest, Str())
    num_samples = Int(load_default=1, validate=[at_least(1), at_most(MOST_SAMPLES)])
    logprobs = Int()
    suffix = Str()


class AgentsCallRequest(ConversationFields, CallFields, ModelCallFields, Request):
    """A call of an Agent; `agent` is its content or the text of its file."""

    agent = AnyOf(AgentKernelRequest, Str())
    include_trace_children = Bool(load_default=False)


class AgentsContinueRequest(Request):
    """The results of the tools that an Agent waits for."""

    log_id = Str(required=True)
    messages = many(ChatMessage, required=True)
    provider_api_keys = Nested(ProviderApiKeys)
    include_trace_children = Bool(load_default=False)
    stream = Bool(load_default=False)


class ToolsCallRequest(CallFields, Request):
    """A call of a Tool."""

    tool = Nested(ToolKernelRequest)


class PromptCallLogResponse(OutcomeFields, ModelOutcomeFields, Response):
    """One sample of a Prompt call."""

    index = Int()


class PromptCallResponse(TimeFields, ConversationFields, ContextFields, OriginFields, LogStatus, Response):
    """The answer of a Prompt."""

    id = Str()
    prompt = Nested(PromptResponse)
    trace_id = Str(allow_none=True)
    logs = many(PromptCallLogResponse)


class PromptCallStreamResponse(PromptCallLogResponse):
    """A piece of a sample; its `output` is never null [C]."""

    output = Str()
    id = Str()
    prompt_id = Str()
    version_id = Str()


class ToolCallResponse(LogFields, LogStatus, PlaceFields, Response):
    """The answer of a Tool: its Log."""

    tool = Nested(ToolResponse)


class AgentCallResponse(StatusField, AgentLogResponse):
    """The answer of an Agent: its Log, and the tool calls that it waits for."""

    previous_agent_message = Nested(ChatMessage, allow_none=True)


class AgentContinueCallResponse(AgentCallResponse):
    """The answer of a continued Agent."""


class AgentLogStreamResponse(OutcomeFields, ModelOutcomeFields, Response):
    """A piece of an Agent's answer."""

    id = Str()
    agent_id = Str()
    version_id = Str()


class AgentCallStreamResponsePayload(Choice):
    """What a stream event is about."""

    members = (
        PromptCallStreamResponse,
        AgentLogStreamResponse,
        PromptLogResponse,
        ToolLogResponse,
        EvaluatorLogResponse,
        FlowLogResponse,
        AgentLogResponse,
        ToolCall,
    )


class AgentCallStreamResponse(Response):
    """An event of an Agent at work."""

    log_id = Str()
    message = Str()
    payload = Nested(AgentCallStreamResponsePayload, allow_none=True)
    type = Enum(*EVENTS)
    created_at = Time()


class AgentContinueCallStreamResponse(AgentCallStreamResponse):
    """An event of a continued Agent."""
