"""The Runs of an Evaluation: created, shared between Evaluations, compared with a control, ended by hand."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.conftest import Api


def test_a_run_is_answered_with_its_dataset_and_version_whole(api: Api, lab: Lab) -> None:
    prompt, dataset = lab.prompt(), lab.dataset(2)
    evaluation = lab.evaluation(prompt)
    body = {"dataset": {"path": dataset["path"]}, "version": {"id": prompt["id"]}}
    made = api.post(f"{evaluation.path}/runs", body, status=200)
    assert made["id"].startswith("rn_") and len(made["id"]) == 3 + 21
    assert made["dataset"] == api.get(f"/datasets/{dataset['id']}")
    assert made["version"] == api.get(f"/prompts/{prompt['id']}")
    assert made["created_by"]["email_address"] and made["created_at"] <= made["added_at"]
    assert (made["control"], made["status"], made["orchestrated"]) == (True, "running", True)
    assert evaluation.runs() == [made]
    assert evaluation.get()["runs_count"] == 1


def test_a_run_of_nothing_waits_for_logs(lab: Lab) -> None:
    made = lab.evaluation(lab.prompt()).create_run().get()
    assert (made["dataset"], made["version"]) == (None, None)
    assert (made["orchestrated"], made["status"]) == (False, "pending")


@pytest.mark.parametrize("of", ["version_id", "id", "file_id", "path", "environment"])
def test_versions_are_named_in_every_documented_way(api: Api, lab: Lab, of: str) -> None:
    old, new = lab.prompt(model="old"), lab.prompt(model="new")
    staging = next(e["id"] for e in api.get(f"/prompts/{old['id']}/environments") if e["name"] == "staging")
    api.post(f"/prompts/{old['id']}/environments/{staging}?version_id={new['version_id']}")
    reference, expected = {
        "version_id": ({"version_id": new["version_id"]}, new),
        "id": ({"id": old["id"]}, old),
        "file_id": ({"file_id": old["id"]}, old),
        "path": ({"path": old["path"]}, old),
        "environment": ({"path": old["path"], "environment": "staging"}, new),
    }[of]
    made = api.post(f"{lab.evaluation(old).path}/runs", {"version": reference})
    assert made["version"]["version_id"] == expected["version_id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"dataset": {"version_id": "dsv_0"}}, 404),
        ({"dataset": {"path": "no/where"}}, 404),
        ({"version": {"id": "pr_0"}}, 404),
        ({"version": {"path": "qa/answer", "environment": "staging"}}, 404),
        ({"dataset": {"path": "qa/answer"}}, 422),
        ({"version": {"path": "qa/questions"}}, 422),
        ({"version": {"path": "qa/pipeline"}}, 422),
        ({"orchestrated": True}, 422),
        ({"orchestrated": True, "dataset": {"path": "qa/questions"}}, 422),
        ({"orchestrated": True, "version": {"path": "qa/answer"}}, 422),
        ({"use_existing_logs": True, "dataset": {"path": "qa/questions"}}, 422),
        ({"use_existing_logs": True, "version": {"path": "qa/answer"}}, 422),
        ({"version": {}}, 422),
    ],
)
def test_a_run_that_breaks_a_rule_is_not_made(api: Api, lab: Lab, body: JsonObject, status: int) -> None:
    evaluation = lab.evaluation(lab.prompt())
    lab.flow(), lab.dataset()
    with evaluation.unchanged():
        api.detail("POST", f"{evaluation.path}/runs", body, status=status)
    assert evaluation.create_run().get()["control"], "the next one is the first"


@pytest.mark.parametrize(
    ("dataset", "version", "said", "orchestrated"),
    [
        (True, True, None, True),
        (True, True, False, False),
        (True, True, True, True),
        (True, False, None, False),
        (False, True, None, False),
        (False, False, False, False),
    ],
)
def test_a_run_is_orchestrated_if_it_can_be_and_nobody_objects(
    lab: Lab, dataset: bool, version: bool, said: bool | None, orchestrated: bool
) -> None:
    prompt = lab.prompt()
    fields = {} if said is None else {"orchestrated": said}
    run = lab.evaluation(prompt).create_run(lab.dataset() if dataset else None, prompt if version else None, **fields)
    assert run.get()["orchestrated"] is orchestrated


def test_an_evaluation_without_a_file_takes_it_from_the_version_of_its_first_run(api: Api, lab: Lab) -> None:
    prompt, flow = lab.prompt(), lab.flow()
    evaluation = lab.evaluation(None, name="nightly")
    assert (evaluation.get()["file_id"], evaluation.get()["url"]) == (None, None)
    evaluation.create_run(lab.dataset())
    assert evaluation.get()["file_id"] is None, "a dataset says nothing about it"
    evaluation.create_run(None, prompt)
    assert evaluation.get()["file_id"] == prompt["id"] and prompt["id"] in evaluation.get()["url"]
    assert [item["id"] for item in api.get(f"/evaluations?file_id={prompt['id']}")["records"]] == [evaluation.id]
    with evaluation.unchanged():
        body = {"version": {"version_id": flow["version_id"]}}
        assert api.detail("POST", f"{evaluation.path}/runs", body, status=422)["loc"] == ["body", "version"]


def test_a_file_taken_later_may_not_bring_a_taken_name(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    lab.evaluation(prompt, name="nightly")
    nameless_file = lab.evaluation(None, name="nightly")
    with nameless_file.unchanged():
        body = {"version": {"version_id": prompt["version_id"]}}
        assert api.detail("POST", f"{nameless_file.path}/runs", body, status=409)["type"] == "conflict_error"


def test_runs_that_waited_for_the_file_take_no_logs_of_another(api: Api, lab: Lab) -> None:
    prompt, flow = lab.prompt(), lab.flow()
    evaluation, sharing = lab.evaluation(None), lab.evaluation(None)
    waiting = evaluation.create_run()
    shared = sharing.share(waiting)
    evaluation.create_run(None, prompt)
    assert sharing.get()["file_id"] == prompt["id"], "the run that both hold tells it the file"
    with evaluation.unchanged():
        body = {"path": flow["path"], "run_id": waiting.id}
        assert api.detail("POST", "/flows/log", body, status=422)["loc"] == ["body", "run_id"]
        shared.refuse([lab.log(flow)], status=422)


def test_a_shared_run_without_a_file_takes_that_of_the_evaluation(api: Api, lab: Lab) -> None:
    prompt, flow = lab.prompt(), lab.flow()
    waiting = lab.evaluation(None)
    run = waiting.create_run()
    lab.evaluation(flow).share(run)
    assert waiting.get()["file_id"] == flow["id"]
    other = lab.evaluation(prompt)
    with other.unchanged():
        api.detail("POST", f"{other.path}/runs/{run.id}", status=422)


def test_runs_are_listed_newest_first(lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt())
    ids = [evaluation.create_run().id for _ in range(3)]
    assert [run["id"] for run in evaluation.runs()] == ids[::-1]


def test_the_newest_run_is_the_one_that_was_added_last(lab: Lab) -> None:
    prompt = lab.prompt()
    older = lab.evaluation(prompt).create_run()
    evaluation = lab.evaluation(prompt)
    newer = evaluation.create_run()
    evaluation.share(older)
    assert [run["id"] for run in evaluation.runs()] == [older.id, newer.id]
    assert [item["run_id"] for item in evaluation.stats()["run_stats"]] == [older.id, newer.id]


def test_a_run_stands_in_several_evaluations_with_a_control_in_each(lab: Lab) -> None:
    prompt = lab.prompt()
    first, second = lab.evaluation(prompt), lab.evaluation(prompt)
    first.create_run()
    run = first.create_run()
    shared = second.share(run)
    assert (run.get()["control"], shared.get()["control"]) == (False, True)
    assert run.get()["created_at"] == shared.get()["created_at"] < shared.get()["added_at"]
    run.add(lab.logs(prompt, 2))
    assert shared.log_ids() == run.log_ids() and shared.stats()["num_logs"] == 2


def test_adding_a_run_twice_adds_it_once(lab: Lab) -> None:
    prompt = lab.prompt()
    first, second = lab.evaluation(prompt), lab.evaluation(prompt)
    run = first.create_run()
    second.share(run)
    with second.unchanged(), first.unchanged():
        second.share(run)
        first.share(run)


def test_a_run_of_another_file_or_of_nowhere_cannot_be_added(api: Api, lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt())
    foreign = lab.evaluation(lab.flow()).create_run()
    with evaluation.unchanged():
        assert api.detail("POST", f"{evaluation.path}/runs/{foreign.id}", status=422)["loc"] == ["path", "run_id"]
        assert api.detail("POST", f"{evaluation.path}/runs/rn_0", status=404)["loc"] == ["path", "run_id"]


def test_a_removed_run_stays_in_other_evaluations_with_its_logs(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    first, second = lab.evaluation(prompt), lab.evaluation(prompt)
    run = first.create_run()
    shared = second.share(run)
    logs = lab.logs(prompt, 2)
    run.add(logs)
    api.delete(run.path, status=204)
    assert first.runs() == [] and first.get()["runs_count"] == 0 and first.logs()["total"] == 0
    assert shared.log_ids() == logs
    assert api.get(f"/logs?file_id={prompt['id']}")["total"] == 2
    assert first.share(shared).log_ids() == logs


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PATCH", {"control": True})])
def test_a_run_of_another_evaluation_cannot_be_touched_through_this_one(
    api: Api, lab: Lab, method: str, body: JsonObject | None
) -> None:
    prompt = lab.prompt()
    evaluation, other = lab.evaluation(prompt), lab.evaluation(prompt)
    run = other.create_run()
    with evaluation.unchanged(), other.unchanged():
        for uid in (run.id, "rn_0"):
            detail = api.detail(method, f"{evaluation.path}/runs/{uid}", body, status=404)
            assert detail["loc"] == ["path", "run_id"] and uid in detail["description"]
