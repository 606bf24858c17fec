"""What the emulator's own routes share: how they read a request, and how they answer."""

from typing import Any

import orjson
from flask import Response, current_app
from marshmallow.validate import Range

from ..errors import Conflict
from ..schemas.base import Request
from ..schemas.values import strict


class Control(Request):
    """A request that is always read strictly: a misspelt key would otherwise do nothing, and say nothing."""

    def _load_object(self, data: object) -> dict[str, Any]:
        token = strict.set(True)
        try:
            loaded: dict[str, Any] = super()._load_object(data)
        finally:
            strict.reset(token)
        self.check(loaded)
        return loaded

    def check(self, loaded: dict[str, Any]) -> None:
        """Raise ValidationError for fields that cannot be combined."""


def between(least: float, most: float) -> Range:
    """Refuse numbers outside this range."""
    return Range(min=least, max=most, error=f"ensure this value is between {least} and {most}")


def answer(document: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(document), status, content_type="application/json")


def require_one_process() -> None:
    """Refuse what would take effect in only one of several server processes. Raises Conflict."""
    workers = current_app.extensions["emulator"].settings.workers
    if workers > 1:
        raise Conflict("Needs one server process.", f"The server has {workers} processes; start it with --workers 1.")
