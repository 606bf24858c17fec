"""The bodies of OTLP requests: JSON, as the official SDKs send it, or protobuf, the default of most exporters.

Their spans become Logs: those of the official decorators by their own rules, all others by what they have in common.
"""

import orjson

from ...json_types import Json
from ..workspace import Workspace
from . import decorators, spans
from .notices import warn_once
from .otlp import read_spans
from .traces import settle


def record_all(ws: Workspace, document: Json) -> list[str]:
    """Record the spans of an OTLP document and return the ids of their Logs, in the order of the spans."""
    records: list[str | None] = []
    traces: dict[str, None] = {}  # in the order in which they came
    for span in read_spans(document):
        if decorators.is_decorated(span):
            records.append(decorators.record(ws, span))
        else:
            records.append(spans.record(ws, span))
            traces[span.trace_id] = None
    for trace_id in traces:
        settle(ws, trace_id)
    return [uid for uid in records if uid is not None]


PROTOBUF = "application/x-protobuf"


def read_json(body: bytes) -> Json:
    """Return the document that a JSON body holds; None if it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        warn_once("a body that is not JSON was ignored")
        return None


def read_protobuf(body: bytes) -> Json:
    """Return the document that a protobuf body holds, in the JSON form of OTLP; None if it is not protobuf."""
    # Imported here: it takes 40 ms, and most servers never see such a body.
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        return MessageToDict(ExportTraceServiceRequest.FromString(body))
    except (DecodeError, UnicodeDecodeError):
        warn_once("a body that is not protobuf was ignored")
        return None
