"""Chat messages and what they are made of: content, tool calls, tools, response formats."""

from typing import Unpack

from .base import Response, Value
from .choices import AnyOf
from .fields import Bool, Dict, Enum, List, Nested, Options, Str, many

PROVIDERS = (
    *("anthropic", "bedrock", "cohere", "deepseek", "google"),
    *("groq", "mock", "openai", "openai_azure", "replicate"),
)


class ImageUrl(Value):
    """Where an image is."""

    url = Str(required=True)
    detail = Enum("high", "low", "auto")


class TextChatContent(Value):
    """A part of a message that is text."""

    type = Enum("text", required=True)
    text = Str(required=True)


class ImageChatContent(Value):
    """A part of a message that is an image."""

    type = Enum("image_url", required=True)
    image_url = Nested(ImageUrl, required=True)


class AnthropicThinkingContent(Value):
    """Reasoning of a model, signed by its provider."""

    type = Enum("thinking", required=True)
    thinking = Str(required=True)
    signature = Str(required=True)


class AnthropicRedactedThinkingContent(Value):
    """Reasoning of a model that only its provider can read."""

    type = Enum("redacted_thinking", required=True)
    data = Str(required=True)


class FunctionTool(Value):
    """A function to call, with its arguments as JSON text."""

    name = Str(required=True)
    arguments = Str()


class ToolCall(Value):
    """A model's request to call a tool."""

    id = Str(required=True)
    type = Enum("function", required=True)
    function = Nested(FunctionTool, required=True)


class ChatMessage(Value):
    """One message of a conversation."""

    content = AnyOf(Str(), List(AnyOf(TextChatContent, ImageChatContent)))
    name = Str()
    tool_call_id = Str()
    role = Enum("user", "assistant", "system", "tool", "developer", required=True)
    tool_calls = many(ToolCall)
    thinking = List(AnyOf(AnthropicThinkingContent, AnthropicRedactedThinkingContent))


class FunctionToolChoice(Value):
    """The name of the one function that a model must call."""

    name = Str(required=True)


class ToolChoice(Value):
    """The one tool that a model must call."""

    type = Enum("function", required=True)
    function = Nested(FunctionToolChoice, required=True)


class ToolFunction(Value):
    """A function that a model may call; `parameters` is a JSON schema."""

    name = Str(required=True)
    description = Str(required=True)
    strict = Bool()
    parameters = Dict()


class LinkedToolResponse(Response):
    """A Tool version that a Prompt is linked to."""

    name = Str()
    description = Str()
    strict = Bool(allow_none=True)
    parameters = Dict(allow_none=True)
    id = Str()
    version_id = Str()


class ResponseFormat(Value):
    """The format in which a model must answer."""

    type = Enum("json_object", "json_schema", required=True)
    json_schema = Dict()


class LinkedFileRequest(Value):
    """A File that an Agent uses as a tool: at one version, or at the one in an environment."""

    file_id = Str(required=True)
    environment_id = Str()
    version_id = Str()


class AgentLinkedFileRequest(Value):
    """A tool of an Agent that is a File."""

    type = Enum("file", required=True)
    link = Nested(LinkedFileRequest, required=True)
    on_agent_call = Enum("stop", "continue")


class AgentInlineTool(Value):
    """A tool that an Agent defines itself."""

    type = Enum("inline", required=True)
    json_schema = Nested(ToolFunction, required=True)
    on_agent_call = Enum("stop", "continue")


def template_field(**options: Unpack[Options]) -> AnyOf:
    """Make the field of a template: text or chat messages."""
    return AnyOf(Str(), many(ChatMessage), **options)


def tool_choice_field(**options: Unpack[Options]) -> AnyOf:
    """Make the field for how a model may choose tools."""
    return AnyOf(Enum("none", "auto", "required"), ToolChoice, **options)
