"""The field classes of every schema.

They read JSON the way the API did: what has another JSON type than theirs is made to fit where it can be (`values.py`),
and a refusal has the API's own words (`problems.py`). Whatever they load is already in its wire form, so that
values are stored and sent as they are; dumping changes nothing.
"""

from collections.abc import Mapping
from functools import cache
from typing import ClassVar, TypedDict, Unpack

from marshmallow import Schema, ValidationError, class_registry, fields, types, validate

from ..json_types import Json, JsonObject
from . import problems, values
from .values import INT64, uncoerced


class Options(TypedDict, total=False):
    """The options of a field."""

    required: bool
    allow_none: bool
    load_default: Json  # a value, or what makes one
    validate: types.Validator | list[types.Validator]
    metadata: JsonObject


SchemaSource = type[Schema] | str  # a class, or the name of one that is declared later or imports this one


@cache
def instance_of(schema: type[Schema]) -> Schema:
    """Return the one instance of a schema class; making one costs more than loading with it."""
    return schema()


def at_least(number: int) -> validate.Validator:
    """Refuse numbers below this one."""
    return validate.Range(min=number, error=problems.AT_LEAST + "{min}")


def at_most(number: int) -> validate.Validator:
    """Refuse numbers above this one."""
    return validate.Range(max=number, error=problems.AT_MOST + "{max}")


def without_nul(value: str | list[str]) -> None:
    """Refuse ids with a NUL character: SQLite ends a text of a JSON list there, and would find another id."""
    if any("\0" in text for text in ([value] if isinstance(value, str) else value)):
        raise ValidationError(problems.NUL)


def non_empty() -> validate.Validator:
    """Refuse the empty text."""
    return validate.Length(min=1, error=problems.TOO_SHORT + "{min} characters")


class Checked(fields.Field[Json]):
    """What all fields share: the API's words, and as little work as each value needs."""

    def accepts(self, value: Json) -> bool:
        """Tell whether the value has this field's own JSON type, before any coercion."""
        return True

    def deserialize(self, value: Json, attr: str | None = None, data: Json = None, **kwargs: Json) -> Json:
        """Load a value that is there; what to do about an absent one is up to the schema."""
        if value is None:
            if self.allow_none:
                return None
            raise ValidationError(problems.NULL)
        loaded = self._deserialize(value, attr, data)
        if self.validators:
            self._validate(loaded)
        return loaded

    def _serialize(self, value: Json, attr: str | None, obj: Json, **kwargs: Json) -> Json:
        return value


class Scalar(Checked):
    """A value that is no list or object: one of the field's own JSON type is kept, and `read` converts others."""

    own: ClassVar[tuple[type, ...]]
    refusal: ClassVar[str]

    def read(self, value: Json) -> Json:
        """Convert a value of another JSON type."""
        raise NotImplementedError

    def accepts(self, value: Json) -> bool:
        return type(value) in self.own  # a boolean is a number to `isinstance`

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if type(value) in self.own:
            return value
        if uncoerced.get():
            raise ValidationError(self.refusal)
        return self.read(value)


class Str(Scalar, fields.String):
    """Text."""

    own = (str,)
    read = staticmethod(values.text)
    refusal = problems.STRING


class Int(Scalar, fields.Integer):
    """A whole number that a database column holds: 64 bits, signed."""

    own = (int,)
    read = staticmethod(values.whole)
    refusal = problems.INTEGER

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON does not tell 1.0 from 1
        number = super()._deserialize(value, attr, data)
        if number >= INT64:
            raise ValidationError(f"{problems.AT_MOST}{INT64 - 1}")
        if number < -INT64:
            raise ValidationError(f"{problems.AT_LEAST}{-INT64}")
        return number


class Float(Scalar, fields.Float):
    """A finite number."""

    own = (int, float)
    read = staticmethod(values.number)
    refusal = problems.FLOAT

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        return values.number(super()._deserialize(value, attr, data))


class Bool(Scalar, fields.Boolean):
    """A boolean."""

    own = (bool,)
    read = staticmethod(values.boolean)
    refusal = problems.BOOLEAN


class Time(Scalar):
    """A point in time, loaded to its wire form."""

    own = (str,)
    read = staticmethod(values.time)
    refusal = problems.TIME

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        return values.time(super()._deserialize(value, attr, data))


class AnyValue(Checked):
    """Any JSON value, kept as it is."""

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        return value


class File(Checked):
    """A file part of a multipart body, kept as the web framework hands it over."""

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if not hasattr(value, "read"):
            raise ValidationError(problems.FILE)
        return value


class Dict(Checked, fields.Dict):
    """A JSON object with any values, or with values of one field."""

    def accepts(self, value: Json) -> bool:
        return isinstance(value, Mapping)

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if not isinstance(value, dict):
            value = values.mapping(value)
        return value if self.value_field is None else self._values(value, self.value_field)

    def _values(self, value: Mapping[str, Json], field: fields.Field[Json]) -> JsonObject:
        loaded, errors = {}, {}
        for key, item in value.items():
            try:
                loaded[key] = field.deserialize(item)
            except ValidationError as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded


class StrDict(Dict):
    """A JSON object of texts."""

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(values=Str(), **options)


class List(Checked, fields.List[Json]):
    """A JSON array of one field."""

    def accepts(self, value: Json) -> bool:
        return isinstance(value, list)

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if not isinstance(value, list | tuple):
            raise ValidationError(problems.LIST)
        if type(self.inner) is Str and not self.inner.validators and set(map(type, value)) <= {str}:
            return value  # ten thousand ids in one body are loaded at once
        loaded, errors = [], {}
        for position, item in enumerate(value):
            try:
                loaded.append(self.inner.deserialize(item))
            except ValidationError as error:
                errors[position] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded


class Nested(Checked, fields.Nested):  # type: ignore[misc]  # its base renames an argument of _serialize
    """An object of another schema; all fields share its one instance."""

    def __init__(self, nested: SchemaSource, **options: Unpack[Options]) -> None:
        super().__init__(nested, **options)

    @property
    def schema(self) -> Schema:
        if self._schema is None:
            found: Json = self.nested
            self._schema = instance_of(class_registry.get_class(found) if isinstance(found, str) else found)
        return self._schema

    def accepts(self, value: Json) -> bool:
        return isinstance(value, Mapping)

    def _deserialize(self, value: Json, attr: str | None, data: Json, partial: Json = None, **kwargs: Json) -> Json:
        return self.schema.load(value)


class Enum(Checked, fields.String):
    """One of the given texts; an open one lists those that are known and takes any."""

    choices: tuple[str, ...] = ()

    def __init__(self, *choices: str, open_: bool = False, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if choices:
            self.choices = choices
        self.open = open_

    def accepts(self, value: Json) -> bool:
        return isinstance(value, str)

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if isinstance(value, str) and (self.open or value in self.choices):
            return value
        if self.open and not uncoerced.get():
            return values.text(value)
        raise ValidationError(problems.permitted(self.choices))


def many(schema: SchemaSource, **options: Unpack[Options]) -> List:
    """Make the field of a list of objects."""
    return List(Nested(schema), **options)
