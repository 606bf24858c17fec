"""Templates of prompts: the variables they name, and the texts they become.

Two languages [D]: `default`, where `{{ name }}` stands for an input, and `jinja`. A template is a text or chat
messages; in messages the texts and the image URLs are filled, and nothing else: names, tool calls and signed
thinking go to the model as they were written [A].
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import chain

from ..errors import Invalid
from ..json_types import Json, JsonObject
from .jinja import Jinja
from .limits import Limits, MissingInput

Template = str | list[JsonObject] | None

# A letter, digit or underscore, then also dots, dashes and indexes, for paths such as `log.messages[0].content` [C].
# A name with spaces inside is left alone, as the clients leave it [C], and so is `{{ tool_name(argument) }}`.
VARIABLE = re.compile(r"\{\{\s*(\w[\w.\-\[\]]*)\s*\}\}")


def variables(template: Template, language: str | None = "default") -> list[str]:
    """List the variables of a template, each once, in the order of their first appearance [D].

    In the default language a variable is its whole name (`log.output`), in jinja the name without attributes
    (`log`). Jinja that cannot be parsed raises `Invalid`.
    """
    names = _language(language).names
    return list(dict.fromkeys(chain.from_iterable(map(names, _texts(template)))))


def populate(template: Template, language: str | None, inputs: Mapping[str, Json] | None) -> Template:
    """Return the template, in its own shape, with the inputs filled in [D].

    Text is inserted as it is, every other value as JSON text (`true`, `2`, `{"a": 1}`) [A]; Jinja writes values its
    own way. What is inserted is not searched for variables again. Raises `Invalid` naming all missing inputs (in the
    default language a null is a missing one), or saying why the template cannot be filled.
    """
    filler, given = _language(language), inputs or {}
    try:
        return with_texts(template, partial(filler.fill, inputs=given))
    except MissingInput as error:
        missing = dict.fromkeys(name for text in _texts(template) for name in filler.missing(text, given))
        problem = f"The template needs values for: {', '.join(missing)}." if missing else str(error)
        raise Invalid("Missing inputs.", problem, loc=("body", "inputs")) from None


def _language(name: str | None) -> "_Default | Jinja":
    if name in (None, "default"):
        return _Default()
    if name == "jinja":
        return Jinja()
    raise Invalid("Unknown template language.", f"There is no template language '{name}'.")


def _texts(template: Template) -> list[str]:
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    with_texts(template, note)
    return found


def with_texts(template: Template, change: Callable[[str], str]) -> Template:
    """Copy the template with every text in it changed."""
    if template is None:
        return None
    if isinstance(template, str):
        return change(template)
    return [
        {key: _content(value, change) if key == "content" else value for key, value in message.items()}
        for message in template
    ]


def _content(content: Json, change: Callable[[str], str]) -> Json:
    if isinstance(content, str):
        return change(content)
    return content and [_part(part, change) for part in content]


def _part(part: JsonObject, change: Callable[[str], str]) -> JsonObject:
    if part.get("type") == "text":
        return part | {"text": change(part["text"])}
    if part.get("type") == "image_url":
        return part | {"image_url": part["image_url"] | {"url": change(part["image_url"]["url"])}}
    return part


class _Default:
    """`{{ name }}`, filled in one pass."""

    def __init__(self) -> None:
        self._limits = Limits()

    def names(self, text: str) -> Iterable[str]:
        return VARIABLE.findall(text)

    def missing(self, text: str, inputs: Mapping[str, Json]) -> Iterable[str]:
        return [name for name in self.names(text) if lookup(name, inputs) is None]

    def fill(self, text: str, inputs: Mapping[str, Json]) -> str:
        def value(match: re.Match[str]) -> str:
            found = lookup(match[1], inputs)
            if found is None:
                raise MissingInput(match[1])
            return self._limits.emit(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))

        return VARIABLE.sub(value, text)


def lookup(name: str, inputs: Mapping[str, Json]) -> Json:
    """Return the input of this name, else what the name leads to as a path into the inputs, else None."""
    if name in inputs:
        return inputs[name]
    found: Json = inputs
    for step in re.findall(r"[^.\[\]]+", name):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and len(step) < 10 and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
