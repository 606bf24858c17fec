"""The OpenAPI document at `/openapi.json` and Swagger UI at `/docs`, served from our own files, not a CDN."""

import orjson
from flask import Blueprint, Response, current_app, send_from_directory

blueprint = Blueprint("documentation", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Return the document, generated from the schemas on first use."""
    known: dict[str, bytes] = current_app.extensions["emulator"].pages
    if "openapi" not in known:
        from ..api.openapi import build  # most processes never need the generator

        known["openapi"] = orjson.dumps(build(current_app))
    return Response(known["openapi"], content_type="application/json")


@blueprint.get("/docs")
def docs() -> Response:
    """Return Swagger UI."""
    return static("docs.html")


@blueprint.get("/static/<path:name>")
def static(name: str) -> Response:
    """Return a static file."""
    return send_from_directory(f"{blueprint.root_path}/static", name)
