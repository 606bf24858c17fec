"""The parameters of a language model: the content that Prompt and Agent versions share.

The defaults are those of the API [D]: every other parameter is null, so that equal content is one version
whether a client sends the defaults or leaves them out.
"""

from .choices import AnyOf
from .fields import Dict, Enum, Float, Int, List, Nested, Str
from .messages import PROVIDERS, ResponseFormat, template_field


class ModelContent:
    """What a version asks of a model, with the API's defaults."""

    model = Str(required=True)
    endpoint = Enum("complete", "chat", "edit", load_default="chat")
    template = template_field(load_default=None)
    template_language = Enum("default", "jinja", load_default="default")
    provider = Enum(*PROVIDERS, open_=True, load_default="openai")
    max_tokens = Int(load_default=-1)
    temperature = Float(load_default=1.0)
    top_p = Float(load_default=1.0)
    stop = AnyOf(Str(), List(Str()), load_default=None)
    presence_penalty = Float(load_default=0.0)
    frequency_penalty = Float(load_default=0.0)
    other = Dict(load_default=dict, metadata={"default": {}})
    seed = Int(load_default=None)
    response_format = Nested(ResponseFormat, load_default=None)
    reasoning_effort = AnyOf(Enum("high", "medium", "low", open_=True), Int(), load_default=None)
    attributes = Dict(load_default=None)


class ModelFields:
    """The same in an answer."""

    model = Str()
    endpoint = Enum("complete", "chat", "edit", allow_none=True)
    template = template_field(allow_none=True)
    template_language = Enum("default", "jinja", allow_none=True)
    provider = Enum(*PROVIDERS, open_=True, allow_none=True)
    max_tokens = Int(allow_none=True)
    temperature = Float(allow_none=True)
    top_p = Float(allow_none=True)
    stop = AnyOf(Str(), List(Str()), allow_none=True)
    presence_penalty = Float(allow_none=True)
    frequency_penalty = Float(allow_none=True)
    other = Dict(allow_none=True)
    seed = Int(allow_none=True)
    response_format = Nested(ResponseFormat, allow_none=True)
    reasoning_effort = AnyOf(Enum("high", "medium", "low", open_=True), Int(), allow_none=True)
    attributes = Dict(allow_none=True)
