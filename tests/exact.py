"""What the tests hold every answer to: all keys of its schema and no others, each value of its own JSON type.

Inside an answer that goes for everything, also for what clients may send with fewer keys.
"""

from typing import Any

from marshmallow import Schema, ValidationError

from humanloop_emulator.schemas import problems
from humanloop_emulator.schemas.base import Choice, FreeObject
from humanloop_emulator.schemas.choices import AnyOf
from humanloop_emulator.schemas.fields import Dict, List, Nested
from humanloop_emulator.schemas.values import uncoerced


def problems_in(answer: Any, schema: Schema | type[Schema]) -> Any:
    """Return what is wrong, as marshmallow tells it: texts, by key and position. Empty if nothing is."""
    schema = schema() if isinstance(schema, type) else schema
    token = uncoerced.set(True)
    try:
        return _in_list(answer, Nested(type(schema))) if schema.many else _in_object(answer, schema)
    finally:
        uncoerced.reset(token)


def _in_object(value: Any, schema: Schema) -> Any:
    if isinstance(schema, Choice):
        return _in_value(value, schema.any_of)
    if not isinstance(value, dict):
        return [problems.DICT]
    if isinstance(schema, FreeObject):
        return {}
    needed = {name for name, field in schema.fields.items() if not field.metadata.get("sometimes")}
    found = {name: [problems.REQUIRED] for name in needed - value.keys()}
    found |= {name: [problems.EXTRA] for name in value.keys() - schema.fields.keys()}
    return found or _told({name: _in_value(item, schema.fields[name]) for name, item in value.items()})


def _in_list(value: Any, field: Any) -> Any:
    if not isinstance(value, list):
        return [problems.LIST]
    return _told({position: _in_value(item, field) for position, item in enumerate(value)})


def _in_value(value: Any, field: Any) -> Any:
    if value is None:
        return [] if field.allow_none else [problems.NULL]
    if isinstance(field, AnyOf):
        return _in_any(value, field)
    if isinstance(field, Nested):
        return _in_object(value, field.schema)
    if isinstance(field, List):
        return _in_list(value, field.inner)
    if isinstance(field, Dict) and field.value_field and isinstance(value, dict):
        return _told({key: _in_value(item, field.value_field) for key, item in value.items()})
    try:
        field.deserialize(value)
    except ValidationError as error:
        return error.messages
    return []


def _in_any(value: Any, field: AnyOf) -> Any:
    """Return the problems of the member that has the fewest."""
    fewest = None
    for member in field.members:
        found = _in_value(value, member)
        if not found:
            return found
        fewest = found if fewest is None else min(fewest, found, key=lambda problem: len(str(problem)))
    return fewest


def _told(found: dict[Any, Any]) -> dict[Any, Any]:
    return {key: problem for key, problem in found.items() if problem}
