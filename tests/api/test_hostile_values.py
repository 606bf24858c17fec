"""Values that are legal JSON but hard on a database or a server."""

import io
from typing import Any

import pytest

from tests.builders.evaluations import Lab
from tests.conftest import Api, make_app

NUL = "\0"


def test_a_nul_in_an_id_never_means_the_id_before_it(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    log, run = lab.log(prompt), lab.evaluation(prompt).create_run()
    run.refuse([log + NUL + "x"], 422)
    run.refuse([log, log + NUL + "x"], 422)
    api.delete("/logs", query_string={"id": log + NUL + "x"}, status=422)
    api.get("/logs", query_string={"file_id": prompt["id"], "id": NUL}, status=422)
    api.post("/prompts/log", {"id": prompt["id"], "log_id": "a" + NUL + "b"}, status=422)
    assert api.get(f"/logs/{log}")["id"] == log


@pytest.mark.parametrize("route", ["directories", "flows"])
def test_a_path_may_be_deeper_than_python_recurses(api: Api, route: str) -> None:
    path = "/".join(["deep"] * 2000)
    assert api.post(f"/{route}", {"path": path, "attributes": {}})["path"] == path


def test_a_body_sent_in_chunks_is_held_to_the_limit_too() -> None:
    api = Api(make_app(max_body_mb=1))
    api.post("/flows", {"path": "flow", "attributes": {}})
    body = b'{"path": "flow"}' + b" " * 2**21 + b"not json"
    chunked: dict[str, Any] = {"input_stream": io.BytesIO(body), "environ_overrides": {"wsgi.input_terminated": True}}
    answer = api.request("POST", "/flows/log", content_type="application/json", **chunked)
    assert answer.status_code == 413
    [flow] = api.get("/flows")["records"]
    assert flow["version_logs_count"] == 0


def test_an_error_names_the_place_in_the_body(api: Api, lab: Lab) -> None:
    body = {"evaluators": [{"path": lab.evaluator()["path"], "environment": "nowhere"}]}
    assert api.detail("POST", "/evaluations", body, status=404)["loc"] == ["body", "evaluators", 0, "environment"]


def test_only_tools_are_linked_to_a_prompt(api: Api, lab: Lab) -> None:
    body = {"path": "linking", "model": "m", "linked_tools": [lab.dataset()["id"]]}
    assert api.detail("POST", "/prompts", body, status=422)["loc"] == ["body", "tools"]
    api.detail("POST", "/files/retrieve-by-path", {"path": "linking"}, status=404)


def test_a_dataset_is_no_tool_of_an_agent(api: Api, lab: Lab) -> None:
    tools = [{"type": "file", "link": {"file_id": lab.dataset()["id"]}}]
    api.detail("POST", "/agents", {"path": "linking", "model": "m", "tools": tools}, status=422)


def test_a_run_that_stands_in_no_evaluation_takes_no_logs_by_datapoint(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(1)
    evaluation = lab.evaluation(prompt)
    run = evaluation.create_run(dataset, prompt, orchestrated=False)
    run.remove()
    lab.logs_of(prompt, dataset)
    evaluation.share(run)
    assert run.stats()["num_logs"] == 0
