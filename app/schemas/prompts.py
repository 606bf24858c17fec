"""Prompts: content, requests, answers."""

from .base import Request, Response
from .fields import Enum, List, Str, many
from .files import FileAddress, FileFields, FileNotes, InputFields, MonitoredFields, SchemaField, VersionNames
from .messages import LinkedToolResponse, ToolFunction, template_field
from .paging import listed
from .parameters import ModelContent, ModelFields


class PromptContent(ModelContent, Request):
    """What decides a Prompt's version."""

    tools = many(ToolFunction, load_default=None)
    linked_tools = List(Str(), load_default=None)


class PromptKernelRequest(PromptContent):
    """A Prompt's content alone: in logs, calls, and LLM evaluators."""


class PromptRequest(FileAddress, VersionNames, FileNotes, PromptContent):
    """A Prompt version to store."""


class DeserializePromptRequest(Request):
    """The text of a `.prompt` file."""

    prompt = Str(required=True)


class PromptResponse(FileFields, SchemaField, InputFields, MonitoredFields, ModelFields, Response):
    """A Prompt at one version."""

    type = Enum("prompt")
    tools = many(ToolFunction, allow_none=True)
    linked_tools = many(LinkedToolResponse, allow_none=True)
    raw_file_content = Str(allow_none=True)


class PopulateTemplateResponse(PromptResponse):
    """A Prompt with its variables filled in."""

    populated_template = template_field(allow_none=True)


ListPrompts = listed(PromptResponse)
