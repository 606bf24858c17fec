"""Evaluations as clients up to 0.8.8 know them: of one Dataset, with evaluatees instead of Runs [D].

These clients do without the Runs of an Evaluation; the others without all this, which makes answers large. So the
answers have it only for the former.
"""

from .base import Request, Response
from .datasets import DatasetResponse
from .fields import Bool, Enum, Int, List, Nested, Str, Time, many, non_empty
from .files import RunVersionResponse
from .older import EVALUATION_STATUSES, older
from .references import FileRequest, evaluatee_reference, evaluator_reference, version_reference


class EvaluateesRequest:
    """What is evaluated, on which Dataset."""

    dataset = older(version_reference())
    evaluatees = older(List(evaluatee_reference()))


class UpdateEvaluationRequest(EvaluateesRequest, Request):
    """Changes to an Evaluation; lists replace the existing ones."""

    file = Nested(FileRequest)
    name = Str(validate=non_empty())
    evaluators = List(evaluator_reference())


class UpdateEvaluationStatusRequest(Request):
    """The new status of an Evaluation."""

    status = Enum(*EVALUATION_STATUSES, required=True)


class PinEvaluateeRequest(Request):
    """The evaluatee that the others are compared with."""

    version_id = Str()
    path = Str()
    file_id = older(Str(), means="id")
    environment = Str()
    batch_id = Str()
    orchestrated = Bool()


class EvaluateeResponse(Response):
    """A Run that evaluates a version."""

    version = Nested(RunVersionResponse)
    batch_id = Str(allow_none=True)
    orchestrated = Bool()
    pinned = Bool()
    added_at = Time()


class EvaluateesFields:
    """What an Evaluation evaluates, and its status."""

    dataset = older(Nested(DatasetResponse, allow_none=True), sometimes=True)
    evaluatees = older(many(EvaluateeResponse), sometimes=True)
    status = older(Enum(*EVALUATION_STATUSES), sometimes=True)


class OverallStats(Response):
    """The counts of an Evaluation."""

    num_datapoints = Int()
    total_logs = Int()
    total_evaluator_logs = Int()


class EvaluatedVersionField:
    """The version whose Log was judged."""

    evaluated_version = older(Nested(RunVersionResponse), sometimes=True)
