"""The shapes of an error: all stand under `detail` (behaviour: `app/errors.py`)."""

from .base import Response
from .choices import AnyOf
from .fields import Int, List, Nested, Str, many


class ValidationError(Response):
    """One field of a request that does not match its schema."""

    loc = List(AnyOf(Str(), Int()))
    msg = Str()
    type = Str()


class HttpValidationError(Response):
    """422: what is wrong with which fields."""

    detail = many(ValidationError)


class DomainErrorDetail(Response):
    """What the domain refuses, where, and why."""

    loc = List(AnyOf(Str(), Int()))
    msg = Str()
    description = Str()
    type = Str()


class DomainErrorResponse(Response):
    """404, 409, and the 422 of a rule that a schema cannot say."""

    detail = Nested(DomainErrorDetail)


class ModelErrorDetail(Response):
    """What went wrong at a model's provider, and whose word that is."""

    type = Str()
    message = Str()
    code = AnyOf(Int(), Str(), allow_none=True)
    origin = Str()


class ModelErrorResponse(Response):
    """A model's provider failed [D]."""

    detail = Nested(ModelErrorDetail)


class MessageErrorResponse(Response):
    """401 and 500: a plain text."""

    detail = Str()
