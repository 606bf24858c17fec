"""Judgments: checked against their Evaluator, stored whole or not at all, replaced and withdrawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.evaluations import Lab
from tests.conftest import Api

OPTIONS = [{"name": "good", "valence": "positive"}, {"name": "bad", "valence": "negative"}]
LIMITS = {"min": 1, "max": 5, "step": 0.5}
SPECS: dict[str, JsonObject] = {
    "boolean": {"returns": "boolean"},
    "number": {"returns": "number"},
    "limited": {"returns": "number", "number_limits": LIMITS},
    "tenths": {"returns": "number", "number_limits": {"step": 0.1}},
    "from minus one": {"returns": "number", "number_limits": {"min": -1, "step": 0.4}},
    "select": {"returns": "select", "options": OPTIONS},
    "multi_select": {"returns": "multi_select", "options": OPTIONS},
    "text": {"returns": "text"},
}


@pytest.fixture
def log(lab: Lab) -> str:
    return lab.log(lab.prompt())


@contextmanager
def nothing_stored(api: Api, evaluator: JsonObject, log: str) -> Iterator[None]:
    """Prove that no judgment, no version and no count is stored."""
    paths = f"/logs/{log}", f"/logs?file_id={evaluator['id']}", f"/evaluators/{evaluator['id']}/versions", "/files"
    before = [api.get(path) for path in paths]
    yield
    assert [api.get(path) for path in paths] == before


@pytest.mark.parametrize(
    ("kind", "judgment"),
    [
        ("boolean", True),
        ("boolean", False),
        ("number", 0),
        ("number", -2.5),
        ("number", 1e308),
        ("number", 2**63),
        ("limited", 1),
        ("limited", 4.5),
        ("limited", 5),
        ("tenths", 0.3),
        ("tenths", 832865892.8),
        ("tenths", 1e300),
        ("tenths", 1.7e308),
        ("from minus one", 0.2),
        ("select", "good"),
        ("multi_select", ["bad", "good"]),
        ("multi_select", []),
        ("text", "anything"),
        ("text", ""),
        ("boolean", None),
        ("limited", None),
        ("select", None),
    ],
)
def test_a_judgment_of_the_return_type_is_stored_as_it_is(
    api: Api, lab: Lab, log: str, kind: str, judgment: Any
) -> None:
    evaluator = lab.evaluator(**SPECS[kind])
    made = lab.judge(evaluator, log, judgment)
    assert made == {
        "id": made["id"],
        "parent_id": log,
        "session_id": None,
        "version_id": evaluator["version_id"],
    }
    [shown] = api.get(f"/logs/{log}")["evaluator_logs"]
    assert (shown["id"], shown["parent_id"], shown["evaluator"]["id"]) == (made["id"], log, evaluator["id"])
    assert shown["judgment"] == judgment and isinstance(shown["judgment"], bool) is isinstance(judgment, bool)


@pytest.mark.parametrize(
    ("kind", "judgment"),
    [
        ("boolean", 1),
        ("boolean", "true"),
        ("boolean", ["true"]),
        ("number", True),
        ("number", "3"),
        ("limited", 0.5),
        ("limited", 5.5),
        ("limited", 1.25),
        ("tenths", 0.35),
        ("from minus one", 0.4),
        ("select", "so-so"),
        ("select", "Good"),
        ("select", ["good"]),
        ("select", True),
        ("multi_select", "good"),
        ("multi_select", ["good", "so-so"]),
        ("multi_select", ["good", "good"]),
        ("text", 3),
        ("text", False),
        ("text", {"text": "x"}),
    ],
)
def test_a_judgment_outside_the_return_type_is_refused_whole(
    api: Api, lab: Lab, log: str, kind: str, judgment: Any
) -> None:
    evaluator = lab.evaluator(**SPECS[kind])
    with nothing_stored(api, evaluator, log):
        body = lab.judgment(evaluator, log, judgment=judgment)
        detail = api.detail("POST", "/evaluators/log", body, status=422)
    loc = detail["loc"] if isinstance(detail, dict) else detail[0]["loc"]
    assert loc[:2] == ["body", "judgment"]


def test_a_number_that_no_float_holds_is_refused(api: Api, lab: Lab, log: str) -> None:
    evaluator = lab.evaluator("number")
    with nothing_stored(api, evaluator, log):
        body = lab.judgment(evaluator, log, judgment=10**400)
        assert api.detail("POST", "/evaluators/log", body, status=422)[0]["loc"][0] == "body"


def test_a_select_evaluator_without_options_refuses_every_choice(api: Api, lab: Lab, log: str) -> None:
    evaluator = lab.evaluator("select")
    with nothing_stored(api, evaluator, log):
        api.detail("POST", "/evaluators/log", lab.judgment(evaluator, log, judgment="good"), status=422)


@pytest.mark.parametrize("fields", [{}, {"error": None}, {"output": "hm"}])
def test_a_judgment_or_an_error_is_needed(api: Api, lab: Lab, log: str, fields: JsonObject) -> None:
    evaluator = lab.evaluator()
    with nothing_stored(api, evaluator, log):
        api.detail("POST", "/evaluators/log", lab.judgment(evaluator, log, **fields), status=422)


def test_a_parent_is_needed(api: Api, lab: Lab) -> None:
    evaluator = lab.evaluator()
    body = {"path": evaluator["path"], "judgment": True}
    [problem] = api.detail("POST", "/evaluators/log", body, status=422)
    assert problem["loc"] == ["body", "parent_id"] and problem["type"] == "value_error.missing"
    detail = api.detail("POST", "/evaluators/log", body | {"parent_id": "log_0"}, status=404)
    assert detail["loc"] == ["body", "parent_id"]
    assert api.get(f"/logs?file_id={evaluator['id']}")["total"] == 0


def test_an_error_goes_to_the_default_version_where_none_is_named(api: Api, lab: Lab, log: str) -> None:
    deployed = lab.evaluator(path="checks/correct")
    newest = lab.evaluator(path="checks/correct", attributes={"strict": True})
    made = lab.fail(newest, log, "It broke.")
    assert made["version_id"] == deployed["version_id"]
    [shown] = api.get(f"/logs/{log}")["evaluator_logs"]
    assert (shown["error"], shown["judgment"]) == ("It broke.", None)


def test_the_spec_in_a_judgment_makes_the_evaluator(api: Api, log: str) -> None:
    spec = {"evaluator_type": "external", "arguments_type": "target_free", "return_type": "number"}
    body = {"path": "checks/new", "parent_id": log, "spec": spec}
    api.detail("POST", "/evaluators/log", body | {"judgment": "three"}, status=422)
    assert "checks/new" not in [file["path"] for file in api.get("/files")["records"]]
    made = api.post("/evaluators/log", body | {"judgment": 3})
    again = api.post("/evaluators/log", body | {"judgment": 4})
    assert made["version_id"] == again["version_id"]


def test_the_latest_judgment_counts(lab: Lab) -> None:
    prompt, correct = lab.prompt(), lab.evaluator()
    run = lab.evaluation(prompt, correct).create_run()
    log = lab.log(prompt, run_id=run.id)
    for judgment in (False, True, False):
        last = lab.judge(correct, log, judgment)
    stats = run.stats_of(correct)
    assert (stats["total_logs"], stats["num_true"], stats["num_false"]) == (1, 0, 1)
    [record] = run.evaluation.logs()["records"]
    assert [item["id"] for item in record["evaluator_logs"]] == [last["id"]]
    assert len(record["log"]["evaluator_logs"]) == 3, "the log itself shows them all"


def test_a_null_withdraws_and_an_error_replaces_a_judgment(lab: Lab) -> None:
    prompt, length = lab.prompt(), lab.evaluator("number")
    run = lab.evaluation(prompt, length).create_run()
    log = lab.log(prompt, run_id=run.id)

    def counts() -> list[Any]:
        stats = run.stats_of(length)
        return [stats[name] for name in ("total_logs", "num_judgments", "num_nulls", "num_errors", "sum")]

    lab.judge(length, log, 3)
    assert counts() == [1, 1, 0, 0, 3]
    lab.judge(length, log, None)
    assert counts() == [1, 0, 1, 0, None]
    lab.fail(length, log)
    assert counts() == [1, 0, 0, 1, None]
    lab.judge(length, log, 4)
    assert counts() == [1, 1, 0, 0, 4]


@pytest.mark.parametrize(
    ("kind", "before", "latest"),
    [
        ("boolean", {"judgment": True}, {"judgment": False}),
        ("number", {"judgment": 2.5}, {"error": "It broke."}),
        ("multi_select", {"judgment": ["good"]}, {"judgment": None}),
        ("text", {"judgment": None}, {"judgment": "well said"}),
        ("text", {"error": "It broke."}, {"judgment": "well said"}),
    ],
)
def test_the_verdict_before_counts_when_the_latest_is_deleted(
    api: Api, lab: Lab, kind: str, before: JsonObject, latest: JsonObject
) -> None:
    prompt, evaluator = lab.prompt(), lab.evaluator(**SPECS[kind])
    run = lab.evaluation(prompt, evaluator).create_run()
    log = lab.log(prompt, run_id=run.id)
    nothing = run.stats_of(evaluator)
    first = api.post("/evaluators/log", lab.judgment(evaluator, log, **before))["id"]
    stats = run.stats_of(evaluator)
    second = api.post("/evaluators/log", lab.judgment(evaluator, log, **latest))["id"]
    assert run.stats_of(evaluator) != stats
    api.delete(f"/logs?id={second}")
    assert run.stats_of(evaluator) == stats
    api.delete(f"/logs?id={first}")
    assert run.stats_of(evaluator) == nothing


def test_a_judgment_can_be_judged(api: Api, lab: Lab, log: str) -> None:
    correct, fair = lab.evaluator(), lab.evaluator()
    judgment = lab.judge(correct, log, True)["id"]
    lab.judge(fair, judgment, False)
    [shown] = api.get(f"/logs/{judgment}")["evaluator_logs"]
    assert shown["judgment"] is False
