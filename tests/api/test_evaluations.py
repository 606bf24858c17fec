"""Evaluations: created, listed, named, deleted, and the Evaluators in them."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.conftest import Api

NOWHERE = "evr_000000000000000000000"


def versions_in(evaluation: JsonObject) -> list[str]:
    return [item["version"]["version_id"] for item in evaluation["evaluators"]]


def test_a_new_evaluation_is_answered_whole(api: Api, lab: Lab) -> None:
    prompt, correct = lab.prompt(), lab.evaluator()
    made = api.post(
        "/evaluations",
        {"file": {"path": "qa/answer"}, "name": "first", "evaluators": [{"path": correct["path"]}]},
        status=201,
    )
    assert made["id"].startswith("evr_") and len(made["id"]) == 4 + 21
    assert (made["name"], made["file_id"], made["runs_count"]) == ("first", prompt["id"], 0)
    assert made["url"].endswith(f"/project/{prompt['id']}/evaluations/{made['id']}/stats")
    assert made["created_by"]["id"].startswith("usr_")
    assert made["evaluators"][0]["version"]["path"] == correct["path"]
    assert api.get(f"/evaluations/{made['id']}") == made


@pytest.mark.parametrize("kind", ["prompt", "flow"])
def test_any_file_that_has_logs_can_be_evaluated(lab: Lab, kind: str) -> None:
    file = {"prompt": lab.prompt, "flow": lab.flow}[kind]()
    assert lab.evaluation(file).get()["file_id"] == file["id"]


def test_a_dataset_cannot_be_evaluated(api: Api, lab: Lab) -> None:
    body = {"file": {"id": lab.dataset()["id"]}, "evaluators": []}
    assert api.detail("POST", "/evaluations", body, status=422)["loc"] == ["body", "file"]


def test_evaluators_are_required(api: Api, lab: Lab) -> None:
    [problem] = api.detail("POST", "/evaluations", {"file": {"id": lab.prompt()["id"]}}, status=422)
    assert problem["loc"] == ["body", "evaluators"] and problem["type"] == "value_error.missing"


@pytest.mark.parametrize("file", [{"id": "pr_000000000000000000000"}, {"path": "no/where"}])
def test_an_evaluation_of_an_unknown_file_is_not_found(api: Api, file: JsonObject) -> None:
    detail = api.detail("POST", "/evaluations", {"file": file, "evaluators": []}, status=404)
    assert detail["type"] == "value_error.not_found"


def test_a_taken_name_is_a_conflict_for_the_same_file_alone(api: Api, lab: Lab) -> None:
    prompt, other = lab.prompt(), lab.prompt("qa/other")
    lab.evaluation(prompt, name="nightly")
    body = {"file": {"id": prompt["id"]}, "name": "nightly", "evaluators": []}
    detail = api.detail("POST", "/evaluations", body, status=409)
    assert (detail["loc"], detail["type"]) == (["body", "name"], "conflict_error")
    assert set(detail) == {"loc", "msg", "description", "type"}
    assert lab.evaluation(other, name="nightly").get()["name"] == "nightly"
    assert api.get(f"/evaluations?file_id={prompt['id']}")["total"] == 1


def test_many_evaluations_of_a_file_may_have_no_name(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    first, second = lab.evaluation(prompt), lab.evaluation(prompt)
    listed = api.get(f"/evaluations?file_id={prompt['id']}")["records"]
    assert [item["id"] for item in listed] == [second.id, first.id]


def test_the_name_of_a_deleted_evaluation_is_free(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    api.delete(lab.evaluation(prompt, name="nightly").path)
    assert lab.evaluation(prompt, name="nightly").get()["name"] == "nightly"


def test_the_list_is_of_one_file_newest_first_in_pages(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    lab.evaluation(lab.prompt("qa/other"))
    ids = [lab.evaluation(prompt, lab.evaluator()).id for _ in range(3)][::-1]
    pages = [api.get(f"/evaluations?file_id={prompt['id']}&size=2&page={page}") for page in (1, 2, 3)]
    assert [[item["id"] for item in page["records"]] for page in pages] == [ids[:2], ids[2:], []]
    assert {page["total"] for page in pages} == {3}
    assert pages[0]["records"][0] == api.get(f"/evaluations/{ids[0]}")


def test_the_list_needs_a_file_that_exists(api: Api) -> None:
    [problem] = api.detail("GET", "/evaluations", status=422)
    assert problem["loc"] == ["query", "file_id"]
    assert api.detail("GET", "/evaluations?file_id=pr_0", status=404)["loc"] == ["query", "file_id"]


@pytest.mark.parametrize("reference", ["version_id", "id", "path", "environment"])
def test_evaluators_are_named_in_every_documented_way(api: Api, lab: Lab, reference: str) -> None:
    older = lab.evaluator("number", "checks/length")
    newer = lab.evaluator("number", "checks/length", number_valence="positive")
    staging = next(e["id"] for e in api.get(f"/evaluators/{older['id']}/environments") if e["name"] == "staging")
    api.post(f"/evaluators/{older['id']}/environments/{staging}?version_id={newer['version_id']}")
    body, expected = {
        "version_id": ({"version_id": newer["version_id"]}, newer),
        "id": ({"id": older["id"]}, older),
        "path": ({"path": "checks/length", "orchestrated": False}, older),
        "environment": ({"path": "checks/length", "environment": "staging"}, newer),
    }[reference]
    added = api.post("/evaluations", {"evaluators": [body]})
    assert versions_in(added) == [expected["version_id"]]
    assert added["evaluators"][0]["orchestrated"] is (reference != "path"), "true unless it is said otherwise"


@pytest.mark.parametrize(
    ("reference", "status"),
    [
        ({"version_id": "evv_0"}, 404),
        ({"id": "ev_0"}, 404),
        ({"path": "no/where"}, 404),
        ({"path": "checks/known", "environment": "staging"}, 404),
        ({"path": "checks/known", "environment": "moon"}, 404),
        ({"path": "qa/answer"}, 422),
    ],
)
def test_one_bad_evaluator_among_good_ones_stores_nothing(
    api: Api, lab: Lab, reference: JsonObject, status: int
) -> None:
    prompt, good = lab.prompt(), lab.evaluator()
    lab.evaluator(path="checks/known")
    body = {"evaluators": [{"version_id": good["version_id"]}, reference]}
    evaluation = lab.evaluation(prompt)
    with evaluation.unchanged():
        detail = api.detail("POST", f"{evaluation.path}/evaluators", body, status=status)
        assert detail["loc"][:3] == ["body", "evaluators", 1] or "environment" in reference
        api.detail("POST", "/evaluations", body | {"file": {"id": prompt["id"]}}, status=status)
    assert api.get(f"/evaluations?file_id={prompt['id']}")["total"] == 1


def test_an_evaluator_that_is_there_already_is_kept_once(lab: Lab) -> None:
    correct, length = lab.evaluator(), lab.evaluator("number")
    evaluation = lab.evaluation(lab.prompt(), correct, correct)
    before = evaluation.get()["evaluators"]
    assert len(before) == 1
    after = evaluation.add(correct, length)["evaluators"]
    assert after[0] == before[0], "it keeps its place and the time at which it was added"
    assert [item["version"]["version_id"] for item in after] == [correct["version_id"], length["version_id"]]


def test_two_versions_of_one_evaluator_are_two_evaluators(lab: Lab) -> None:
    older = lab.evaluator("number", "checks/length")
    newer = lab.evaluator("number", "checks/length", number_valence="positive")
    made = lab.evaluation(lab.prompt(), older, newer).get()
    assert versions_in(made) == [older["version_id"], newer["version_id"]]


def test_a_removed_evaluator_takes_its_judgments_out_of_the_stats(api: Api, lab: Lab) -> None:
    prompt, correct, length = lab.prompt(), lab.evaluator(), lab.evaluator("number")
    evaluation = lab.evaluation(prompt, correct, length)
    run = evaluation.create_run()
    log = lab.log(prompt)
    run.add([log])
    lab.judge(correct, log, True)
    lab.judge(length, log, 3)
    left = api.delete(f"{evaluation.path}/evaluators/{correct['version_id']}", status=200)
    assert left == evaluation.get() and versions_in(left) == [length["version_id"]]
    assert [item["evaluator_version_id"] for item in run.stats()["evaluator_stats"]] == [length["version_id"]]
    [record] = evaluation.logs()["records"]
    assert [item["evaluator"]["version_id"] for item in record["evaluator_logs"]] == [length["version_id"]]
    evaluation.add(correct)
    assert run.stats_of(correct)["num_true"] == 1, "the judgment itself stayed with the log"


def test_an_evaluator_that_is_not_in_the_evaluation_cannot_be_removed(api: Api, lab: Lab) -> None:
    evaluation = lab.evaluation(lab.prompt(), lab.evaluator())
    with evaluation.unchanged():
        for version in (lab.evaluator()["version_id"], "evv_0"):
            detail = api.detail("DELETE", f"{evaluation.path}/evaluators/{version}", status=404)
            assert detail["loc"] == ["path", "evaluator_version_id"]


def test_deleting_an_evaluation_deletes_nothing_else(api: Api, lab: Lab) -> None:
    prompt, dataset, correct = lab.prompt(), lab.dataset(2), lab.evaluator()
    evaluation, other = lab.evaluation(prompt, correct), lab.evaluation(prompt, correct)
    run = evaluation.create_run(dataset, prompt)
    kept = other.share(run)
    logs = lab.logs_of(prompt, dataset)
    lab.judge(correct, logs[0], True)
    before = other.stats(), other.logs(), other.runs()
    api.delete(evaluation.path, status=204)
    assert api.detail("GET", evaluation.path, status=404)["loc"] == ["path", "id"]
    assert [item["id"] for item in api.get(f"/evaluations?file_id={prompt['id']}")["records"]] == [other.id]
    assert (other.stats(), other.logs(), other.runs()) == before
    assert kept.log_ids() == logs and api.get(f"/logs?file_id={prompt['id']}")["total"] == 2
    assert lab.prompt()["version_id"] == prompt["version_id"]


def test_the_evaluations_of_a_deleted_file_are_gone(api: Api, lab: Lab) -> None:
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt)
    api.delete(f"/prompts/{prompt['id']}")
    api.detail("GET", evaluation.path, status=404)
    api.detail("GET", f"/evaluations?file_id={prompt['id']}", status=404)


def test_an_evaluator_that_is_deleted_still_shows_what_it_found(api: Api, lab: Lab) -> None:
    prompt, correct = lab.prompt(), lab.evaluator()
    evaluation = lab.evaluation(prompt, correct)
    run, log = evaluation.create_run(), lab.log(prompt)
    run.add([log])
    lab.judge(correct, log, True)
    api.delete(f"/evaluators/{correct['id']}")
    assert versions_in(evaluation.get()) == [correct["version_id"]]
    assert run.stats_of(correct)["num_true"] == 1


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/evaluators", {"evaluators": []}),
        ("DELETE", "/evaluators/evv_0", None),
        ("GET", "/runs", None),
        ("POST", "/runs", {}),
        ("POST", "/runs/rn_0", None),
        ("DELETE", "/runs/rn_0", None),
        ("PATCH", "/runs/rn_0", {"control": True}),
        ("POST", "/runs/rn_0/logs", {"log_ids": []}),
        ("GET", "/stats", None),
        ("GET", "/logs", None),
    ],
)
def test_no_route_knows_an_unknown_evaluation(api: Api, method: str, route: str, body: JsonObject | None) -> None:
    detail = api.detail(method, f"/evaluations/{NOWHERE}{route}", body, status=404)
    assert detail["loc"] == ["path", "id"] and NOWHERE in detail["description"]
