"""Spans that a client's tracing sends: OTLP as JSON."""

from typing import Any

import orjson

from .base import Response, Shape
from .fields import Dict, List, Str


class TracesRequest(Shape):
    """Spans in the JSON form of OTLP; any other body is as good as one without spans [C]."""

    resourceSpans = List(Dict())

    def _load_object(self, data: bytes) -> Any:
        """Read the body of a request as far as it is JSON at all."""
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return None


class TracesResponse(Response):
    """The Logs that were made or changed, in the order of their spans."""

    records = List(Str())
