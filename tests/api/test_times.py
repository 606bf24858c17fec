"""Times as clients send them: texts, numbers of seconds or milliseconds since 1970, numbers as text."""

from typing import Any

import pytest

from tests.builders.files import Logs
from tests.builders.sdk_spans import Span, send
from tests.conftest import Api, make_app

MOMENT = "2024-11-19T07:06:40.500000Z"
FORMS = [
    *(1732000000.5, "1732000000.5", 1732000000500, "1732000000500", MOMENT, "2024-11-19 07:06:40.5"),
    *("2024-11-19T08:06:40.5+01:00", "2024-11-19T07:06:40.500000000", "2024-11-19 7:6:40.5+00"),
]
FIELDS = ("created_at", "start_time", "end_time")
KINDS = ("prompt", "tool", "flow", "agent")


@pytest.mark.parametrize("form", FORMS)
def test_a_log_takes_times_in_every_form(api: Api, form: Any) -> None:
    logs = Logs(api)
    for kind in KINDS:
        uid = logs.create(kind, kind, **dict.fromkeys(FIELDS, form))["id"]
        assert [logs.get(uid)[name] for name in FIELDS] == [MOMENT] * 3


@pytest.mark.parametrize("form", FORMS)
def test_so_do_updates_and_judgments(api: Api, form: Any) -> None:
    logs = Logs(api)
    for kind in ("prompt", "tool"):
        created = logs.create(kind, kind)
        logs.update(kind, created, **dict.fromkeys(FIELDS, form))
        assert [logs.get(created["id"])[name] for name in FIELDS] == [MOMENT] * 3
    judgment = logs.judge(created["id"], judgment=True, **dict.fromkeys(FIELDS, form))
    assert [logs.get(judgment["id"])[name] for name in FIELDS] == [MOMENT] * 3


def test_a_trace_of_the_older_decorators_is_stored(api: Api) -> None:
    """SDK 0.8.16 to 0.8.26 send what `time.time()` gives [C]."""
    logs = Logs(api)
    flow = logs.create("flow", "agent", start_time=1732000000.25, end_time=1732000009.75)
    for number in range(2):
        times = {"start_time": 1732000001.5 + number, "end_time": 1732000002.125 + number}
        logs.create("tool", "search", trace_parent_id=flow["id"], **times)
    trace = logs.get(flow["id"])
    assert (trace["start_time"], trace["end_time"]) == ("2024-11-19T07:06:40.250000Z", "2024-11-19T07:06:49.750000Z")
    assert {child["end_time"][17:] for child in trace["trace_children"]} == {"42.125000Z", "43.125000Z"}


@pytest.mark.parametrize("form", FORMS)
def test_so_do_calls(api: Api, form: Any) -> None:
    body = {"path": "called", "prompt": {"model": "m"}, "messages": [{"role": "user", "content": "a"}]}
    call = api.post("/prompts/call", body | {"start_time": form, "end_time": form})
    assert [Logs(api).get(call["id"])[name] for name in ("start_time", "end_time")] == [MOMENT] * 2


def test_so_do_spans(api: Api) -> None:
    file_id = Logs(api).create("tool", "search")["tool_id"]
    ids = send(api, *(Span("tool", path="search", created_at=form, output="1") for form in FORMS))
    assert [Logs(api).get(uid)["created_at"] for uid in ids] == [MOMENT] * len(FORMS)
    assert len(Logs(api).ids(file_id, size=100)) == len(FORMS) + 1


@pytest.mark.parametrize("form", [str(form) for form in FORMS])
def test_so_do_filters(api: Api, form: str) -> None:
    logs = Logs(api)
    made = [logs.create("flow", created_at=1732000000 + offset) for offset in (0, 0.5, 1)]
    before, there, after = (log["id"] for log in made)
    file_id = made[0]["flow_id"]
    assert logs.ids(file_id, start_date=form) == [after, there]
    assert logs.ids(file_id, end_date=form) == [there, before]


@pytest.mark.parametrize("value", ["yesterday", "", "2024-11-19T7:06:40.5 Z", "2024-11-31", [], {}, "2024-11-19T25:00"])
def test_other_values_are_refused(api: Api, value: Any) -> None:
    found = Logs(api).refused("flow", status=422, path="a", **dict.fromkeys(FIELDS, value))
    assert {tuple(problem["loc"]) for problem in found} == {("body", name) for name in FIELDS}
    texts = {(problem["msg"], problem["type"]) for problem in found}
    assert texts == {("invalid datetime format", "value_error.datetime")}


@pytest.mark.parametrize("form", [1732000000.5, "1732000000.5", 0])
def test_strict_mode_takes_texts_alone(form: Any) -> None:
    strict = Logs(Api(make_app(strict=True)))
    [problem] = strict.refused("flow", status=422, path="a", flow={"attributes": {}}, start_time=form)
    assert (problem["loc"], problem["type"]) == (["body", "start_time"], "value_error.datetime")
    assert strict.get(strict.create("flow", start_time=MOMENT)["id"])["start_time"] == MOMENT
