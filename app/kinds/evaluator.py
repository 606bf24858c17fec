"""Evaluators."""

from ..json_types import JsonObject
from ..schemas import evaluators, logs
from ..templating.templates import variables
from .base import COMMON_LOG_FIELDS, Content, FileKind, LogKind


def describe(content: Content) -> JsonObject:
    """Render the spec, with the variables of an LLM evaluator's prompt as inputs."""
    spec = content["spec"]
    prompt = spec.get("prompt") or {}
    names = variables(prompt.get("template"), prompt.get("template_language") or "default")
    return {
        "spec": spec,
        "schema": None,
        "attributes": spec.get("attributes"),
        "inputs": [{"name": name} for name in names],
    }


EVALUATOR = FileKind(
    type="evaluator",
    id_prefix="ev",
    version_prefix="evv",
    request=evaluators.EvaluatorRequest,
    response=evaluators.EvaluatorResponse,
    listing=evaluators.ListEvaluators,
    content=evaluators.EvaluatorContent,
    content_fields=("spec",),
    describe=describe,
    log=LogKind(
        request=logs.CreateEvaluatorLogRequest,
        created=logs.CreateEvaluatorLogResponse,
        update=None,
        response=logs.EvaluatorLogResponse,
        content_key="spec",
        fields=(*COMMON_LOG_FIELDS, "parent_id", "output_message", "judgment", "marked_completed"),
        session=True,
        judges=True,
    ),
)
