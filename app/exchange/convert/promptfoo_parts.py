"""What prompts and judges have in common in promptfoo: their models, and texts that Nunjucks reads."""

from ...client import Document
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
LIKE_OPENAI = ("openai", "openai_azure", "groq", "deepseek")  # where tools have the same form


def escaped(text: str) -> str:
    """Return a text in which Nunjucks finds nothing to do."""
    return text if not any(sign in text for sign in ("{{", "{%", "{#")) else "{% raw %}" + text + "{% endraw %}"


def provider_of(version: Document, output: Output) -> Document:
    """Return the model of a Version, or of a judge, with its parameters."""
    name, model = version.get("provider") or "openai", version["model"]
    if name == "mock":
        return {"id": "echo"}
    prefix = PROVIDERS.get(name)
    if prefix is None:
        output.note(f"The provider {name} is not known here: look up what promptfoo calls it.")
        prefix = f"{name}:"
    config = parameters_of(version)
    if tools := tools_of(version):
        config["tools"] = tools
        if name not in LIKE_OPENAI:
            output.note(f"The tools of {model} are in the form of OpenAI: {name} may need another.")
    return {"id": f"{prefix}{model}", **({"config": config} if config else {})}
