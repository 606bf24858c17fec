"""Spans that a client's tracing sends: OTLP as JSON or protobuf."""

from ..json_types import Json
from .base import Response, Shape
from .fields import Dict, List, Str


class TracesRequest(Shape):
    """Spans in the JSON form of OTLP; any other body counts as one without spans [C]."""

    resourceSpans = List(Dict())

    def _load_object(self, data: bytes) -> Json:
        """Leave the body as it is: what it means depends on its content type."""
        return data


class TracesResponse(Response):
    """The Logs that were made or changed, in the order of their spans."""

    records = List(Str())
