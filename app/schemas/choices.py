"""Fields that hold one of several shapes.

A value is offered first to the members of its own JSON type, so that a judgment of `1` stays a number and `"true"`
a text; to make it fit another is the last resort. Among objects the `type` (or `evaluator_type`) decides where all
members have one; without it a member is tried only when all the keys that it requires are there. This keeps nested
unions, such as the children of a trace, from being tried in every combination.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Unpack

from marshmallow import Schema, ValidationError

from ..json_types import Json
from . import problems
from .fields import Checked, Enum, Nested, Options
from .problems import Messages

TAGS = ("type", "evaluator_type")


class AnyOf(Checked):
    """The first of the members (fields or schema classes) that loads the value."""

    def __init__(self, *members: Checked | type[Schema], **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.members: tuple[Checked, ...] = tuple(
            member if isinstance(member, Checked) else Nested(member) for member in members
        )
        self._tagged: tuple[str, dict[str, Nested]] | None = None
        self._prepared = False

    def accepts(self, value: Json) -> bool:
        return any(member.accepts(value) for member in self.members)

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        meant = [member for member in self.members if member.accepts(value)]
        if len(meant) > 1 and isinstance(value, Mapping):
            meant = self._objects(value, meant)
        failures = []
        for member in meant or self.members:
            try:
                return member.deserialize(value)
            except ValidationError as error:
                failures.append(error)
        if meant and isinstance(value, str):
            for member in self.members:
                with suppress(ValidationError):  # if none takes it, those that were meant know best what is wrong
                    return member.deserialize(value)
        raise self._failure(value, meant or list(self.members), failures)

    def _failure(self, value: Json, tried: Sequence[Checked], failures: Sequence[ValidationError]) -> ValidationError:
        if len(failures) == 1:
            return failures[0]
        if isinstance(value, Mapping) and all(isinstance(member, Nested) for member in tried):
            return failures[_closest(value, tried)]
        return ValidationError([text for failure in failures for text in _texts(failure.messages)])

    def _objects(self, value: Mapping[str, Json], candidates: list[Checked]) -> list[Checked]:
        if not self._prepared:
            self._tagged, self._prepared = _tags(self.members), True
        if self._tagged is None:
            return [member for member in candidates if _required(member) <= value.keys()] or candidates
        key, members = self._tagged
        tag = value.get(key)
        if isinstance(tag, str) and tag in members:
            return [members[tag]]
        raise ValidationError({key: [problems.REQUIRED if tag is None else problems.permitted(tuple(members))]})


def _tags(members: Sequence[Checked]) -> tuple[str, dict[str, Nested]] | None:
    """Find the key that tells all object members apart, with the member for each of its values."""
    objects = [member for member in members if isinstance(member, Nested)]
    for key in TAGS:
        found: dict[str, Nested] = {}
        tagged = 0
        for member in objects:
            field = member.schema.fields.get(key)
            if isinstance(field, Enum) and not field.open:
                found |= dict.fromkeys(field.choices, member)
                tagged += 1
        if objects and tagged == len(objects) <= len(found) and len(set(map(id, found.values()))) == tagged:
            return key, found
    return None


def _required(member: Checked) -> set[str]:
    if not isinstance(member, Nested):
        return set()
    return {name for name, field in member.schema.fields.items() if field.required}


def _closest(value: Mapping[str, Json], candidates: Sequence[Checked]) -> int:
    """Return the position of the member that knows most of the keys: its errors are the most useful."""
    known = [len(value.keys() & set(m.schema.fields)) if isinstance(m, Nested) else 0 for m in candidates]
    return known.index(max(known))


def _texts(messages: Messages) -> list[str]:
    if isinstance(messages, dict):
        return [text for inner in messages.values() for text in _texts(inner)]
    return list(messages) if isinstance(messages, list) else [str(messages)]
