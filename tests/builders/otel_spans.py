"""Spans as exporters of OpenTelemetry write them, with values of their types: those of the AI SDK and of others."""

import json
from typing import Any

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Logs
from tests.builders.sdk_spans import SECOND, START, post
from tests.conftest import Api

TRACE = "ab" * 16


def at(seconds: float) -> str:
    """Return the wire form of a moment of the traces here, in seconds since they began."""
    return f"2025-11-24T16:00:{seconds:09.6f}Z"


def value(given: Any) -> JsonObject:
    """Return a value as OTLP writes it."""
    if isinstance(given, bool):
        return {"boolValue": given}
    if isinstance(given, list):
        return {"arrayValue": {"values": [value(item) for item in given]}}
    if isinstance(given, dict):
        return {"kvlistValue": {"values": pairs(given)}}
    names: dict[type, str] = {str: "stringValue", int: "intValue", float: "doubleValue"}
    return {names[type(given)]: str(given) if isinstance(given, int) else given}


def pairs(attributes: JsonObject) -> list[JsonObject]:
    return [{"key": key, "value": value(given)} for key, given in attributes.items() if given is not None]


def span(number: int, name: str, attributes: JsonObject, *, parent: int | None = None, **fields: Any) -> JsonObject:
    """Return the span of this number, which runs for a second from the second of its number on."""
    start, end = fields.pop("start", number), fields.pop("end", number + 1)
    made: JsonObject = {
        "traceId": fields.pop("trace", TRACE),
        "spanId": f"{number:016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(START + int(start * SECOND)),
        "endTimeUnixNano": str(START + int(end * SECOND)),
        "attributes": pairs(attributes),
        "status": {"code": 2, "message": fields.pop("error")} if "error" in fields else {"code": 0},
        "events": [
            {"name": event, "attributes": pairs(told)} for event, told in fields.pop("events", ()) if told is not None
        ],
    }
    return made | ({} if parent is None else {"parentSpanId": f"{parent:016x}"}) | fields


def document(*spans: JsonObject, service: str | None = "shop", **resource: str) -> JsonObject:
    """Return a request with these spans of one service."""
    named = {"service.name": service, **{name.replace("_", "."): text for name, text in resource.items()}}
    return {"resourceSpans": [{"resource": {"attributes": pairs(named)}, "scopeSpans": [{"spans": list(spans)}]}]}


def send(api: Api, *spans: JsonObject, **resource: Any) -> list[JsonObject]:
    """Send spans in one request and return their Logs."""
    answer = post(api, json.dumps(document(*spans, **resource)), "application/json")
    assert answer.status_code == 200
    return [Logs(api).get(uid) for uid in answer.get_json()["records"]]


def logs_of(api: Api) -> dict[str, JsonObject]:
    """Return all Logs of an organisation, by id."""
    found = {}
    for file in api.get("/files?size=100")["records"]:
        for log in api.get(f"/logs?file_id={file['id']}&size=100&include_trace_children=true")["records"]:
            found[log["id"]] = log
    return found


def path_of(log: JsonObject) -> str:
    """Return the path of the File of a Log."""
    return str(next(log[kind]["path"] for kind in ("prompt", "tool", "flow") if log.get(kind)))


def outline(log: JsonObject) -> JsonObject:
    """Return what hangs below a Log, by the paths of the Files."""
    return {path_of(log): [outline(child) for child in log["trace_children"] or []]}


ASK = {"humanloopPromptPath": "team/ask", "humanloopFlowPath": "team/flow"}
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "Weather?"}]}]


def ai(operation: str, attributes: JsonObject | None = None, /, **metadata: Any) -> JsonObject:
    """Return the attributes of a span of the AI SDK."""
    told = {f"ai.telemetry.metadata.{name}": given for name, given in metadata.items()}
    return {"operation.name": operation, "ai.operationId": operation, **told, **(attributes or {})}


def answer(text: str | None = "Sunny.", calls: Any = None, **attributes: Any) -> JsonObject:
    """Return what the span of a model's answer says, in version 5."""
    return {
        "ai.model.provider": "openai.chat",
        "ai.model.id": "gpt-4o",
        "ai.prompt.messages": json.dumps(MESSAGES),
        "gen_ai.system": "openai.chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 50,
        "ai.response.text": text,
        "ai.response.toolCalls": None if calls is None else json.dumps(calls),
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        **attributes,
    }


TOOL_CALL = {"ai.toolCall.name": "weather", "ai.toolCall.id": "c1", "ai.toolCall.args": '{"city": "Lima"}'}


def steps() -> list[JsonObject]:
    """Return a call of the AI SDK that asks a model, runs a tool and asks again; parents come last."""
    call = {"ai.prompt": json.dumps({"system": "Be brief.", "prompt": "Weather?"}), "ai.response.text": "Sunny."}
    wish = [{"toolCallId": "c1", "toolName": "weather", "input": '{"city": "Lima"}'}]
    result = {"ai.toolCall.result": '{"sky": "blue"}'}
    model = "ai.generateText.doGenerate"
    return [
        span(2, model, ai(model, answer(None, wish), **ASK), parent=1),
        span(3, "ai.toolCall", ai("ai.toolCall", TOOL_CALL | result), parent=1),
        span(4, model, ai(model, answer(), **ASK), parent=1),
        span(1, "ai.generateText", ai("ai.generateText", call, **ASK), end=6),
    ]
