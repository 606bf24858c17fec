"""What prompts and judges have in common in promptfoo: their models, and text for Nunjucks."""

from ...json_types import JsonObject
from .chat import parameters_of, tools_of
from .output import Output

PROVIDERS = {
    "openai": "openai:chat:",
    "anthropic": "anthropic:messages:",
    "bedrock": "bedrock:",
    "cohere": "cohere:",
    "deepseek": "deepseek:",
    "google": "google:",
    "groq": "groq:",
    "openai_azure": "azure:chat:",
    "replicate": "replicate:",
}
LIKE_OPENAI = ("openai", "openai_azure", "groq", "deepseek")  # their tools have the same format


def escaped(text: str) -> str:
    """Return text that Nunjucks leaves as it is."""
    return text if not any(sign in text for sign in ("{{", "{%", "{#")) else "{% raw %}" + text + "{% endraw %}"


def provider_of(version: JsonObject, output: Output) -> JsonObject:
    """Return the model of a Version, or of a judge, with its parameters."""
    name, model = version.get("provider") or "openai", version["model"]
    if name == "mock":
        return {"id": "echo"}
    prefix = PROVIDERS.get(name)
    if prefix is None:
        output.note(f"The provider {name} is unknown here: look up what promptfoo calls it.")
        prefix = f"{name}:"
    config = parameters_of(version)
    if tools := tools_of(version):
        config["tools"] = tools
        if name not in LIKE_OPENAI:
            output.note(f"The tools of {model} are in OpenAI's format: {name} may need another.")
    return {"id": f"{prefix}{model}", **({"config": config} if config else {})}
