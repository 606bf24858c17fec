"""What the emulator's own routes share."""

from typing import Any

import orjson
from flask import Response, current_app

from ..errors import Conflict


def answer(document: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(document), status, content_type="application/json")


def require_one_process() -> None:
    """Refuse what would hold in one of several server processes only. Raises Conflict."""
    workers = current_app.extensions["emulator"].settings.workers
    if workers > 1:
        raise Conflict("Needs one server process.", f"The server has {workers} processes; start it with --workers 1.")
