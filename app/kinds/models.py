"""What Prompts and Agents share: the content that goes to a language model."""

from ..json_types import JsonObject
from ..templating.templates import variables
from .base import Content

MODEL_CONTENT = (
    "model",
    "endpoint",
    "template",
    "template_language",
    "provider",
    "max_tokens",
    "temperature",
    "top_p",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "other",
    "seed",
    "response_format",
    "reasoning_effort",
    "tools",
    "attributes",
)


def describe_model(content: Content) -> JsonObject:
    """Render the content of a model's Version, with the variables of its template as inputs."""
    names = variables(content["template"], content["template_language"])
    return {**content, "schema": None, "inputs": [{"name": name} for name in names]}
