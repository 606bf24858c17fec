"""The one place where errors become responses: always JSON, always under `detail`."""

import logging

import orjson
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from ..errors import ApiError, Interrupted
from .blueprint import PREFIX

SECONDS_UNTIL_RETRY = "1"

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Register handlers for domain errors, for those of HTTP and for unexpected ones."""
    app.register_error_handler(ApiError, _domain_error)
    app.register_error_handler(Interrupted, _interrupted)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def _respond(status: int, detail: object) -> Response:
    return Response(orjson.dumps({"detail": detail}), status, content_type="application/json")


def _domain_error(error: ApiError) -> Response:
    return _respond(error.status, error.detail)


def _interrupted(error: Interrupted) -> Response:
    """Answer what the database cannot do at the moment: clients know by the header when to try again."""
    response = _respond(503, error.detail)
    response.headers["Retry-After"] = SECONDS_UNTIL_RETRY
    return response


def _http_error(error: HTTPException) -> Response:
    """Answer an unknown route, a wrong method or an oversized body with a plain string, and the headers of HTTP."""
    if isinstance(error, MethodNotAllowed):  # it has them from a set, whose order is another one in each process
        error.valid_methods = sorted(error.valid_methods or ())
    response = _respond(error.code or 500, _lacks_prefix(error) or error.name)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _lacks_prefix(error: HTTPException) -> str | None:
    """Explain what is missing to a client whose base URL lacks the version; None for any other error."""
    if not isinstance(error, NotFound):
        return None
    try:
        current_app.url_map.bind("").match(PREFIX + request.path, request.method)
    except HTTPException:
        return None
    return f"Not Found. The base URL must end with {PREFIX}, as in {request.host_url}{PREFIX[1:]}."


def _unexpected_error(error: Exception) -> Response:
    logger.exception("Unexpected error", exc_info=error)
    return _respond(500, ApiError.detail)
