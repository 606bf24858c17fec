"""What older clients send and read: former names, versions that are committed, traces that have a status."""

from io import BytesIO
from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Logs
from tests.builders.sdk_spans import Span, send
from tests.conftest import Api, make_app

KINDS: dict[str, JsonObject] = {
    "prompt": {"model": "gpt-4o"},
    "tool": {"source_code": "1"},
    "flow": {"attributes": {"a": 1}},
    "agent": {"model": "gpt-4o"},
    "dataset": {"datapoints": []},
    "evaluator": {
        "spec": {"evaluator_type": "external", "arguments_type": "target_free", "return_type": "boolean"},
    },
}
each_kind = pytest.mark.parametrize("kind", KINDS)
each_server = pytest.mark.parametrize("strict", [False, True])
FLOW = {"path": "flow", "flow": {"attributes": {}}}


def make(api: Api, kind: str, **fields: Any) -> JsonObject:
    return api.post(f"/{kind}s", {"path": "a/file"} | KINDS[kind] | fields)


@each_kind
def test_every_version_is_committed_by_who_made_it(api: Api, kind: str) -> None:
    made = make(api, kind, version_description="First try.")
    assert made["status"] == "committed"
    assert (made["committed_by"], made["committed_at"]) == (made["created_by"], made["created_at"])
    assert made["commit_message"] == "First try."
    assert api.get("/files")["records"][0]["status"] == "committed"


@each_kind
@each_server
def test_a_commit_message_is_the_description_of_the_version(kind: str, strict: bool) -> None:
    made = make(Api(make_app(strict=strict)), kind, commit_message="First try.")
    assert (made["version_description"], made["commit_message"]) == ("First try.", "First try.")


@each_kind
def test_to_commit_a_version_describes_it(api: Api, kind: str) -> None:
    made = make(api, kind)
    path = f"/{kind}s/{made['id']}/versions/{made['version_id']}/commit"
    committed = api.post(path, {"commit_message": "Reviewed."})
    assert (committed["version_id"], committed["status"]) == (made["version_id"], "committed")
    assert committed["commit_message"] == committed["version_description"] == "Reviewed."
    assert api.get(f"/{kind}s/{made['id']}") == committed
    assert api.detail("POST", path, {}, status=422)[0]["loc"] == ["body", "commit_message"]
    api.detail("POST", path.replace(made["version_id"], "v_none"), {"commit_message": "a"}, status=404)


def test_a_csv_file_comes_with_a_commit_message(api: Api) -> None:
    path = f"/datasets/{make(api, 'dataset')['id']}/datapoints/csv"
    parts = {"file": (BytesIO(b"a\n1\n"), "points.csv"), "commit_message": "Added."}
    assert api.request("POST", path, data=parts).get_json()["version_description"] == "Added."


@each_kind
def test_versions_are_listed_by_their_status(api: Api, kind: str) -> None:
    path = f"/{kind}s/{make(api, kind)['id']}/versions"
    found = {status: len(api.get(f"{path}?status={status}")["records"]) for status in ("committed", "uncommitted")}
    assert found == {"committed": 1, "uncommitted": 0}
    api.detail("GET", f"{path}?status=other", status=422)


def test_logs_are_listed_by_the_status_of_their_version(api: Api) -> None:
    logs = Logs(api)
    created = logs.create("prompt")
    path = f"/logs?file_id={created['prompt_id']}&version_status="
    totals = {status: api.get(path + status)["total"] for status in ("committed", "uncommitted", "deleted")}
    assert totals == {"committed": 1, "uncommitted": 0, "deleted": 0}


def test_a_sample_of_n_is_a_sample(api: Api) -> None:
    logs = Logs(api)
    file = {logs.create("prompt")["prompt_id"] for _ in range(3)}.pop()
    assert api.get(f"/logs?file_id={file}&sample_n=2")["total"] == 2


@each_server
def test_trace_status_is_log_status(strict: bool) -> None:
    api = Api(make_app(strict=strict))
    log = api.post("/flows/log", FLOW | {"trace_status": "incomplete"})
    assert (log["trace_status"], log["log_status"]) == ("incomplete", "incomplete")
    complete = api.patch(f"/flows/logs/{log['id']}", {"trace_status": "complete", "output": "done"})
    assert (complete["trace_status"], complete["log_status"], complete["output"]) == ("complete", "complete", "done")
    assert api.get(f"/logs/{log['id']}") == complete
    assert api.post("/flows/log", FLOW | {"trace_status": "complete"})["trace_status"] == "complete"
    assert api.detail("PATCH", f"/flows/logs/{log['id']}", {"trace_status": "incomplete"}, status=409)


def test_log_status_wins_over_trace_status(api: Api) -> None:
    both = FLOW | {"log_status": "complete", "trace_status": "incomplete"}
    assert api.post("/flows/log", both)["log_status"] == "complete"
    assert api.post("/flows/log", both | {"log_status": None})["log_status"] == "incomplete"
    detail = api.detail("POST", "/flows/log", FLOW | {"trace_status": "done"}, status=422)
    assert detail[0]["loc"] == ["body", "trace_status"]


@each_server
def test_the_first_client_updates_a_trace_by_its_status(strict: bool) -> None:
    api = Api(make_app(strict=strict))
    log = api.post("/flows/log", FLOW | {"trace_status": "incomplete"})
    done = api.patch(f"/flows/log/{log['id']}", {"status": "complete", "output": "done", "inputs": {"a": 1}})
    assert (done["log_status"], done["output"], done["inputs"]) == ("complete", "done", {"a": 1})
    assert api.detail("PATCH", f"/flows/log/{log['id']}", {}, status=422)[0]["loc"] == ["body", "status"]
    api.detail("PATCH", "/flows/log/log_none", {"status": "complete"}, status=404)


@each_server
@pytest.mark.parametrize("kind", ["prompt", "tool", "evaluator"])
def test_the_first_client_names_the_trace_and_the_log_above(strict: bool, kind: str) -> None:
    api = Api(make_app(strict=strict))
    top = api.post("/flows/log", FLOW)["id"]
    make(api, kind)
    needed = {"parent_id": top, "judgment": True} if kind == "evaluator" else {}
    child = api.post(f"/{kind}s/log", {"path": "a/file", "trace_id": top} | needed)["id"]
    body = {"path": "a/file", "trace_id": top, "trace_parent_log_id": child} | needed
    grandchild = api.post(f"/{kind}s/log", body)["id"]
    places = {uid: api.get(f"/logs/{uid}") for uid in (child, grandchild)}
    assert {uid: (log["trace_parent_id"], log["trace_id"]) for uid, log in places.items()} == {
        child: (top, top),
        grandchild: (child, top),
    }


def test_the_first_clients_give_a_trace_its_id(api: Api) -> None:
    assert api.post("/flows/log", FLOW | {"trace_id": "log_mine"})["id"] == "log_mine"
    assert api.get("/logs/log_mine")["trace_id"] == "log_mine"


@pytest.mark.parametrize("wrong", ["", "a\0b"])
def test_an_id_of_theirs_is_held_to_the_rules_of_log_id(api: Api, wrong: str) -> None:
    for name in ("trace_id", "log_id"):
        [problem] = api.detail("POST", "/flows/log", FLOW | {name: wrong}, status=422)
        assert problem["loc"] == ["body", name]
    assert api.get("/flows")["total"] == 0


def test_a_call_says_the_status_of_its_log(api: Api) -> None:
    make(api, "prompt")
    answer = api.post("/prompts/call", {"path": "a/file", "log_status": "incomplete"})
    assert answer["log_status"] == api.get(f"/logs/{answer['id']}")["log_status"] == "incomplete"


def test_older_fields_are_documented_as_deprecated(api: Api) -> None:
    document = api.http.get("/openapi.json").get_json()
    log = document["components"]["schemas"]["FlowLogRequest"]["properties"]
    assert (log["trace_status"]["deprecated"], "deprecated" in log["log_status"]) == (True, False)


def test_a_span_may_say_trace_status_too(api: Api) -> None:
    log = api.post("/flows/log", FLOW | {"trace_status": "incomplete"})["id"]
    assert send(api, Span("flow", path="flow", id=log, trace_status="complete", output="done")) == [log]
    assert api.get(f"/logs/{log}")["log_status"] == "complete"
