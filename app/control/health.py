"""Whether the server answers, and on what."""

import orjson
from flask import Blueprint, Response, current_app

from ..settings import VERSION

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Answer 200 when the database answers too."""
    emulator = current_app.extensions["emulator"]
    with emulator.db.reading():
        emulator.db.connection.execute("SELECT 1").fetchone()
    document = {"status": "ok", "version": VERSION}
    return Response(orjson.dumps(document), content_type="application/json")
