"""Evaluations, their Runs, and their statistics."""

from .base import Choice, Query, Request, Response
from .datasets import DatapointResponse, DatasetResponse
from .evaluatees import EvaluatedVersionField, EvaluateesFields, EvaluateesRequest, OverallStats
from .evaluators import EvaluatorResponse
from .fields import AnyValue, Bool, Dict, Enum, Float, Int, List, Nested, Str, Time, many, non_empty, without_nul
from .files import RunVersionResponse
from .logs import LogResponse
from .older import EVALUATION_STATUSES as STATUSES
from .older import older
from .paging import PageQuery, page_number, page_size, paginated
from .references import FileRequest, evaluator_reference, version_reference


class CreateEvaluationRequest(EvaluateesRequest, Request):
    """A new Evaluation of a File."""

    file = Nested(FileRequest)
    name = Str(validate=non_empty())
    evaluators = List(evaluator_reference(), required=True)


class AddEvaluatorsRequest(Request):
    """Evaluators to add to an Evaluation."""

    evaluators = List(evaluator_reference(), required=True)


class CreateRunRequest(Request):
    """A new Run; what is absent is decided by the rest [D/A]."""

    dataset = version_reference()
    version = version_reference()
    orchestrated = Bool()
    use_existing_logs = Bool(load_default=False)


class UpdateRunRequest(Request):
    """A Run's new status, or that it becomes the control."""

    control = Bool()
    status = Enum(*STATUSES)


class AddLogsToRunRequest(Request):
    """The Logs to add to a Run."""

    log_ids = List(Str(), required=True, validate=without_nul)


class EvaluationListQuery(PageQuery):
    """Which page of a File's Evaluations."""

    file_id = Str(required=True)


class EvaluationLogListQuery(Query):
    """Which Runs' Logs, and which page of them."""

    page = page_number()
    size = page_size()
    run_id = List(Str())


class EvaluationEvaluatorResponse(Response):
    """An Evaluator version in an Evaluation."""

    version = Nested(EvaluatorResponse)
    orchestrated = Bool()
    added_at = Time()


class EvaluationResponse(EvaluateesFields, Response):
    """An Evaluation."""

    id = Str()
    runs_count = Int()
    evaluators = many(EvaluationEvaluatorResponse)
    name = Str(allow_none=True)
    file_id = Str(allow_none=True)
    created_at = Time()
    created_by = AnyValue(allow_none=True)
    updated_at = Time()
    url = Str(allow_none=True)


class EvaluationRunResponse(Response):
    """A Run in an Evaluation."""

    id = Str()
    dataset = Nested(DatasetResponse, allow_none=True)
    version = Nested(RunVersionResponse, allow_none=True)
    orchestrated = Bool()
    added_at = Time()
    created_at = Time()
    created_by = AnyValue(allow_none=True)
    status = Enum(*STATUSES)
    control = Bool()


class EvaluationRunsResponse(Response):
    """The Runs of an Evaluation."""

    runs = many(EvaluationRunResponse)


class EvaluationLogResponse(EvaluatedVersionField, Response):
    """A Log in a Run, with its datapoint and its judgments."""

    run_id = Str()
    datapoint = Nested(DatapointResponse, allow_none=True)
    log = Nested(LogResponse)
    evaluator_logs = many(LogResponse)


class JudgmentCounts:
    """How many verdicts an Evaluator gave in a Run."""

    evaluator_version_id = Str()
    total_logs = Int()
    num_judgments = Int()
    num_nulls = Int()
    num_errors = Int()


class NumericEvaluatorStatsResponse(JudgmentCounts, Response):
    """Judgments that are numbers."""

    mean = Float(allow_none=True)
    sum = Float(allow_none=True)
    std = Float(allow_none=True)
    percentiles = Dict(values=Float())


class BooleanEvaluatorStatsResponse(JudgmentCounts, Response):
    """Judgments that are true or false."""

    num_true = Int()
    num_false = Int()


class SelectEvaluatorStatsResponse(JudgmentCounts, Response):
    """Judgments that choose one or more options."""

    num_judgments_per_option = Dict(values=Int())


class TextEvaluatorStatsResponse(JudgmentCounts, Response):
    """Judgments that are text."""


class EvaluatorStatsResponse(Choice):
    """The statistics of one Evaluator; clients tell the kinds apart by their fields [C]."""

    members = (
        NumericEvaluatorStatsResponse,
        BooleanEvaluatorStatsResponse,
        SelectEvaluatorStatsResponse,
        TextEvaluatorStatsResponse,  # the last, for its fields are in all of them
    )


class RunStatsResponse(Response):
    """The statistics of one Run."""

    run_id = Str()
    version_id = Str(allow_none=True)
    batch_id = Str(allow_none=True)
    num_logs = Int()
    evaluator_stats = many(EvaluatorStatsResponse)
    status = Enum(*STATUSES)


class VersionStatsResponse(Response):
    """The statistics of one Run, as clients up to 0.8.8 read them."""

    version_id = Str()
    batch_id = Str(allow_none=True)
    num_logs = Int()
    evaluator_version_stats = many(EvaluatorStatsResponse)


class EvaluationStats(Response):
    """The statistics of all Runs; `progress` and `report` are never null [C]."""

    overall_stats = older(Nested(OverallStats), sometimes=True)
    version_stats = older(many(VersionStatsResponse), sometimes=True)

    run_stats = many(RunStatsResponse)
    progress = Str()
    report = Str()
    status = Enum(*STATUSES)


PaginatedEvaluationResponse = paginated(EvaluationResponse)
PaginatedDataEvaluationLogResponse = paginated(EvaluationLogResponse)
