"""Every error becomes a response here, and only here: always JSON, always under `detail`."""

import logging

import orjson
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, NotFound

from ..errors import ApiError
from .blueprint import PREFIX

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Map domain errors, the router's errors and unexpected ones."""
    app.register_error_handler(ApiError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def _respond(status: int, detail: object) -> Response:
    return Response(orjson.dumps({"detail": detail}), status, content_type="application/json")


def _domain_error(error: ApiError) -> Response:
    return _respond(error.status, error.detail)


def _http_error(error: HTTPException) -> Response:
    """Answer unknown routes, wrong methods, oversize bodies: a plain string, with the headers HTTP asks for."""
    response = _respond(error.code or 500, _lacks_prefix(error) or error.name)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _lacks_prefix(error: HTTPException) -> str | None:
    """Tell a client whose base URL lacks the version what is missing."""
    if not isinstance(error, NotFound):
        return None
    try:
        current_app.url_map.bind("").match(PREFIX + request.path, request.method)
    except HTTPException:
        return None
    return f"Not Found. The API is below {PREFIX}: end your base URL with it, as in {request.host_url}{PREFIX[1:]}."


def _unexpected_error(error: Exception) -> Response:
    logger.exception("Unexpected error", exc_info=error)
    return _respond(500, ApiError.detail)
