"""However the spans of a trace are ordered and split into requests, they leave the same Logs behind."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.files import fresh_api
from tests.builders.otel_spans import TOOL_CALL, ai, answer, document, logs_of, path_of, span
from tests.builders.sdk_spans import post
from tests.conftest import Api

SHOWN = ("trace_parent_id", "trace_id", "start_time", "end_time", "inputs", "output", "error", "log_status", "metadata")
PATHS = st.sampled_from([None, "flows/a", "flows/b"])


@st.composite
def traces(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a tree of spans: calls, answers, tools, workflows, and some that are nothing to us."""
    made = []
    for number in range(1, draw(st.integers(2, 9)) + 1):
        parent = None if number == 1 else draw(st.integers(1, number - 1))
        flow = draw(PATHS)
        named = {} if flow is None else {"humanloopFlowPath": flow}
        call = {"ai.prompt": json.dumps({"prompt": f"{number}?"}), "ai.response.text": f"{number}!"}
        attributes = draw(
            st.sampled_from(
                [
                    ai("ai.generateText", call, **named),
                    ai("ai.generateText.doGenerate", answer(f"{number}!"), humanloopPromptPath="ask", **named),
                    ai("ai.toolCall", TOOL_CALL),
                    {"traceloop.span.kind": "workflow", "traceloop.entity.name": "work"},
                    {"http.method": "GET"},
                ]
            )
        )
        fields = {"error": "failed"} if draw(st.booleans()) else {}
        end = number + draw(st.integers(1, 20))
        made.append(span(number, "GET", attributes, parent=parent, end=end, **fields))
    return made


def left_behind(api: Api) -> dict[str, Any]:
    """Return what the Logs show, without what an organisation makes up: the ids of Files and Versions."""
    return {
        uid: {name: log[name] for name in SHOWN}
        | {"path": path_of(log), "below": [child["id"] for child in log["trace_children"] or []]}
        for uid, log in logs_of(api).items()
    }


@settings(deadline=None, max_examples=40, derandomize=True, database=None)
@given(traces(), st.data())
def test_order_and_requests_do_not_matter(spans: list[dict[str, Any]], data: st.DataObject) -> None:
    at_once, in_parts = fresh_api(), fresh_api()
    assert post(at_once, json.dumps(document(*spans))).status_code == 200
    rest = data.draw(st.permutations(spans))
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        part, rest = rest[:size], rest[size:]
        for _ in range(data.draw(st.integers(1, 2))):  # a request that is not answered in time is sent again
            assert post(in_parts, json.dumps(document(*part))).status_code == 200
    assert left_behind(in_parts) == left_behind(at_once)
