"""Domain errors: each carries the status and the `detail` object that the client is answered.

The wire shapes are those of behaviour.md section 0: a list of schema errors (422), one object for what the
domain refuses (404, 409, 422), and a plain string for authentication and unexpected failures.
`api/errors.py` is the only place that turns them into responses.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Location = Sequence[str | int]


class ApiError(Exception):
    """Anything the API answers with an error status; `detail` is what stands under that key."""

    status = 500
    detail: Any = "Internal server error"


class Unauthorized(ApiError):
    """401: the key is missing or not listed."""

    status = 401
    detail = "Could not validate credentials."


class Interrupted(Exception):
    """A transaction came to nothing, for a reason outside of it: of what it was to store nothing is there."""

    detail = "The work was interrupted."

    def __init__(self) -> None:
        super().__init__(self.detail)


class Replaced(Interrupted):
    """The database was reset, or a snapshot loaded, between two transactions.

    No client is answered with it: a request is served again, a job is done again.
    """

    detail = "The state was replaced meanwhile."


class Contended(Interrupted):
    """The database ended a transaction in favour of another one. A request is served again, a job is done again."""

    detail = "The database is changed by others at the same time. Try again in a moment."


class Unavailable(Interrupted):
    """503: the database cannot be reached, or does not get to what is asked of it. Whether it does is to be tried.

    Only of a transaction that was about to be stored it is not known whether it was.
    """

    detail = "The database cannot be reached. Try again in a moment."


class Busy(ApiError):
    """503: as many calls of models and code are going on as the server has threads for."""

    status = 503
    detail = "Too many calls at once; start the server with more --threads."


class Forbidden(ApiError):
    """403: a page of another site asks for the emulator's own routes."""

    status = 403
    detail = "Pages of other sites may not use this route."


class DomainError(ApiError):
    """An error of one place in the request: `loc`, a short `msg` and a `description` naming the value."""

    type = "invalid_request_error"

    def __init__(self, msg: str, description: str | None = None, *, loc: Location = ("body",)) -> None:
        super().__init__(msg)
        self.detail = {"loc": list(loc), "msg": msg, "description": description or msg, "type": self.type}


class NotFound(DomainError):
    """404: it does not exist, is deleted, or belongs to another organisation."""

    status = 404
    type = "value_error.not_found"

    @classmethod
    def of(cls, what: str, uid: str, *, loc: Location = ("path", "id")) -> "NotFound":
        """Say that no `what` has this id: `Could not find datapoint with ID 'dp_…'.` [O]."""
        return cls(f"{what} not found.", f"Could not find {what.lower()} with ID '{uid}'.", loc=loc)


class Invalid(DomainError):
    """422: the request is well formed but breaks a rule of the domain."""

    status = 422


class Conflict(DomainError):
    """409: the change would leave the resource in an illegal state."""

    status = 409
    type = "conflict_error"


class SchemaError(ApiError):
    """422: fields of the wrong shape; `detail` is a list of `{loc, msg, type}`."""

    status = 422

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("The request does not match its schema.")
        self.detail = errors
