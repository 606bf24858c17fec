"""Spans as the official SDKs send them: values as text, ids as base64 (Python) or hexadecimal digits (Node)."""

import base64
import json
from itertools import count
from typing import Any

from werkzeug.test import TestResponse

from humanloop_emulator.json_types import JsonObject
from tests.conftest import Api

URL = "/import/otel/v1/traces"
START = 1_764_000_000_000_000_000  # nanoseconds: 2025-11-24T16:00:00Z
SECOND = 1_000_000_000
STARTED, ENDED = "2025-11-24T16:00:00.000000Z", "2025-11-24T16:00:02.500000Z"

_numbers = count(1)


def flatten(values: JsonObject, prefix: str = "") -> JsonObject:
    """Write nested objects and lists as dotted names, as the SDKs do; what is empty or null leaves nothing."""
    flat: JsonObject = {}
    for name, value in values.items():
        if isinstance(value, list):
            value = {str(position): item for position, item in enumerate(value)}
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}.")
        elif value is not None:
            flat[prefix + name] = value
    return flat


class Span:
    """A span with an id of its own; sent again it is the same span."""

    def __init__(self, kind: str, attributes: JsonObject | None = None, *, path: str | None = None, **log: Any) -> None:
        address = {"humanloop": {"file": {"type": kind, "path": path}}}
        self.attributes = flatten(address) | flatten({"humanloop": {"log": log}}) | flatten(attributes or {})
        self.number = next(_numbers)
        self.start: Any = str(START)
        self.end: Any = str(START + 5 * SECOND // 2)

    def python(self) -> JsonObject:
        """Return it as the Python SDK writes it."""
        ids = {"traceId": self._id(16), "spanId": self._id(8)}
        return self._json(str) | {name: base64.b64encode(data).decode() for name, data in ids.items()}

    def node(self) -> JsonObject:
        """Return it as the npm SDK writes it."""
        return self._json(_javascript) | {"traceId": self._id(16).hex(), "spanId": self._id(8).hex()}

    def _id(self, length: int) -> bytes:
        return self.number.to_bytes(length, "big")

    def _json(self, text: Any) -> JsonObject:
        attributes = [{"key": key, "value": {"stringValue": text(value)}} for key, value in self.attributes.items()]
        times = {"startTimeUnixNano": self.start, "endTimeUnixNano": self.end}
        return {"name": "humanloop.span", "kind": "SPAN_KIND_INTERNAL", "attributes": attributes, **times}


def _javascript(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def document(*spans: JsonObject) -> JsonObject:
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "humanloop.sdk.decorator"}, "spans": list(spans)}]}]}


def post(api: Api, body: str | bytes, content_type: str | None = None) -> TestResponse:
    """Send a body as it is, by default without any content type, as the Python SDK does."""
    return api.request("POST", URL, data=body, content_type=content_type)


def send(api: Api, *spans: Span) -> list[str]:
    """Send spans in one request and return the ids of the Logs."""
    return sent(api, *(span.python() for span in spans))


def sent(api: Api, *spans: JsonObject) -> list[str]:
    """Send spans that are written already and return the ids of the Logs."""
    answer = post(api, json.dumps(document(*spans)))
    assert answer.status_code == 200
    records: list[str] = answer.get_json()["records"]
    return records
