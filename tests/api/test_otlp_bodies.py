"""The bodies of the OpenTelemetry route: JSON and protobuf, compressed or not, with values of all types."""

import gzip
import json
import logging
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from humanloop_emulator.services.telemetry import notices
from humanloop_emulator.services.telemetry.otlp import read_spans
from tests.builders.files import Logs
from tests.builders.sdk_spans import Span, document, post, sent
from tests.conftest import Api, make_app

PROTOBUF = "application/x-protobuf"


def tool_span() -> Span:
    function = {"function": {"name": "add", "parameters": {}}}
    return Span("tool", {"humanloop": {"file": function}}, path="team/add", output="1")


def written(*spans: Any) -> bytes:
    """Return a document as protobuf; ids must be base64."""
    return bytes(ParseDict(document(*spans), ExportTraceServiceRequest()).SerializeToString())


def test_protobuf_is_the_same_log_as_json_and_is_answered_with_protobuf(api: Api) -> None:
    span = tool_span().python()
    answer = post(api, written(span), PROTOBUF)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, PROTOBUF, b"")
    assert not ExportTraceServiceResponse.FromString(answer.data).HasField("partial_success")
    [uid] = sent(api, span)
    assert (Logs(api).get(uid)["output"], api.get("/tools")["records"][0]["total_logs_count"]) == ("1", 1)


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_bodies_may_be_compressed(api: Api, coding: str, compress: Callable[[bytes], bytes]) -> None:
    headers = {"Content-Encoding": coding}
    url = "/import/otel/v1/traces"
    answer = api.request("POST", url, data=compress(json.dumps(document(tool_span().node())).encode()), headers=headers)
    assert len(answer.get_json()["records"]) == 1
    body = compress(written(tool_span().python()))
    assert api.request("POST", url, data=body, headers=headers, content_type=PROTOBUF).status_code == 200
    assert api.get("/tools")["records"][0]["total_logs_count"] == 2


def test_what_grows_beyond_the_limit_is_ignored_and_takes_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    api = Api(make_app(max_body_mb=1))
    padded = json.dumps(document(tool_span().node())).encode() + b" " * 2**26
    bomb = gzip.compress(padded)
    tracemalloc.start()
    try:
        answer = api.request("POST", "/import/otel/v1/traces", data=bomb, headers={"Content-Encoding": "gzip"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.get_json() == {"records": []}
    assert peak < 8 * 2**20
    assert "Too Large" in caplog.text


@pytest.mark.parametrize("body", [b"", b"no gzip", gzip.compress(b"{}", mtime=0)[:-9]])
def test_what_cannot_be_decompressed_is_ignored(api: Api, body: bytes) -> None:
    answer = api.request("POST", "/import/otel/v1/traces", data=body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.get_json()) == (200, {"records": []})


def test_a_body_that_is_no_protobuf_is_said_once(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    notices.forget()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert post(api, b"\xff\xff", PROTOBUF).data == b""
    assert [record.message for record in caplog.records] == [
        "Telemetry: a body that is not protobuf was ignored. This is reported once."
    ]


def test_values_of_all_types_are_read() -> None:
    values = {
        "text": {"stringValue": "a"},
        "flag": {"boolValue": False},
        "number": {"intValue": "9007199254740993"},
        "small": {"intValue": 3},
        "least": {"intValue": str(-(2**63))},
        "most": {"intValue": str(2**63 - 1)},
        "beyond": {"intValue": str(2**63)},
        "fraction": {"doubleValue": 0.5},
        "list": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "1"}]}},
        "object": {"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}},
        "none": {"arrayValue": {}},
        "lost": {"doubleValue": "NaN"},
        "empty": {},
    }
    attributes = [{"key": f"of.{name}", "value": value} for name, value in values.items()]
    [span] = read_spans(document({"attributes": attributes}))
    assert span.tree("of") == {
        "text": "a",
        "flag": False,
        "number": 9007199254740993,
        "small": 3,
        "least": -(2**63),
        "most": 2**63 - 1,
        "fraction": 0.5,
        "list": ["a", 1],
        "object": {"a": True},
        "none": [],
    }


def test_resources_events_and_parents_are_read() -> None:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    event = {"name": "exception", "attributes": [{"key": "exception.message", "value": {"stringValue": "boom"}}]}
    ids = {"traceId": "ab" * 16, "spanId": "cd" * 8, "parentSpanId": "ef" * 8}
    spans = [{**ids, "events": [event]}, {**ids, "flags": 0x301}, {**ids, "parentSpanId": "00" * 8}]
    read = list(read_spans({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}))
    assert [span.resource for span in read] == [{"service": {"name": "shop"}}] * 3
    assert [span.parent_id for span in read] == ["ef" * 8, "", ""]
    [told] = read[0].events
    assert (told.name, told.attributes) == ("exception", {"exception": {"message": "boom"}})
