"""Errors of an OpenAI-compatible API, as callers get them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson

from ...json_types import Json
from .base import ModelError, ModelRequest

if TYPE_CHECKING:
    import httpx

LONGEST_TEXT = 500  # characters of an answer that is not JSON
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class Retryable(Exception):
    """An error after which a retry may help, with the seconds to wait if the API names them."""

    def __init__(self, error: ModelError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


def unreachable(request: ModelRequest, error: "httpx.HTTPError | httpx.InvalidURL", timeout: float) -> Exception:
    """Return the error for a failure of httpx; only a lost connection is worth a retry."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return failure(request, "timeout", f"The model provider did not answer within {timeout:g} seconds.")
    lost = failure(request, "connection_error", f"The connection to the model provider failed: {error}")
    return Retryable(lost) if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) else lost


def broken(request: ModelRequest) -> Retryable:
    """Return the error for a stream that ended before the answer was complete."""
    return Retryable(failure(request, "connection_error", "The model provider's answer was cut off."))


def malformed(request: ModelRequest) -> ModelError:
    """Return the error for an answer that cannot be read."""
    return failure(request, "invalid_response", "The model provider sent an invalid response.")


def refusal(request: ModelRequest, status: int, headers: Mapping[str, str], content: bytes, key: str) -> Exception:
    """Return the error that the API answered, in its own words, with the key masked."""
    message, kind, code = _read(content)
    message = message or f"{status} {_phrase(status)}"
    error = ModelError(
        message.replace(key, "***") if key else message,
        type=kind or TYPES.get(status) or ("invalid_request_error" if 400 <= status < 500 else "server_error"),
        code=code if code is not None else status,
        origin=request.provider,
        status=status,
    )
    return Retryable(error, _seconds(headers.get("retry-after"))) if status == 429 or status >= 500 else error


def failure(request: ModelRequest, kind: str, message: str, status: int = 503) -> ModelError:
    """Return an error that the API did not send itself."""
    return ModelError(message, type=kind, code=None, origin=request.provider, status=status)


def _read(content: bytes) -> tuple[str, str | None, int | str | None]:
    """Return message, type and code from the body of an error: `{"error": {…}}`, or whatever servers send."""
    try:
        document: Json = orjson.loads(content)
    except orjson.JSONDecodeError:
        return content.decode(errors="replace").strip()[:LONGEST_TEXT], None, None
    error = document.get("error", document) if isinstance(document, dict) else document
    if not isinstance(error, dict):
        return str(error), None, None
    kind, code = error.get("type"), error.get("code")
    message = error.get("message") or error.get("detail") or content.decode()[:LONGEST_TEXT]
    return str(message), str(kind) if kind else None, code if isinstance(code, int | str) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "from the model provider"


def _seconds(text: str | None) -> float | None:
    """Read the header Retry-After if it is a number; a date would depend on the provider's clock."""
    try:
        return max(float(text), 0.0) if text else None
    except ValueError:
        return None
