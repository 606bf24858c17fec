"""`jsonschema` for Monty: validate, for the usual keywords. To meet another one is an error, never passed over."""

import re

ValidationError = FileExistsError  # Monty makes no classes of exceptions: one that nothing else raises there
NOTES = (
    *("$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "format"),
    *("readOnly", "writeOnly", "deprecated", "then", "else"),
)


def validate(instance, schema, cls=None, *args, **kwargs):
    problem = _problem(instance, schema, schema)
    if problem is not None:
        raise ValidationError(problem)


def _problem(value, schema, root):
    """Return what is wrong first; null where nothing is."""
    if schema is True or schema is False:
        return None if schema else f"False schema does not allow {value!r}"
    for keyword, wanted in schema.items():
        if keyword in NOTES:
            continue
        if keyword not in CHECKS:
            raise NotImplementedError(f"jsonschema: the keyword {keyword!r} is not supported in this environment")
        problem = CHECKS[keyword](value, wanted, schema, root)
        if problem is not None:
            return problem
    return None


def _is(value, name):
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return _is(value, "number") and value - value == 0 and value == int(value)
    if name == "null":
        return value is None
    if name not in ("string", "boolean", "array", "object"):
        raise ValueError(f"Unknown type {name!r}")
    return isinstance(value, {"string": str, "boolean": bool, "array": list, "object": dict}[name])


def _same(one, other):
    """Compare as JSON does: true is no 1, but 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all([_same(a, b) for a, b in zip(one, other)])
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all([_same(one[name], other[name]) for name in one])
    return one == other


def _type(value, wanted, schema, root):
    names = wanted if isinstance(wanted, list) else [wanted]
    if not [name for name in names if _is(value, name)]:
        return f"{value!r} is not of type {', '.join([repr(name) for name in names])}"


def _enum(value, wanted, schema, root):
    if not [each for each in wanted if _same(each, value)]:
        return f"{value!r} is not one of {wanted!r}"


def _const(value, wanted, schema, root):
    if not _same(value, wanted):
        return f"{wanted!r} was expected"


def _required(value, wanted, schema, root):
    for name in wanted if isinstance(value, dict) else []:
        if name not in value:
            return f"{name!r} is a required property"


def _properties(value, wanted, schema, root):
    for name, below in wanted.items() if isinstance(value, dict) else []:
        if name in value:
            problem = _problem(value[name], below, root)
            if problem is not None:
                return problem


def _pattern_properties(value, wanted, schema, root):
    for pattern, below in wanted.items() if isinstance(value, dict) else []:
        for name, each in value.items():
            problem = _problem(each, below, root) if re.search(pattern, name) else None
            if problem is not None:
                return problem


def _additional_properties(value, wanted, schema, root):
    if not isinstance(value, dict):
        return None
    patterns = list(schema.get("patternProperties", {}))
    extras = [name for name in value if name not in schema.get("properties", {})]
    extras = [name for name in extras if not [pattern for pattern in patterns if re.search(pattern, name)]]
    if wanted is False and extras:
        names, verb = ", ".join([repr(name) for name in extras]), "was" if len(extras) == 1 else "were"
        return f"Additional properties are not allowed ({names} {verb} unexpected)"
    for name in extras:
        problem = _problem(value[name], wanted, root)
        if problem is not None:
            return problem


def _property_names(value, wanted, schema, root):
    for name in value if isinstance(value, dict) else []:
        problem = _problem(name, wanted, root)
        if problem is not None:
            return problem


def _items(value, wanted, schema, root):
    if not isinstance(value, list):
        return None
    if isinstance(wanted, list):
        return _prefix_items(value, wanted, schema, root)
    for each in value[len(schema.get("prefixItems", [])) :]:
        problem = _problem(each, wanted, root)
        if problem is not None:
            return problem


def _prefix_items(value, wanted, schema, root):
    for each, below in zip(value, wanted) if isinstance(value, list) else []:
        problem = _problem(each, below, root)
        if problem is not None:
            return problem


def _contains(value, wanted, schema, root):
    if isinstance(value, list) and not [each for each in value if _problem(each, wanted, root) is None]:
        return f"{value!r} does not contain items matching the given schema"


def _unique(value, wanted, schema, root):
    if wanted and isinstance(value, list):
        for place, each in enumerate(value):
            if [other for other in value[:place] if _same(each, other)]:
                return f"{value!r} has non-unique elements"


def _size(kind, too_few, too_many):
    def least(value, wanted, schema, root):
        if isinstance(value, kind) and len(value) < wanted:
            return f"{value!r} {too_few}"

    def most(value, wanted, schema, root):
        if isinstance(value, kind) and len(value) > wanted:
            return f"{value!r} {too_many}"

    return least, most


def _minimum(value, wanted, schema, root):
    if _is(value, "number") and value < wanted:
        return f"{value!r} is less than the minimum of {wanted!r}"


def _maximum(value, wanted, schema, root):
    if _is(value, "number") and value > wanted:
        return f"{value!r} is greater than the maximum of {wanted!r}"


def _above(value, wanted, schema, root):
    if _is(value, "number") and value <= wanted:
        return f"{value!r} is less than or equal to the minimum of {wanted!r}"


def _below(value, wanted, schema, root):
    if _is(value, "number") and value >= wanted:
        return f"{value!r} is greater than or equal to the maximum of {wanted!r}"


def _multiple(value, wanted, schema, root):
    if _is(value, "number"):
        over = value / wanted
        if over != int(over) if isinstance(wanted, float) else value % wanted:
            return f"{value!r} is not a multiple of {wanted!r}"


def _pattern(value, wanted, schema, root):
    if isinstance(value, str) and not re.search(wanted, value):
        return f"{value!r} does not match {wanted!r}"


def _all_of(value, wanted, schema, root):
    for below in wanted:
        problem = _problem(value, below, root)
        if problem is not None:
            return problem


def _any_of(value, wanted, schema, root):
    if not [below for below in wanted if _problem(value, below, root) is None]:
        return f"{value!r} is not valid under any of the given schemas"


def _one_of(value, wanted, schema, root):
    fitting = [below for below in wanted if _problem(value, below, root) is None]
    if not fitting:
        return f"{value!r} is not valid under any of the given schemas"
    if len(fitting) > 1:
        return f"{value!r} is valid under each of {', '.join([repr(below) for below in fitting])}"


def _not(value, wanted, schema, root):
    if _problem(value, wanted, root) is None:
        return f"{value!r} should not be valid under {wanted!r}"


def _if(value, wanted, schema, root):
    branch = "then" if _problem(value, wanted, root) is None else "else"
    return _problem(value, schema[branch], root) if branch in schema else None


def _ref(value, wanted, schema, root):
    if not wanted.startswith("#"):
        raise NotImplementedError(f"jsonschema: the reference {wanted!r} is not supported in this environment")
    found = root
    for name in wanted.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return _problem(value, found, root)


_min_length, _max_length = _size(str, "is too short", "is too long")
_min_items, _max_items = _size(list, "is too short", "is too long")
_min_properties, _max_properties = _size(dict, "does not have enough properties", "has too many properties")
CHECKS = {
    "$ref": _ref,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "items": _items,
    "prefixItems": _prefix_items,
    "contains": _contains,
    "uniqueItems": _unique,
    "minLength": _min_length,
    "maxLength": _max_length,
    "minItems": _min_items,
    "maxItems": _max_items,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "minimum": _minimum,
    "maximum": _maximum,
    "exclusiveMinimum": _above,
    "exclusiveMaximum": _below,
    "multipleOf": _multiple,
    "pattern": _pattern,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
