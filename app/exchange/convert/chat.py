"""What a Version of a prompt or an agent sends to a model, in the format of OpenAI's API, which others adopted."""

import re
from collections.abc import Callable

from ...json_types import JsonObject
from ...templating.templates import VARIABLE, with_texts
from .output import Output
from .source import Subject

MESSAGE = ("role", "content", "name", "tool_call_id", "tool_calls")
PARAMETERS = {  # with their defaults
    "temperature": 1,
    "max_tokens": -1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "stop": None,
    "seed": None,
    "response_format": None,
    "reasoning_effort": None,
}


def messages_of(version: JsonObject) -> list[JsonObject]:
    """Return the template as chat messages; the text of a completion becomes a message of the user."""
    template = version["template"]
    if not template:
        return []
    if isinstance(template, str):
        return [{"role": "user", "content": template}]
    return [{name: message[name] for name in MESSAGE if message.get(name) is not None} for message in template]


def parameters_of(version: JsonObject) -> JsonObject:
    """Return the parameters that differ from their defaults, and those under `other`."""
    found = {name: version.get(name) for name in PARAMETERS}
    named = {name: value for name, value in found.items() if value is not None and value != PARAMETERS[name]}
    return {**named, **(version.get("other") or {})}


def tools_of(version: JsonObject) -> list[JsonObject]:
    """Return the functions that the model may call; of linked Files only tools are functions."""
    functions = []
    for tool in [*(version.get("tools") or []), *(version.get("linked_tools") or [])]:
        function = tool.get("json_schema") or (tool.get("file") or {}).get("function") or tool
        if function.get("name"):
            names = ("name", "description", "parameters", "strict")
            functions.append({name: function[name] for name in names if function.get(name) is not None})
    return [{"type": "function", "function": function} for function in functions]


def rewritten(
    messages: list[JsonObject], name: Callable[[str], str], plain: Callable[[str], str] = str
) -> list[JsonObject]:
    """Return messages with each `{{variable}}` changed by `name`, and the text in between by `plain`."""

    def change(text: str) -> str:
        pieces, end = [], 0
        for found in VARIABLE.finditer(text):
            pieces += [plain(text[end : found.start()]), name(found[1])]
            end = found.end()
        return "".join([*pieces, plain(text[end:])])

    changed = with_texts(messages, change)
    assert isinstance(changed, list)
    return changed


def note_names(subject: Subject, version: JsonObject, output: Output) -> None:
    """Note the variables whose names change."""
    for name in (variable["name"] for variable in version["inputs"]):
        if identifier(name) != name:
            output.note(f"{subject.path}: the variable `{name}` is renamed to `{identifier(name)}`.")


def identifier(name: str) -> str:
    """Return a variable's name in a form that template languages accept: `user.name` becomes `user_name`."""
    word = re.sub(r"\W", "_", name)
    return f"_{word}" if word[:1].isdigit() else word
