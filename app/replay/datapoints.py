"""Logs as datapoints: what was asked then is asked again."""

import json
from typing import Any

from ..client import Document
from ..errors import Invalid
from ..kinds import ASKING
from ..templating.templates import populate

CONTENT = ("inputs", "messages", "target")


def datapoint_of(record: Document) -> Document:
    """Return what a Log of an Evaluation was given and should answer, as the content of a datapoint.

    A Log without a datapoint has its own answer as the target: Evaluators then find what has changed.
    """
    if record["datapoint"]:
        return {name: record["datapoint"][name] for name in CONTENT if record["datapoint"][name] is not None}
    log = record["log"]
    point = {"inputs": _texts(log["inputs"] or {}), "messages": _callers_messages(log)}
    return point if log["output"] is None else {**point, "target": {"output": log["output"]}}


def _texts(inputs: Document) -> dict[str, str]:
    """Return inputs as the texts that a template makes of them: datapoints hold no others."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in inputs.items()}


def _callers_messages(log: Document) -> list[Document]:
    """Return the messages that the caller added to the template.

    Who logs a call of its own logs all messages that the model got: the filled template comes first there.
    """
    messages: list[Document] = log.get("messages") or []
    version: Document = next((log[kind] for kind in ASKING if log.get(kind)), {})
    template = version.get("template")
    if not isinstance(template, list):
        return messages
    try:
        filled: Any = populate(template, version["template_language"], log["inputs"])
    except Invalid:  # the inputs do not fill it, so the messages were not made of it
        return messages
    return messages[len(filled) :] if _said(messages[: len(filled)]) == _said(filled) else messages


def _said(messages: list[Document]) -> list[tuple[Any, Any]]:
    return [(message["role"], message.get("content")) for message in messages]
