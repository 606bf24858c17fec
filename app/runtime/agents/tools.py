"""What an Agent's model may call: functions of its inline tools and of the Files that it is linked to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from ...kinds.base import Content
from ...services.files import links
from ...services.workspace import Workspace
from ...store.statement import Row
from ...templating.templates import variables
from .. import tools
from ..providers.base import Message, chat_message

LONGEST_NAME = 64  # characters of a function's name: what providers take
MESSAGE = "message"
"""The one parameter of a Prompt or Agent whose template has no variables: what the user says [A]."""


@dataclass(frozen=True)
class AgentTool:
    """A function, and the Version behind it; an inline tool has none."""

    function: Mapping[str, Any]
    stops: bool
    target: Row | None = None

    @property
    def runs_here(self) -> bool:
        """Return whether the server can run it.

        A Tool must say by its `tool_type` that it can: code that a decorator logged rarely runs alone [A].
        """
        if self.target is None:
            return False
        return "template" in self.target.content or _tool_type(self.target) in tools.RUNNERS


def _tool_type(target: Row) -> str | None:
    kind: str | None = target.content.get("tool_type")
    return kind


def of(ws: Workspace, content: Content) -> dict[str, AgentTool]:
    """Return the tools of an Agent by the names of their functions; links that lead nowhere are left out.

    A linked Tool has its own function; for other Files one is made of their name and the variables of their template.
    Where names are the same, a linked File's gets a number.
    """
    items = content["tools"] or []
    found = {
        item["json_schema"]["name"]: AgentTool(item["json_schema"], item.get("on_agent_call") == "stop")
        for item in items
        if "link" not in item
    }
    for item, target in zip(items, links.targets(ws, items), strict=True):
        if target is not None:
            function = _function(target)
            name = next(name for name in _names(function["name"]) if name not in found)
            found[name] = AgentTool({**function, "name": name}, item.get("on_agent_call") == "stop", target)
    return found


def _names(name: str) -> Iterator[str]:
    return chain([name], (f"{name[: LONGEST_NAME - 4]}_{number}" for number in count(2)))


def _function(target: Row) -> dict[str, Any]:
    if target.content.get("function"):
        function: dict[str, Any] = target.content["function"]
        return function
    return {
        "name": re.sub(r"[^a-zA-Z0-9_-]+", "_", target.name)[:LONGEST_NAME],
        "description": target.description or f"Calls the {target.kind} `{target.name}`.",
        "strict": None,
        "parameters": _parameters(target),
    }


def _parameters(target: Row) -> dict[str, Any]:
    if "template" not in target.content:
        return {"type": "object", "properties": {}}
    names = _inputs(target.content) or [MESSAGE]
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": names}


def _inputs(content: Content) -> list[str]:
    """Return the inputs of a template: the roots of its variables, which may be paths."""
    names = variables(content["template"], content["template_language"])
    return list(dict.fromkeys(re.split(r"[.\[]", name)[0] for name in names))


def given(content: Content, arguments: dict[str, Any]) -> tuple[dict[str, Any], list[Message]]:
    """Return what arguments give to a Prompt or Agent: its inputs, and the messages behind its template."""
    if _inputs(content):
        return arguments, []
    text = tools.as_text(arguments.get(MESSAGE, ""))
    return {}, [chat_message("user", text)]
