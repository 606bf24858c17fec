"""The OpenTelemetry route: what the spans of the SDKs' decorators leave behind, and that nothing is ever refused."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.evaluations import Lab
from tests.builders.files import Logs, fresh_api
from tests.builders.sdk_spans import ENDED, START, STARTED, URL, Span, document, post, send, sent
from tests.conftest import Api, make_app

FUNCTION = {
    "name": "add",
    "description": "",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": ["string", "null"]},
            "type": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]},
            "options": {"type": "object", "properties": {"key": {"type": "string"}, "value": {"type": "boolean"}}},
        },
        "required": ["a", "type", "options"],
        "additionalProperties": False,
    },
}
SOURCE = "def add(a, b, type, options):\n    return a"


def sent_function(function: dict[str, Any] = FUNCTION) -> dict[str, Any]:
    """Return a function as the Python SDK has it before it is flattened: with a tuple of what is required."""
    parameters = function["parameters"]
    return function | {"parameters": parameters | {"required": tuple(parameters["required"])}}


def tool_span(parent: str | None = None, **log: Any) -> Span:
    content = {"function": sent_function(), "source_code": SOURCE}
    log = {"inputs": {"a": 1}, "output": "1", "trace_parent_id": parent} | log
    return Span("tool", {"humanloop": {"file": content}}, path="team/add", **log)


@pytest.fixture
def logs(api: Api) -> Logs:
    return Logs(api)


@pytest.fixture
def flow_log(logs: Logs) -> str:
    """Return a trace as the decorator of a flow begins it."""
    return str(logs.create("flow", "team/flow", log_status="incomplete", inputs={"question": "Why?"})["id"])


def flow_span(log: str, **fields: Any) -> Span:
    return Span("flow", path="team/flow", id=log, **{"log_status": "complete", "output": "So."} | fields)


# Flows.


def test_a_flow_span_completes_its_log(api: Api, logs: Logs, flow_log: str) -> None:
    assert send(api, flow_span(flow_log)) == [flow_log]
    log = logs.get(flow_log)
    assert (log["log_status"], log["output"], log["error"]) == ("complete", "So.", None)
    assert (log["inputs"], log["start_time"], log["end_time"]) == ({"question": "Why?"}, STARTED, ENDED)


def test_an_error_and_a_message_are_taken_as_well(api: Api, logs: Logs, flow_log: str) -> None:
    other = logs.create("flow", "team/flow", log_status="incomplete")["id"]
    message = {"role": "assistant", "content": "Hello"}
    spans = flow_span(flow_log, output=None, error="boom"), flow_span(other, output=None, output_message=message)
    assert send(api, *spans) == [flow_log, other]
    assert (logs.get(flow_log)["error"], logs.get(flow_log)["output"]) == ("boom", None)
    shown = logs.get(other)
    assert (shown["output"], shown["output_message"]["role"]) == (None, "assistant")


def test_the_same_flow_span_twice_changes_nothing(api: Api, logs: Logs, flow_log: str) -> None:
    span = flow_span(flow_log)
    send(api, span)
    before = logs.get(flow_log)
    assert send(api, span) == [flow_log]
    assert logs.get(flow_log) == before


def test_a_flow_span_without_a_log_does_nothing(api: Api, logs: Logs, flow_log: str) -> None:
    before = logs.get(flow_log)
    assert send(api, Span("flow", path="team/flow"), Span("flow", path="new/flow", output="So.")) == []
    assert logs.get(flow_log) == before
    assert [file["path"] for file in api.get("/files")["records"]] == ["team/flow"]


def test_in_an_evaluation_a_flow_span_joins_its_run(lab: Lab, logs: Logs) -> None:
    flow, dataset = lab.flow("team/flow"), lab.dataset(2)
    run = lab.evaluation(flow, lab.evaluator()).create_run(dataset, flow, orchestrated=False)
    log, point = lab.log(flow, log_status="incomplete", output=None), dataset["datapoints"][1]["id"]
    span = flow_span(log, source_datapoint_id=point, run_id=run.id)
    for _ in range(2):
        assert send(lab.api, span) == [log]
        assert run.log_ids() == [log]
        assert (run.stats()["num_logs"], run.status()) == (1, "running")
    [record] = run.evaluation.logs()["records"]
    assert (record["datapoint"]["id"], record["log"]["source_datapoint_id"]) == (point, point)


def test_a_log_of_a_cancelled_run_is_completed_all_the_same(
    lab: Lab, logs: Logs, caplog: pytest.LogCaptureFixture
) -> None:
    flow = lab.flow("team/flow")
    run = lab.evaluation(flow).create_run(orchestrated=False)
    log = lab.log(flow, log_status="incomplete")
    run.patch(status="cancelled")
    assert send(lab.api, flow_span(log, run_id=run.id, source_datapoint_id="dp_unknown")) == [log]
    assert logs.get(log)["log_status"] == "complete"
    assert run.log_ids() == []
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert "without its run_id" in caplog.text


def test_a_log_of_a_datapoint_of_another_dataset_does_not_join(lab: Lab) -> None:
    flow, other = lab.flow("team/flow"), lab.dataset(1, "other/points")
    run = lab.evaluation(flow).create_run(lab.dataset(1), flow, orchestrated=False)
    log = lab.log(flow, other["datapoints"][0], log_status="incomplete")
    assert send(lab.api, flow_span(log, run_id=run.id)) == []
    assert run.log_ids() == []


def test_a_complete_log_cannot_become_incomplete(api: Api, logs: Logs, flow_log: str) -> None:
    send(api, flow_span(flow_log))
    assert send(api, flow_span(flow_log, log_status="incomplete", output="Other.")) == []
    assert (logs.get(flow_log)["output"], logs.get(flow_log)["log_status"]) == ("So.", "complete")


# Tools.


def test_a_tool_span_makes_version_and_log(api: Api, logs: Logs, flow_log: str) -> None:
    [uid] = send(api, tool_span(flow_log, error="late"))
    log = logs.get(uid)
    assert (log["inputs"], log["output"], log["error"]) == ({"a": "1"}, "1", "late")
    assert (log["start_time"], log["end_time"], log["trace_id"]) == (STARTED, ENDED, flow_log)
    assert log["tool"]["function"] == FUNCTION
    assert (log["tool"]["path"], log["tool"]["source_code"]) == ("team/add", SOURCE)
    assert [child["id"] for child in logs.get(flow_log)["trace_children"]] == [uid]


def test_it_is_the_version_that_an_upsert_makes(api: Api, logs: Logs) -> None:
    content = {"function": FUNCTION, "source_code": SOURCE, "setup_values": {"key": "k"}, "attributes": {"team": "a"}}
    version = api.post("/tools", {"path": "team/add", **content})["version_id"]
    written = {"humanloop": {"file": content | {"function": sent_function()}}}
    python, node = (Span("tool", written, path="team/add", output="1") for _ in range(2))
    for uid in sent(api, python.python(), node.node()):
        assert logs.get(uid)["tool"]["version_id"] == version


def test_a_function_without_parameters_gets_its_empty_parts_back(api: Api, logs: Logs) -> None:
    parameters = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    function = {"name": "now", "description": "Tell the time.", "strict": True, "parameters": parameters}
    [uid] = send(api, Span("tool", {"humanloop": {"file": {"function": function}}}, path="team/now", output="1"))
    assert logs.get(uid)["tool"]["function"] == function


def test_the_schemas_of_node_keep_numbers_lists_and_booleans(api: Api, logs: Logs) -> None:
    level = {"type": ("integer", "null"), "minimum": 1, "maximum": 2.5, "enum": ("1", "2")}
    parameters = {"type": "object", "properties": {"level": level}, "required": (), "additionalProperties": True}
    function = {"name": "set", "description": "Set it.", "strict": False, "parameters": parameters}
    span = Span("tool", {"humanloop": {"file": {"function": function}}}, path="team/set", output="1")
    [uid] = sent(api, span.node())
    shown = logs.get(uid)["tool"]["function"]
    assert shown["parameters"]["properties"]["level"] == level | {"type": ["integer", "null"], "enum": ["1", "2"]}
    assert (shown["parameters"]["required"], shown["parameters"]["additionalProperties"]) == ([], True)
    assert shown["strict"] is False


@pytest.mark.parametrize("write", ["python", "node"])
def test_the_same_span_twice_is_one_log(api: Api, logs: Logs, flow_log: str, write: str) -> None:
    span = getattr(tool_span(flow_log), write)()
    [first] = sent(api, span)
    assert sent(api, span, span) == [first, first]
    assert len(logs.get(flow_log)["trace_children"]) == 1


def test_both_forms_of_ids_are_the_same_ids(api: Api) -> None:
    span = tool_span()
    assert sent(api, span.python()) == sent(api, span.node())


def test_spans_without_ids_are_each_a_log(api: Api) -> None:
    span = tool_span().python() | {"traceId": "?", "spanId": None}
    assert len(set(sent(api, span, span))) == 2


def test_a_tool_span_without_a_log_does_nothing(api: Api) -> None:
    assert send(api, Span("tool", {"humanloop": {"file": {"function": sent_function()}}}, path="team/add")) == []
    assert api.get("/tools")["total"] == 0


def test_what_comes_after_its_trace_is_complete_takes_its_place(api: Api, logs: Logs, flow_log: str) -> None:
    tool, flow = tool_span(flow_log), flow_span(flow_log)
    [_, uid] = send(api, flow, tool)
    log = logs.get(flow_log)
    assert ([child["id"] for child in log["trace_children"]], log["log_status"]) == ([uid], "complete")


def test_a_trace_that_is_gone_costs_no_log(api: Api, logs: Logs, flow_log: str) -> None:
    logs.delete(flow_log)
    [uid] = send(api, tool_span(flow_log))
    assert (logs.get(uid)["output"], logs.get(uid)["trace_id"], logs.get(uid)["trace_parent_id"]) == ("1", None, None)


def test_nested_flows_hold_their_own_spans(api: Api, logs: Logs, flow_log: str) -> None:
    inner = logs.create("flow", "team/inner", log_status="incomplete", trace_parent_id=flow_log)["id"]
    [tool, *_] = send(api, tool_span(inner), flow_span(inner), flow_span(flow_log))
    [child] = logs.get(flow_log)["trace_children"]
    assert (child["id"], [grandchild["id"] for grandchild in child["trace_children"]]) == (inner, [tool])


# What is skipped.


@pytest.mark.parametrize("content_type", [None, "text/plain", "text/plain;charset=UTF-8", "application/json"])
def test_the_content_type_does_not_matter(api: Api, flow_log: str, content_type: str | None) -> None:
    body = json.dumps(document(flow_span(flow_log).node()))
    assert post(api, body, content_type).get_json() == {"records": [flow_log]}


def test_numbers_of_nanoseconds_may_be_numbers(api: Api, logs: Logs, flow_log: str) -> None:
    span = flow_span(flow_log)
    span.start, span.end = START, "never"
    send(api, span)
    assert (logs.get(flow_log)["start_time"], logs.get(flow_log)["end_time"]) == (STARTED, None)


@pytest.mark.parametrize(
    "body",
    [
        *("", "null", "[]", "{", "\0", "\udcff", '{"resourceSpans": 1}', '{"resourceSpans": [{"scopeSpans": [7]}]}'),
        json.dumps(document({"attributes": [1, {"key": []}, {"key": "a", "value": {}}, {"value": None}]})),
        json.dumps(document({"name": "other", "attributes": [{"key": "a.b", "value": {"stringValue": "c"}}]})),
    ],
)
def test_what_is_no_span_of_ours_is_ignored(api: Api, body: str) -> None:
    answer = post(api, body.encode("utf-8", "surrogateescape"))
    assert (answer.status_code, answer.get_json()) == (200, {"records": []})


def test_a_span_that_cannot_be_recorded_leaves_the_others(
    api: Api, flow_log: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = [
        flow_span("log_unknown"),
        Span("flow", path="team/flow", id=flow_log, log_status="finished"),
        Span("tool", path="team/flow", output="a flow stands there"),
        Span("tool", path="/", output="no path"),
        Span("tool", path="team/unknown", output="without content"),
        Span("tool", {"humanloop": {"file": {"function": {"strict": "perhaps"}}}}, path="team/a", output="1"),
        Span("prompt", path="team/without a model"),
        Span("tool", {"humanloop": {"log": "text", "file.path.below": "x"}}, path=None),
    ]
    [_, flow] = send(api, tool_span(flow_log), *wrong, flow_span(flow_log))
    assert flow == flow_log
    assert [file["path"] for file in api.get("/files")["records"]] == ["team/add", "team/flow"]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert len(caplog.records) == len(wrong) - 1  # a span whose log is no object tells of none


def test_a_body_that_is_too_large_is_not_refused_either() -> None:
    api = Api(make_app(max_body_mb=1))
    assert post(api, b" " * 2**21).get_json() == {"records": []}


def test_only_the_key_is_refused() -> None:
    http = fresh_api().http
    answer = http.post(f"/v5{URL}", data="{}")
    assert (answer.status_code, answer.get_json()["detail"]) == (401, "Could not validate credentials.")


def test_another_organisation_is_out_of_reach(api: Api, logs: Logs, flow_log: str) -> None:
    before = logs.get(flow_log)
    stranger = fresh_api()
    assert send(stranger, flow_span(flow_log)) == []
    [uid] = send(stranger, tool_span(flow_log, source_datapoint_id="dp_unknown"))
    assert Logs(stranger).get(uid)["trace_id"] is None
    assert logs.get(flow_log) == before


def test_a_span_of_another_organisation_with_the_same_ids_is_another_log(api: Api) -> None:
    span, stranger = tool_span(), fresh_api()
    assert send(api, span) == send(stranger, span)
    assert (api.get("/tools")["total"], stranger.get("/tools")["total"]) == (1, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
NAMES = st.sampled_from(
    [
        *("humanloop.file.type", "humanloop.file.path", "humanloop.file.function.parameters.required"),
        *("humanloop.file", "humanloop.log.id", "humanloop.log.inputs", "humanloop.log.output", "humanloop.log"),
        *("gen_ai.request.model", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"),
        *("gen_ai.prompt.0.content", "gen_ai.prompt.x", "gen_ai.completion.0.tool_calls.0.name", "gen_ai.prompt"),
        *("gen_ai.usage.prompt_tokens", "gen_ai.response.finish_reasons", "gen_ai.request.stop_sequences"),
    ]
)
TEXTS = (
    st.text()
    | st.sampled_from(["flow", "tool", "prompt", "a/b", "(", "['a', 1]"])
    | JSON.map(lambda value: json.dumps(value))
)
ATTRIBUTES = st.fixed_dictionaries(
    {"key": NAMES, "value": st.fixed_dictionaries({"stringValue": TEXTS}) | JSON},
)


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_answered_with_200(body: bytes) -> None:
    assert post(fresh_api(), body).status_code == 200


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(
    kind=st.sampled_from(["flow", "tool", "prompt"]),
    attributes=st.lists(ATTRIBUTES | JSON, max_size=8),
    rest=st.dictionaries(st.sampled_from(["traceId", "spanId", "startTimeUnixNano", "status", "name"]), JSON),
)
def test_any_span_is_answered_with_200(kind: str, attributes: list[Any], rest: dict[str, Any]) -> None:
    named = [{"key": "humanloop.file.type", "value": {"stringValue": kind}}, *attributes]
    errors: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = errors.append  # type: ignore[method-assign]
    logger = logging.getLogger("humanloop_emulator.services.telemetry.decorators")
    logger.addHandler(handler)
    try:
        body = json.dumps(document({**rest, "attributes": named}))
        assert post(fresh_api(), body).status_code == 200
    finally:
        logger.removeHandler(handler)
    assert not errors
