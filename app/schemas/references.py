"""How requests name Files, versions, and evaluators [D]."""

from typing import Any

from .base import Request
from .choices import Reference
from .fields import Bool, Str


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


def version_reference(**options: Any) -> Reference:
    """Make the field of a version; it loads to a dict of version_id, id, path, environment."""
    return Reference(VersionId, FileId, FilePath, **options)


def evaluator_reference(**options: Any) -> Reference:
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
