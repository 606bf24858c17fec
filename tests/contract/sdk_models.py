"""The official SDK's own models as judges of answers: strictly validated, and walked beside the JSON they came from."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, ForwardRef, Union, get_args

import humanloop.files.types
import humanloop.types
from pydantic import BaseModel, TypeAdapter

from .contract import MODELS, Route

Found = tuple[BaseModel, dict[str, Any]]  # a model, and the JSON it was read from


@cache
def adapter(spelling: str) -> TypeAdapter[Any]:
    """Return the validator of what the contract spells `LogResponse` or `List[DirectoryResponse]`."""
    inner = re.fullmatch(r"List\[(\w+)\]", spelling)
    model = _model(inner[1] if inner else spelling)
    return TypeAdapter(list[model] if inner else model)  # type: ignore[valid-type]


def _model(name: str) -> Any:
    """Return a model of the SDK, with the members of a union that it names only by text."""
    found = getattr(humanloop.types, name, None) or getattr(humanloop.files.types, name)
    members = [_model(item.__forward_arg__) if isinstance(item, ForwardRef) else item for item in get_args(found)]
    return Union[tuple(members)] if members else found  # noqa: UP007 - the members are in a list


def read(spelling: str, text: bytes) -> Any:
    """Validate a JSON text strictly: no value is coerced, no required key may be missing."""
    return adapter(spelling).validate_json(text, strict=True)


def walk(value: Any, source: Any) -> Iterator[Found]:
    """Yield every model in a validated value with its JSON."""
    if isinstance(value, BaseModel):
        yield value, source
        for name in type(value).model_fields:
            item = getattr(value, name)
            if item is not None and name in source:
                yield from walk(item, source[name])
    elif isinstance(value, list):
        for item, part in zip(value, source, strict=True):
            yield from walk(item, part)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from walk(item, source[name])


def objects_of(route: Route) -> set[str]:
    """Return the names of all models that are objects and that an answer to the route can hold."""
    known: set[str] = set()
    waiting = [route.response or ""]
    while waiting:
        for name in re.findall(r"\w+", waiting.pop()):
            if name in MODELS and name not in known:
                known.add(name)
                facts = MODELS[name]
                waiting += [*map(str, facts.get("anyOf", facts.values() if "enum" not in facts else ()))]
    return {name for name in known if "anyOf" not in MODELS[name] and "enum" not in MODELS[name]}
