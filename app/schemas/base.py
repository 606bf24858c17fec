"""The three kinds of schema: what a client sends, what is stored of it, and what the API answers.

Requests are lenient: a null means that the key is absent, unknown keys are ignored [C] and values are coerced, unless
`strict` is set. Values are sent by a client, stored, and sent back with every key.
Answers are exact: every key is there, optional ones as null [C]. Their schemas describe them and load nothing: answers
are made in their wire form, and the tests hold each to its schema.
"""

from functools import cached_property
from typing import ClassVar

from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, ValidationError, missing
from marshmallow.fields import Field

from ..json_types import Json, JsonObject
from . import problems, values
from .choices import AnyOf
from .problems import Messages


class Shape(Schema):
    """A schema that loads with a loop of its own: several times as fast as marshmallow's, without its hooks.

    Field names are wire names; `partial` and `unknown` are accepted for the caller's sake and mean nothing.
    """

    def load(self, data: Json, *, many: bool | None = None, partial: object = None, unknown: object = None) -> Json:
        """Return the loaded object, or a list of them; raise ValidationError with all that is wrong."""
        if not (self.many if many is None else many):
            return self._load_object(data)
        if not isinstance(data, list):
            raise ValidationError([problems.LIST])
        loaded, errors = [], {}
        for position, item in enumerate(data):
            try:
                loaded.append(self._load_object(item))
            except ValidationError as error:
                errors[position] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded

    def validate(self, data: Json, *, many: bool | None = None, partial: object = None) -> dict[str, Messages]:
        """Return the errors that `load` would raise; empty when there are none."""
        try:
            self.load(data, many=many)
        except ValidationError as error:
            return error.messages if isinstance(error.messages, dict) else {problems.SCHEMA: error.messages}
        return {}

    def _load_object(self, data: Json) -> Json:
        raise NotImplementedError


class Request(Shape):
    """What a client sends: null means absent, except for the keys in `keep_null`."""

    class Meta:
        unknown = EXCLUDE

    keep_null: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, many: bool | None = None) -> None:
        super().__init__(many=many)
        means = {name: field.metadata.get("means") for name, field in self.fields.items()}
        self._renamed = {older: name for older, name in means.items() if name}

    def on_bind_field(self, field_name: str, field_obj: Field[Json]) -> None:
        """Let every optional field be null."""
        if not field_obj.required:
            field_obj.allow_none = True

    def _load_object(self, data: Json) -> Json:
        if not isinstance(data, dict):
            data = values.mapping(data)
        loaded: JsonObject = {}
        errors: dict[str, Messages] = {}
        for name, field in self.fields.items():
            value = data.get(name, missing)
            if value is missing or (value is None and name not in self.keep_null):
                if field.required:
                    errors[name] = [problems.REQUIRED if value is missing else problems.NULL]
                elif field.load_default is not missing:
                    loaded[name] = field.load_default() if callable(field.load_default) else field.load_default
                continue
            try:
                loaded[name] = field.deserialize(value)
            except ValidationError as error:
                errors[name] = error.messages
        if values.strict.get():
            errors |= {key: [problems.EXTRA] for key in data if key not in self.fields}
        if errors:
            raise ValidationError(errors)
        for older, name in self._renamed.items():
            if older in loaded:
                loaded.setdefault(name, loaded.pop(older))
        return loaded


class Value(Request):
    """An object that is stored and sent back: loading adds the absent keys as null."""

    def on_bind_field(self, field_name: str, field_obj: Field[Json]) -> None:
        """Give every optional field without a default the default null."""
        super().on_bind_field(field_name, field_obj)
        if not field_obj.required and field_obj.load_default is missing:
            field_obj.load_default = None


class Query(Request):
    """The query string; it has no nulls."""

    def on_bind_field(self, field_name: str, field_obj: Field[Json]) -> None:
        """Leave the fields as they are."""


class FreeObject(Shape):
    """A body whose keys are the client's own."""

    class Meta:
        unknown = INCLUDE

    def _load_object(self, data: Json) -> Json:
        return values.mapping(data)


class Response(Schema):
    """What the API answers: all keys and no others."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: Field[Json]) -> None:
        """Require every field: optional ones are sent as null [C], except for those that only older clients get."""
        field_obj.required = not field_obj.metadata.get("sometimes")
        field_obj.load_default = missing


class Choice(Response):
    """An answer of one of several shapes, under one name.

    Subclasses say which in `members`. Where those are the kinds of File or of Log, `kinds` says which there are.
    """

    members: ClassVar[tuple[type[Schema], ...]] = ()

    @cached_property
    def any_of(self) -> AnyOf:
        """The members as a field; made on first use, for some of them hold this choice again."""
        return AnyOf(*self.members)
