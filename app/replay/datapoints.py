"""Logs as datapoints, so that what was asked then can be asked again."""

import json

from ..errors import Invalid
from ..json_types import Json, JsonObject
from ..kinds import ASKING
from ..templating.templates import populate

CONTENT = ("inputs", "messages", "target")


def datapoint_of(record: JsonObject) -> JsonObject:
    """Return what a Log of an Evaluation was given, and its target, as the content of a datapoint.

    For a Log without a datapoint the target is its own output: Evaluators then find what has changed.
    """
    if record["datapoint"]:
        return {name: record["datapoint"][name] for name in CONTENT if record["datapoint"][name] is not None}
    log = record["log"]
    point = {"inputs": _texts(log["inputs"] or {}), "messages": _callers_messages(log)}
    return point if log["output"] is None else {**point, "target": {"output": log["output"]}}


def _texts(inputs: JsonObject) -> dict[str, str]:
    """Return inputs as the strings that a template makes of them: inputs of datapoints are strings."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in inputs.items()}


def _callers_messages(log: JsonObject) -> list[JsonObject]:
    """Return the messages that the caller added to the template.

    Code that calls the model itself logs all messages that the model got, starting with the filled-in template.
    """
    messages: list[JsonObject] = log.get("messages") or []
    version: JsonObject = next((log[kind] for kind in ASKING if log.get(kind)), {})
    template = version.get("template")
    if not isinstance(template, list):
        return messages
    try:
        filled: Json = populate(template, version["template_language"], log["inputs"])
    except Invalid:  # the inputs do not fit it, so the messages were not made from it
        return messages
    return messages[len(filled) :] if _said(messages[: len(filled)]) == _said(filled) else messages


def _said(messages: list[JsonObject]) -> list[tuple[str, Json]]:
    return [(message["role"], message.get("content")) for message in messages]
