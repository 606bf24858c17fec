"""The function of a Tool, as it was before it was flattened into texts.

Without this a decorated tool would be a different Version from the same tool upserted: `strict` would be `"True"`, and
`required` the text of a tuple [C].
"""

import math
from contextlib import suppress

from ...json_types import Json, JsonObject
from ...schemas.values import INT64
from .attributes import texts

SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")  # their keys are names, not keywords
LISTS = ("required", "enum")
BOOLEANS = {"true": True, "false": False}
NUMBERS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)


def restore_function(function: JsonObject) -> JsonObject:
    """Return the function with the types and the empty parts of its parameters."""
    parameters = restore_schema(function.get("parameters"))
    if isinstance(parameters, dict) and "properties" not in parameters:
        parameters |= {"properties": {}, "required": []}  # a function without parameters: both were empty
    return {"description": "", **function, "parameters": parameters}


def restore_schema(schema: Json) -> Json:
    """Return a JSON schema with its booleans, numbers and lists."""
    if isinstance(schema, list):
        return [restore_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {keyword: _restore(keyword, value) for keyword, value in schema.items()}


def _restore(keyword: str, value: Json) -> Json:
    if keyword in SCHEMAS and isinstance(value, dict):
        return {name: restore_schema(schema) for name, schema in value.items()}
    if isinstance(value, str):
        if keyword in LISTS or (keyword == "type" and "," in value):
            return texts(value)
        if keyword in NUMBERS:
            return _number(value)
        if keyword == "additionalProperties":
            return BOOLEANS.get(value.lower(), value)
        return value
    return restore_schema(value)


def _number(text: str) -> int | float | str:
    """Return a number that JSON has: whole ones of 64 bits, others that are finite."""
    with suppress(ValueError):
        if "." not in text and -INT64 <= (whole := int(text)) < INT64:
            return whole
        if math.isfinite(number := float(text)):
            return number
    return text
