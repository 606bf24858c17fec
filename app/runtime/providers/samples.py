"""A small value that fits a JSON schema: the answer of the echo if a schema is required."""

from collections.abc import Mapping

from ...json_types import Json, JsonObject

DEPTH = 20  # levels of nested references and values
LARGEST = 1e15
DEPTH_OF_OPTIONAL = 3  # deeper objects have required properties only
MOST_VALUES = 1_000  # in a sample: a small schema may describe a huge tree
MOST_ITEMS = 20
LONGEST_TEXT = 1_000

FORMATS = {
    "date": "2024-01-01",
    "time": "00:00:00Z",
    "date-time": "2024-01-01T00:00:00Z",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: Json) -> Json:
    """Return a value that fits a schema, always the same.

    Supported are constants, choices, defaults, types, required properties, formats, limits of numbers, lengths, and
    references inside the schema; not supported are patterns and conditions.
    """
    return _Sampler(schema).value(schema, 0)


class _Sampler:
    def __init__(self, root: Json) -> None:
        self._root = root
        self._left = MOST_VALUES

    def value(self, schema: Json, depth: int) -> Json:
        self._left -= 1
        if depth > DEPTH or self._left < 0 or not isinstance(schema, Mapping):
            return None
        if isinstance(schema.get("$ref"), str):
            return self.value(self._find(schema["$ref"]), depth + 1)
        if "const" in schema:
            return schema["const"]
        for name in ("enum", "examples"):
            if isinstance(schema.get(name), list) and schema[name]:
                return schema[name][0]
        if "default" in schema:
            return schema["default"]
        for name in ("anyOf", "oneOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                return self.value(_without(schema, name, schema[name][0]), depth + 1)
        if isinstance(schema.get("allOf"), list) and schema["allOf"]:
            return self.value(_without(schema, "allOf", *schema["allOf"]), depth + 1)
        return self._typed(schema, depth)

    def _typed(self, schema: Mapping[str, Json], depth: int) -> Json:
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                items = min(max(_number(schema, "minItems", 1), 1), _number(schema, "maxItems", 1e9), MOST_ITEMS)
                return [self.value(schema.get("items", {"type": "string"}), depth + 1) for _ in range(int(items))]
            case "integer":
                return int(_within(schema, 1))
            case "number":
                return _within(schema, 1)
            case "boolean":
                return True
            case "null":
                return None
        text = FORMATS.get(str(schema.get("format")), "text")
        least = min(_number(schema, "minLength", 0), LONGEST_TEXT)
        return text.ljust(int(least), "x")[: int(max(_number(schema, "maxLength", LONGEST_TEXT), 0))]

    def _object(self, schema: Mapping[str, Json], depth: int) -> JsonObject:
        required = schema.get("required") if isinstance(schema.get("required"), list) else []
        properties = schema.get("properties") if isinstance(schema.get("properties"), Mapping) else {}
        optional = properties if depth < DEPTH_OF_OPTIONAL else {}
        names = dict.fromkeys(str(name) for name in [*(required or []), *(optional or {})])
        return {name: self.value((properties or {}).get(name, {}), depth + 1) for name in names}

    def _find(self, reference: str) -> Json:
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        return found


def _type(schema: Mapping[str, Json]) -> Json:
    named = schema.get("type")
    if isinstance(named, list):
        return next((name for name in named if name != "null"), "null")
    return named or ("object" if "properties" in schema else "array" if "items" in schema else "string")


def _without(schema: Mapping[str, Json], name: str, *parts: Json) -> JsonObject:
    """Return a schema merged with one of its alternatives, or with all of its parts."""
    merged: JsonObject = {key: value for key, value in schema.items() if key != name}
    for part in parts:
        if isinstance(part, Mapping):
            properties = {**_mapping(merged, "properties"), **_mapping(part, "properties")}
            required = [*_list(merged, "required"), *_list(part, "required")]
            merged |= part
            if properties:
                merged["properties"] = properties
            if required:
                merged["required"] = required
    return merged


def _mapping(schema: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    return schema[name] if isinstance(schema.get(name), Mapping) else {}


def _list(schema: Mapping[str, Json], name: str) -> list[Json]:
    return schema[name] if isinstance(schema.get(name), list) else []


def _number(schema: Mapping[str, Json], name: str, otherwise: float) -> float:
    """Return a number of the schema; one that is absurdly large is ignored."""
    value = schema.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST:
        return value
    return otherwise


def _within(schema: Mapping[str, Json], value: float) -> float:
    """Return the number nearest to `value` within the limits, and a multiple if the schema requires one."""
    low = max(_number(schema, "minimum", value), _number(schema, "exclusiveMinimum", value - 1) + 1)
    high = min(_number(schema, "maximum", low), _number(schema, "exclusiveMaximum", low + 1) - 1)
    value = min(max(value, low), high)
    step = _number(schema, "multipleOf", 0)
    multiple = -(-value // step) * step if step > 0 else value
    return multiple if abs(multiple) <= LARGEST else 0
