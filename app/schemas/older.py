"""What older clients send and read besides the last contract.

Each such field stands in the schemas like any other, but is marked by `older`: the OpenAPI document calls it
deprecated, and where it is the former name of another field, a request is loaded as if it had that one. If both are
there, the newer name wins [A]. `docs/clients.md` has the whole list, with the versions of the SDK.
"""

from typing import TypeVar

from .fields import AnyValue, Enum, Int, List, Str, Time, non_empty, without_nul
from .fields import Checked as Field

AnyField = TypeVar("AnyField", bound=Field)

EVALUATION_STATUSES = ("pending", "running", "completed", "cancelled")
VERSION_STATUSES = ("uncommitted", "committed", "deleted")
LOG_STATUSES = ("complete", "incomplete")


def older(field: AnyField, *, means: str | None = None, sometimes: bool = False) -> AnyField:
    """Mark a field as one of older clients.

    `means` is the field that a request is loaded with instead; `sometimes` marks one that an answer has only for the
    clients that read it, because it is large.
    """
    field.metadata = {"deprecated": True, "sometimes": sometimes} | ({"means": means} if means else {})
    return field


class CommitMessage:
    """The description of a new version, as clients up to 0.8.29 call it [D]."""

    commit_message = older(Str(), means="version_description")


class CommitFields:
    """What clients up to 0.8.29 read of every version: they take no File for one without its `status` [C].

    Here no version is uncommitted: who made it committed it.
    """

    status = older(Enum(*VERSION_STATUSES))
    commit_message = older(Str(allow_none=True))
    committed_by = older(AnyValue(allow_none=True))
    committed_at = older(Time(allow_none=True))


class VersionStatusFilter:
    """Which versions clients up to 0.8.29 ask for [D]."""

    status = older(Enum(*VERSION_STATUSES))


class TraceStatus:
    """`log_status`, as clients up to 0.8.26 call it [C]."""

    trace_status = older(Enum(*LOG_STATUSES, allow_none=True), means="log_status")


class LogStatus:
    """What clients from 0.8.27 to 0.8.40b3 have in every Log, and the last contract in two kinds [C]."""

    log_status = older(Enum(*LOG_STATUSES, allow_none=True))


class OlderStatus(TraceStatus, LogStatus):
    """Both names, where the last contract has neither."""


class TraceParent:
    """`trace_parent_id`, as the client 0.8.0 calls it: the Log above, else the one at the top of the trace [D]."""

    trace_parent_log_id = older(Str(), means="trace_parent_id")
    trace_id = older(Str(), means="trace_parent_id")


class EarlierTrace:
    """What a Flow Log belongs to, as the clients 0.8.0 and 0.8.1 send it: a trace has the id of its Flow Log [D]."""

    trace_parent_log_id = older(Str(), means="trace_parent_id")
    trace_id = older(Str(validate=[non_empty(), without_nul]), means="log_id")


class StatusUpdate:
    """`log_status`, as the client 0.8.0 calls it where it updates a trace [C]."""

    status = older(Enum(*LOG_STATUSES, required=True), means="log_status")


class OlderLogFilters:
    """Which Logs clients up to 0.8.29 list, and how many of them 0.8.9a1 [D]."""

    version_status = older(Enum(*VERSION_STATUSES))
    sample_n = older(Int(), means="sample")


class Batches:
    """The batches that a Log joins, as clients up to 0.8.8 send them: what is a Run now [D]."""

    batch_id = older(Str())
    batches = older(List(Str()))


class EvaluatedIn:
    """The Evaluation that a Log joins, as clients up to 0.8.8 send it [D]."""

    evaluation_id = older(Str())
