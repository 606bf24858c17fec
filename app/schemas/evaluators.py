"""Evaluators: the four kinds of spec, requests, answers."""

from typing import Unpack

from .base import Request, Response, Value
from .choices import AnyOf
from .fields import Bool, Dict, Enum, Float, List, Nested, Options, Str, many
from .files import FileAddress, FileFields, InputFields, MonitoredFields, SchemaField, VersionNames
from .paging import listed
from .prompts import PromptKernelRequest

RETURN_TYPES = ("boolean", "number", "select", "multi_select", "text")
VALENCES = ("positive", "negative", "neutral")


class EvaluatorJudgmentOptionResponse(Value):
    """An answer that a judgment may give."""

    name = Str(required=True)
    valence = Enum(*VALENCES)


class EvaluatorJudgmentNumberLimit(Value):
    """The bounds of a judgment that is a number."""

    min = Float()
    max = Float()
    step = Float()


class SpecFields:
    """What every Evaluator says about its judgments."""

    arguments_type = Enum("target_free", "target_required", required=True)
    return_type = Enum(*RETURN_TYPES, required=True)
    attributes = Dict()
    options = many(EvaluatorJudgmentOptionResponse)
    number_limits = Nested(EvaluatorJudgmentNumberLimit)
    number_valence = Enum(*VALENCES)


class LlmEvaluatorRequest(SpecFields, Value):
    """An Evaluator that asks a model."""

    evaluator_type = Enum("llm", required=True)
    prompt = Nested(PromptKernelRequest)


class CodeEvaluatorRequest(SpecFields, Value):
    """An Evaluator that runs Python code."""

    evaluator_type = Enum("python", required=True)
    code = Str(required=True)


class HumanEvaluatorRequest(SpecFields, Value):
    """An Evaluator that is a person."""

    evaluator_type = Enum("human", required=True)
    instructions = Str()


class ExternalEvaluatorRequest(SpecFields, Value):
    """An Evaluator that runs somewhere else."""

    evaluator_type = Enum("external", required=True)


def spec_field(**options: Unpack[Options]) -> AnyOf:
    """Make the field of an Evaluator's spec."""
    return AnyOf(LlmEvaluatorRequest, CodeEvaluatorRequest, HumanEvaluatorRequest, ExternalEvaluatorRequest, **options)


def judgment_field(**options: Unpack[Options]) -> AnyOf:
    """Make the field of a judgment."""
    return AnyOf(Bool(), Float(), Str(), List(Str()), **options)


class EvaluatorContent(Request):
    """What decides an Evaluator's version."""

    spec = spec_field(required=True)


class EvaluatorRequest(FileAddress, VersionNames, EvaluatorContent):
    """An Evaluator version to store."""


class EvaluatorResponse(FileFields, SchemaField, InputFields, MonitoredFields, Response):
    """An Evaluator at one version."""

    type = Enum("evaluator")
    spec = spec_field()
    attributes = Dict(allow_none=True)


ListEvaluators = listed(EvaluatorResponse)
