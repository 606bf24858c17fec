"""The fields that Logs have in common, whether a client sends them or reads them."""

from .fields import Bool, Dict, Enum, Float, Int, Nested, Str, Time, many, non_empty, without_nul
from .messages import ChatMessage, tool_choice_field
from .older import LOG_STATUSES, TraceStatus


class OutcomeFields:
    """What the logged operation produced."""

    output = Str(allow_none=True)
    created_at = Time(allow_none=True)
    error = Str(allow_none=True)
    provider_latency = Float(allow_none=True)
    stdout = Str(allow_none=True)


class ModelOutcomeFields:
    """What a model used and returned."""

    output_message = Nested(ChatMessage, allow_none=True)
    prompt_tokens = Int(allow_none=True)
    reasoning_tokens = Int(allow_none=True)
    output_tokens = Int(allow_none=True)
    prompt_cost = Float(allow_none=True)
    output_cost = Float(allow_none=True)
    finish_reason = Str(allow_none=True)


class ConversationFields:
    """What a model was asked."""

    messages = many(ChatMessage, allow_none=True)
    tool_choice = tool_choice_field(allow_none=True)


class TimeFields:
    """When the logged operation started and ended."""

    start_time = Time(allow_none=True)
    end_time = Time(allow_none=True)


class ProviderFields:
    """What was sent to a provider, and what it returned."""

    provider_request = Dict(allow_none=True)
    provider_response = Dict(allow_none=True)


class ContextFields:
    """The inputs, and where they came from."""

    inputs = Dict(allow_none=True)
    source = Str(allow_none=True)
    metadata = Dict(allow_none=True)


class OriginFields:
    """What a Log belongs to: its datapoint, its trace, its user."""

    source_datapoint_id = Str(allow_none=True)
    trace_parent_id = Str(allow_none=True)
    user = Str(allow_none=True)
    environment = Str(allow_none=True)
    save = Bool(allow_none=True)
    log_id = Str(validate=[non_empty(), without_nul], allow_none=True)


class StatusField(TraceStatus):
    """Whether a trace is complete."""

    log_status = Enum(*LOG_STATUSES, allow_none=True)


class RunField:
    """The Run of an Evaluation that a Log joins."""

    run_id = Str()


class LogUpdateFields(OutcomeFields, TimeFields, ProviderFields, ContextFields):
    """What may be changed later."""


class LogFields(LogUpdateFields, OriginFields):
    """What every Log may have."""
