"""Schema errors: their texts, their types, and their wire form.

The API lists every field at fault as `{"loc": ["body", "log_ids"], "msg": "field required", "type":
"value_error.missing"}` [D]. A text decides the type, so both stand side by side here, and the fields only
choose a text.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias, TypedDict

Messages: TypeAlias = Any
"""What a ValidationError holds: a text, or lists and dicts of texts, nested as the value is."""

SCHEMA = "_schema"

REQUIRED = "field required"
NULL = "none is not an allowed value"
STRING = "str type expected"
INTEGER = "value is not a valid integer"
FLOAT = "value is not a valid float"
BOOLEAN = "value could not be parsed to a boolean"
LIST = "value is not a valid list"
DICT = "value is not a valid dict"
TIME = "invalid datetime format"
FILE = "a file is expected"
EXTRA = "extra fields not permitted"
CHOICE = "value is not a valid enumeration member; permitted: "
AT_LEAST = "ensure this value is greater than or equal to "
AT_MOST = "ensure this value is less than or equal to "
TOO_SHORT = "ensure this value has at least "
NUL = "ids must not contain a NUL character"

TYPES = {
    REQUIRED: "value_error.missing",
    NULL: "type_error.none.not_allowed",
    STRING: "type_error.str",
    INTEGER: "type_error.integer",
    FLOAT: "type_error.float",
    BOOLEAN: "type_error.bool",
    LIST: "type_error.list",
    DICT: "type_error.dict",
    TIME: "value_error.datetime",
    EXTRA: "value_error.extra",
    CHOICE: "type_error.enum",
    AT_LEAST: "value_error.number.not_ge",
    AT_MOST: "value_error.number.not_le",
    TOO_SHORT: "value_error.any_str.min_length",
}
"""The type of each text; a text that ends in a space is the beginning of one that names a value."""


class Problem(TypedDict):
    """One field at fault, as the client is told."""

    loc: list[str | int]
    msg: str
    type: str


def flatten(messages: Messages, location: str) -> list[Problem]:
    """Turn the nested messages of a ValidationError into the API's list.

    `location` is `body`, `query` or `path` and starts every `loc`; list positions stay integers [D]. Messages
    about a whole object point at that object.
    """
    return [
        {"loc": [location, *loc], "msg": message, "type": type_of(message)} for loc, message in _leaves(messages, ())
    ]


def type_of(message: str) -> str:
    """Return the error type of a message; one that is not in the table is a plain `value_error`."""
    found = TYPES.get(message)
    if found is None:
        found = next((kind for start, kind in TYPES.items() if start[-1] == " " and message.startswith(start)), None)
    return found or "value_error"


def permitted(choices: tuple[str, ...]) -> str:
    """Return the text for a value that is none of these choices."""
    return CHOICE + ", ".join(repr(choice) for choice in choices)


def _leaves(messages: Messages, loc: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _leaves(inner, loc if key == SCHEMA else (*loc, key))
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from _leaves(inner, loc)
    else:
        yield loc, str(messages)
