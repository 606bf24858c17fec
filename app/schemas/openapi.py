"""How the fields and schemas stand in the OpenAPI 3.1 document."""

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow.fields import Field

from ..json_types import Json, JsonObject
from .base import Choice
from .choices import AnyOf
from .fields import Enum, File, Int, Time


class Converter(OpenAPIConverter):
    """Knows our fields besides marshmallow's own."""

    field_mapping = {
        **OpenAPIConverter.field_mapping,
        Int: ("integer", "int64"),
        Time: ("string", "date-time"),
        File: ("string", "binary"),
    }

    def init_attribute_functions(self) -> None:
        """Add our own functions behind those that set the type and the null."""
        OpenAPIConverter.init_attribute_functions(self)
        self.attribute_functions += [self.any_of2properties, self.choices2properties]

    def any_of2properties(self, field: Field[Json], **kwargs: object) -> JsonObject:
        """Describe a union by its members."""
        if not isinstance(field, AnyOf):
            return {}
        members = [self.field2property(member) for member in field.members]
        return {"anyOf": [*members, {"type": "null"}] if field.allow_none else members}

    def choices2properties(self, field: Field[Json], **kwargs: object) -> JsonObject:
        """List the texts of an enumeration: as examples where others pass too."""
        if not isinstance(field, Enum):
            return {}
        if field.open:
            return {"examples": list(field.choices)}
        return {"enum": [*field.choices, None] if field.allow_none else list(field.choices)}

    def schema2jsonschema(self, schema: Json) -> JsonObject:
        """Describe a choice between schemas by its members, every other schema by its fields."""
        instance = resolve_schema_instance(schema)
        if isinstance(instance, Choice):
            return self.any_of2properties(instance.any_of)
        described: JsonObject = OpenAPIConverter.schema2jsonschema(self, schema)
        return described


class Plugin(MarshmallowPlugin):
    """apispec's marshmallow plugin with our converter."""

    Converter = Converter


def openapi_plugin() -> MarshmallowPlugin:
    """Return a new plugin; one belongs to one document."""
    return Plugin()
