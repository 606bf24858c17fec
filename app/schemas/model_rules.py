"""The shape of a rule of the scripted models, in a YAML file or in a request; unknown fields are errors in both."""

import re
from collections.abc import Callable

from marshmallow import ValidationError, validate

from ..json_types import Json
from . import problems
from .base import Request
from .choices import AnyOf
from .fields import Dict, Enum, Float, Int, List, Nested, Str, StrDict, at_least, many, non_empty
from .values import strict

LONGEST_DELAY = 600  # seconds before one piece
TEXTS = ("reply", "replies", "table")
ANSWERS = (*TEXTS, "tool_calls", "error")


class Pattern(Str):
    """The text of a regular expression."""

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        text = super()._deserialize(value, attr, data)
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValidationError(f"not a valid regular expression: {error}") from None
        return text


class Match(Request):
    """What a request must be like; the fields that are left out do not matter.

    `provider`, `model` and `tool`, the name of one that the request offers, are exact or have `*` and `?` in them;
    `message`, `system` and `inputs` are searched for in the last message, the system messages and single inputs.
    """

    provider = Str()
    model = Str()
    role = Enum("user", "assistant", "system", "tool", "developer")
    message = Pattern()
    system = Pattern()
    tool = Str()
    inputs = Dict(values=Pattern())


class Table(Request):
    """Answers by a key, which is a template; a rule whose table has no such row does not match."""

    key = Str(required=True)
    rows = StrDict(required=True)


class ScriptedCall(Request):
    """A call of a tool; its arguments are an object whose texts are templates, or one template of JSON text."""

    name = Str(required=True, validate=non_empty())
    arguments = AnyOf(Dict(), Str())
    id = Str()


class Tokens(Request):
    """How many tokens an answer says it had."""

    prompt = Int(validate=at_least(0))
    output = Int(validate=at_least(0))
    reasoning = Int(validate=at_least(0))


class ScriptedError(Request):
    """The failure of a provider, after some pieces of the answer or at once."""

    message = Str(required=True)
    status = Int(
        load_default=503, validate=validate.Range(400, 599, error="the status of an error must be between 400 and 599")
    )
    type = Str(load_default="server_error")
    code = AnyOf(Int(), Str())
    after_chunks = Int(load_default=0, validate=at_least(0))


class ModelRule(Request):
    """One rule: which requests it answers, and how."""

    match = Nested(Match, load_default=dict)
    reply = Str()
    replies = List(Str(), validate=validate.Length(min=1, error="at least one reply is required"))
    table = Nested(Table)
    tool_calls = many(ScriptedCall)
    finish_reason = Str(validate=non_empty())
    tokens = Nested(Tokens)
    delay = Float(
        validate=validate.Range(0, LONGEST_DELAY, error=f"a delay must be between 0 and {LONGEST_DELAY} seconds")
    )
    chunks = AnyOf(Int(validate=at_least(1)), Enum("words", "whole"))
    error = Nested(ScriptedError)
    times = Int(validate=at_least(1))

    def _load_object(self, data: Json) -> Json:
        rule = _strictly(super()._load_object, data)
        texts = [name for name in TEXTS if name in rule]
        if len(texts) > 1:
            raise ValidationError({texts[1]: [f"only one of {', '.join(TEXTS)} may be given"]})
        if not any(name in rule for name in ANSWERS):
            raise ValidationError({problems.SCHEMA: [f"one of {', '.join(ANSWERS)} is required"]})
        return rule


def _strictly(load: Callable[[Json], Json], data: Json) -> Json:
    token = strict.set(True)
    try:
        return load(data)
    finally:
        strict.reset(token)
