"""Whether the server answers, and on what."""

import orjson
from flask import Blueprint, Response, current_app

from ..settings import VERSION

SECONDS_TO_ANSWER = 1  # of the database

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Answer 200 when the database answers too, and 503 when it does not."""
    current_app.extensions["emulator"].db.check(SECONDS_TO_ANSWER)
    document = {"status": "ok", "version": VERSION}
    return Response(orjson.dumps(document), content_type="application/json")
