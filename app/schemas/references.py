"""How requests name Files, versions, and evaluators [D]."""

from collections.abc import Mapping
from typing import Unpack

from marshmallow import ValidationError

from ..json_types import Json
from . import problems
from .base import Request
from .choices import AnyOf
from .fields import Bool, Nested, Options, SchemaSource, Str


class FileRequest(Request):
    """A File, by its id or its path."""

    id = Str()
    path = Str()


class VersionId(Request):
    """A version by its id."""

    version_id = Str(required=True)


class FileId(Request):
    """The version of a File in an environment; the default one when none is named."""

    environment = Str()
    id = Str(required=True)


class FilePath(Request):
    """The version of the File at a path in an environment; the default one when none is named."""

    environment = Str()
    path = Str(required=True)


class EvaluatorVersionId(VersionId):
    """An Evaluator version, and whether the server runs it (if it can; true by default)."""

    orchestrated = Bool()


class EvaluatorFileId(FileId):
    """An Evaluator by its id, and whether the server runs it."""

    orchestrated = Bool()


class EvaluatorFilePath(FilePath):
    """An Evaluator by its path, and whether the server runs it."""

    orchestrated = Bool()


class Reference(AnyOf):
    """A version named in a request: `{version_id}`, `{id | file_id, environment?}` or `{path, environment?}` [D].

    It loads to a dict of those keys, with `id` for `file_id`. Exactly one of them must be given.
    """

    KEYS = ("version_id", "id", "path")

    def __init__(
        self, by_version: SchemaSource, by_id: SchemaSource, by_path: SchemaSource, **options: Unpack[Options]
    ) -> None:
        members = Nested(by_version), Nested(by_id), Nested(by_path)
        super().__init__(*members, **options)
        self._by_key = dict(zip(self.KEYS, members, strict=True))

    def _deserialize(self, value: Json, attr: str | None, data: Json, **kwargs: Json) -> Json:
        if not isinstance(value, Mapping):
            raise ValidationError(problems.DICT)
        given = {key: item for key, item in value.items() if item is not None}
        if "id" not in given and "file_id" in given:
            given["id"] = given.pop("file_id")
        named = [key for key in self.KEYS if key in given]
        if len(named) != 1:
            raise ValidationError("exactly one of 'version_id', 'id' and 'path' is required")
        return self._by_key[named[0]].deserialize(given)


def version_reference(**options: Unpack[Options]) -> Reference:
    """Make the field of a version; it loads to a dict of version_id, id, path, environment."""
    return Reference(VersionId, FileId, FilePath, **options)


def evaluator_reference(**options: Unpack[Options]) -> Reference:
    """Make the field of an evaluator; it loads to a dict of version_id, id, path, environment, orchestrated."""
    return Reference(EvaluatorVersionId, EvaluatorFileId, EvaluatorFilePath, **options)


class Batch:
    """Which batch of Logs of a version is evaluated, and whether the server makes them (if it can; true by default)."""

    batch_id = Str()
    orchestrated = Bool()


class EvaluateeVersionId(Batch, VersionId):
    """A version that is evaluated, by its id."""


class EvaluateeFileId(Batch, FileId):
    """A version that is evaluated, by the id of its File."""


class EvaluateeFilePath(Batch, FilePath):
    """A version that is evaluated, by the path of its File."""


def evaluatee_reference() -> Reference:
    """Make the field of an evaluatee; it loads to a dict like that of an evaluator, with batch_id."""
    return Reference(EvaluateeVersionId, EvaluateeFileId, EvaluateeFilePath)
