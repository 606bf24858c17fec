"""The bodies of OTLP requests: JSON, as the official SDKs send it, or protobuf, the default of most exporters."""

from typing import Any

import orjson

from .notices import say_once

PROTOBUF = "application/x-protobuf"


def read_json(body: bytes) -> Any:
    """Return the document that a JSON body holds; None where it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        say_once("a body that is no JSON was ignored")
        return None


def read_protobuf(body: bytes) -> Any:
    """Return the document that a protobuf body holds, in the JSON form of OTLP; None where it is none."""
    # Imported here: it takes 40 ms, and most servers never see such a body.
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        return MessageToDict(ExportTraceServiceRequest.FromString(body))
    except (DecodeError, UnicodeDecodeError):
        say_once("a body that is no protobuf was ignored")
        return None
