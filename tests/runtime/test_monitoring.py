"""Monitoring: Evaluators that judge each new and each changed Log of a File."""

from typing import Any

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.builders.models import AGREES, EXACT, LENGTH, python
from tests.conftest import Api


def watch(api: Api, file: JsonObject, spec: JsonObject, path: str = "checks/watch") -> JsonObject:
    """Let a new Evaluator watch a File."""
    evaluator = api.post("/evaluators", {"path": path, "spec": spec})
    reference = {"evaluator_version_id": evaluator["version_id"]}
    api.post(f"/{file['type']}s/{file['id']}/evaluators", {"activate": [reference]})
    return evaluator


def judgments(api: Api, log: str) -> list[Any]:
    """Return all judgments that were given on a Log, the oldest first."""
    return [judgment["judgment"] for judgment in api.get(f"/logs/{log}")["evaluator_logs"]]


def test_each_new_log_is_judged(lab: Lab) -> None:
    prompt = lab.prompt()
    watch(lab.api, prompt, python(LENGTH, "number"))
    assert judgments(lab.api, lab.log(prompt, output="four")) == [4]


def test_a_changed_log_is_judged_again(lab: Lab) -> None:
    prompt = lab.prompt()
    watch(lab.api, prompt, python(LENGTH, "number"))
    log = lab.log(prompt, output="four")
    lab.api.patch(f"/prompts/{prompt['id']}/log/{log}", {"output": "three"})
    assert judgments(lab.api, log) == [4, 5]


def test_logs_from_before_are_not_judged(lab: Lab) -> None:
    prompt = lab.prompt()
    log = lab.log(prompt)
    watch(lab.api, prompt, python(AGREES))
    assert judgments(lab.api, log) == []


def test_an_evaluator_that_was_deactivated_judges_no_more(lab: Lab) -> None:
    prompt = lab.prompt()
    evaluator = watch(lab.api, prompt, python(AGREES))
    reference = {"evaluator_version_id": evaluator["version_id"]}
    lab.api.post(f"/prompts/{prompt['id']}/evaluators", {"deactivate": [reference]})
    assert judgments(lab.api, lab.log(prompt)) == []


def test_an_environment_follows_what_is_deployed_there(lab: Lab) -> None:
    api, prompt = lab.api, lab.prompt()
    first = api.post("/evaluators", {"path": "checks/watch", "spec": python(LENGTH, "number")})
    second = api.post(
        "/evaluators",
        {"path": "checks/watch", "spec": python("def twice(log):\n    return 2 * len(log['output'])", "number")},
    )
    environments = api.get(f"/evaluators/{first['id']}/environments")
    staging = next(item["id"] for item in environments if item["name"] == "staging")
    deploy = f"/evaluators/{first['id']}/environments/{staging}?version_id="
    api.post(deploy + first["version_id"])
    reference = {"evaluator_id": first["id"], "environment_id": staging}
    api.post(f"/prompts/{prompt['id']}/evaluators", {"activate": [reference]})
    assert judgments(api, lab.log(prompt, output="abc")) == [3]
    api.post(deploy + second["version_id"])
    assert judgments(api, lab.log(prompt, output="abc")) == [6]


def test_a_datapoint_that_the_log_names_is_the_testcase(lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    watch(lab.api, prompt, python(EXACT, compares=True))
    assert judgments(lab.api, lab.log(prompt, dataset["datapoints"][1], output="1")) == [True]


def test_an_evaluator_that_needs_a_datapoint_says_so(lab: Lab) -> None:
    prompt = lab.prompt()
    watch(lab.api, prompt, python(EXACT, compares=True))
    log = lab.api.get(f"/logs/{lab.log(prompt)}")["evaluator_logs"][0]
    assert log["judgment"] is None
    assert "datapoint" in log["error"]


def test_a_flow_is_judged_when_it_is_complete(lab: Lab) -> None:
    flow = lab.flow()
    watch(lab.api, flow, python(AGREES))
    log = lab.log(flow)
    assert judgments(lab.api, log) == []
    lab.api.patch(f"/flows/logs/{log}", {"log_status": "complete"})
    assert judgments(lab.api, log) == [True]


def test_evaluators_judge_evaluators(lab: Lab) -> None:
    prompt = lab.prompt()
    first = watch(lab.api, prompt, python(LENGTH, "number"))
    judge_of_judges = "def small(log):\n    return log['judgment'] < 10 and log['parent']['output'] == 'four'"
    second = watch(lab.api, first, python(judge_of_judges), "checks/judge-of-judges")
    lab.log(prompt, output="four")
    logs = lab.api.get(f"/logs?file_id={second['id']}")["records"]
    assert [log["judgment"] for log in logs] == [True]


def test_evaluators_that_watch_each_other_come_to_an_end(lab: Lab) -> None:
    prompt = lab.prompt()
    first = watch(lab.api, prompt, python(AGREES), "checks/one")
    second = watch(lab.api, first, python(AGREES), "checks/two")
    lab.api.post(
        f"/evaluators/{second['id']}/evaluators", {"activate": [{"evaluator_version_id": first["version_id"]}]}
    )
    lab.log(prompt)
    assert lab.api.get(f"/logs?file_id={first['id']}")["total"] == 1
    assert lab.api.get(f"/logs?file_id={second['id']}")["total"] == 1


def test_the_aggregates_of_a_version_are_live(lab: Lab) -> None:
    prompt = lab.prompt()
    evaluator = watch(lab.api, prompt, python(LENGTH, "number"))
    for output in ("ab", "abcd"):
        lab.log(prompt, output=output)
    listed = lab.api.get(f"/prompts/{prompt['id']}/versions?evaluator_aggregates=true")["records"][0]
    assert [(item["value"], item["evaluator_id"]) for item in listed["evaluator_aggregates"]] == [(3, evaluator["id"])]


def test_an_evaluator_of_a_person_judges_nothing_by_itself(lab: Lab) -> None:
    prompt = lab.prompt()
    evaluator = lab.evaluator()
    lab.api.post(
        f"/prompts/{prompt['id']}/evaluators", {"activate": [{"evaluator_version_id": evaluator["version_id"]}]}
    )
    assert judgments(lab.api, lab.log(prompt)) == []


def test_a_log_that_is_deleted_meanwhile_leaves_nothing_to_do(lab: Lab) -> None:
    """The queue is off: the assignment stands when the Log goes."""
    from tests.conftest import make_app

    off = Lab(Api(make_app(jobs="off")))
    prompt = off.prompt()
    watch(off.api, prompt, python(AGREES))
    log = off.log(prompt)
    off.api.delete(f"/logs?id={log}")
    off.api.app.extensions["emulator"].runtime.jobs.resume()
    assert off.api.get(f"/logs?file_id={prompt['id']}")["total"] == 0
