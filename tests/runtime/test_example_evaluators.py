"""The Example Evaluators at work: what each judges, as it comes along, in the default sandbox and by default models."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.builders.models import Models
from tests.conftest import Api, make_app

AI, CODE, HUMAN = (f"Example Evaluators/{folder}/" for folder in ("AI", "Code", "Human"))
JUDGED = [
    *(CODE + name for name in ("Exact match", "Levenshtein", "Levenshtein distance", "Latency")),
    *(AI + name for name in ("Helpfulness", "Semantic similarity")),
]
ALL = [*JUDGED, HUMAN + "rating", HUMAN + "correction"]


@pytest.fixture
def app() -> Iterator[Flask]:
    app = make_app(jobs="immediate", seed="default")
    yield app
    app.extensions["emulator"].db.close()


def judgments(api: Api, *logs: dict[str, Any], target: Any = None, evaluators: list[str] = JUDGED) -> Any:
    """Return what the Evaluators found of Logs that answer a datapoint with this target: a judgment, or an error."""
    dataset = api.post(
        "/datasets?include_datapoints=true",
        {"path": "D", "datapoints": [{"inputs": {"country": "France"}, "target": target}]},
    )
    [point] = dataset["datapoints"]
    evaluation = api.post("/evaluations", {"evaluators": [{"path": path} for path in evaluators]})
    run = api.post(f"/evaluations/{evaluation['id']}/runs", {"dataset": {"version_id": dataset["version_id"]}})
    for log in logs:
        body = {"path": "P", "prompt": {"model": "gpt-4o"}, "run_id": run["id"], "source_datapoint_id": point["id"]}
        api.post("/prompts/log", body | log)
    records = api.get(f"/evaluations/{evaluation['id']}/logs")["records"]
    found = [
        {
            log["evaluator"]["path"].rpartition("/")[2]: log["judgment"] if log["error"] is None else log["error"]
            for log in record["evaluator_logs"]
        }
        for record in records
    ]
    return found[0] if len(logs) == 1 else found


def test_an_evaluation_with_all_of_them(api: Api, models: Models) -> None:
    """What programs do with a new account: name them by path, run, and read the stats by return type."""
    dataset = api.post(
        "/datasets?include_datapoints=true",
        {
            "path": "Capitals",
            "datapoints": [
                {"inputs": {"country": country}, "target": {"output": capital}}
                for country, capital in (("France", "Paris"), ("Australia", "Canberra"), ("Peru", "Lima"))
            ],
        },
    )
    prompt = api.post(
        "/prompts", {"path": "Capital", "model": "gpt-4o", "template": "What is the capital of {{country}}?"}
    )
    evaluation = api.post(
        "/evaluations",
        {"file": {"id": prompt["id"]}, "evaluators": [{"path": path} for path in ALL]},
    )
    base = f"/evaluations/{evaluation['id']}"
    run = api.post(
        f"{base}/runs",
        {"dataset": {"version_id": dataset["version_id"]}, "version": {"version_id": prompt["version_id"]}},
    )
    assert run["status"] == "running"  # the people have not judged yet
    for record in api.get(f"{base}/logs")["records"]:
        right = record["log"]["output"] == record["datapoint"]["target"]["output"]
        for name, judgment in (("rating", "good" if right else "bad"), ("correction", "As it should be.")):
            api.post(
                "/evaluators/log",
                {"parent_id": record["log"]["id"], "path": HUMAN + name, "judgment": judgment},
            )
    stats = api.get(f"{base}/stats")
    assert stats["status"] == "completed"
    paths = {item["version"]["version_id"]: item["version"]["path"] for item in evaluation["evaluators"]}
    found = {paths[item["evaluator_version_id"]]: item for item in stats["run_stats"][0]["evaluator_stats"]}
    assert set(found) == set(ALL)
    assert all((item["num_judgments"], item["num_errors"]) == (3, 0) for item in found.values())
    assert (found[CODE + "Exact match"]["num_true"], found[CODE + "Exact match"]["num_false"]) == (2, 1)
    assert found[CODE + "Levenshtein"]["sum"] == found[CODE + "Levenshtein distance"]["sum"] == 7  # Sydney, Canberra
    assert found[CODE + "Latency"]["mean"] >= 0
    assert found[AI + "Helpfulness"]["num_true"] == 3
    assert found[AI + "Semantic similarity"]["mean"] == pytest.approx(2 / 3)
    assert found[HUMAN + "rating"]["num_judgments_per_option"] == {"bad": 1, "good": 2}
    assert "mean" not in found[HUMAN + "correction"]


@pytest.mark.parametrize(
    ("target", "output", "exact", "edits"),
    [
        ({"output": "Paris"}, "Paris", True, 0),
        ({"answer": "Paris"}, "Paris", True, 0),
        ({"output": "Paris", "why": "known"}, "Paris", True, 0),
        ({"output": "Paris"}, "paris", False, 1),
        ({"output": "Paris"}, "Paris ", False, 1),
        ({"output": "kitten"}, "sitting", False, 3),
        ({"output": "Zürich"}, "Zurich", False, 1),
        ({"output": ""}, "", True, 0),
        ({"output": "Paris"}, "", False, 5),
        ({"output": ""}, "Paris", False, 5),
        ({"output": 2}, "2", True, 0),
        ({"output": 2}, "two", False, 3),
        ({"output": ["a"]}, '["a"]', True, 0),
        ({"a": 1, "b": "x"}, '{"b": "x", "a": 1}', True, 8),
        ({"a": 1, "b": "x"}, "neither", False, 18),
    ],
)
def test_code_compares_the_answer_with_the_target(api: Api, target: Any, output: str, exact: bool, edits: int) -> None:
    found = judgments(api, {"output": output}, target=target)
    assert (found["Exact match"], found["Levenshtein"], found["Levenshtein distance"]) == (exact, edits, edits)


def test_a_chat_message_is_an_answer_too(api: Api) -> None:
    message = {"role": "assistant", "content": "Paris"}
    found = judgments(api, {"output_message": message}, target={"output": "Paris"})
    assert (found["Exact match"], found["Levenshtein"]) == (True, 0)
    assert (found["Helpfulness"], found["Semantic similarity"]) == (True, 1)


def test_no_answer_is_a_wrong_one(api: Api) -> None:
    found = judgments(api, {"error": "The model is down."}, target={"output": "Paris"})
    assert (found["Exact match"], found["Levenshtein"]) == (False, 5)
    assert (found["Helpfulness"], found["Semantic similarity"]) == (False, 0)


@pytest.mark.parametrize("target", [None, {}])
def test_no_target_is_an_error_of_those_that_compare(api: Api, target: Any) -> None:
    found = judgments(api, {"output": "Paris", "provider_latency": 1.5}, target=target)
    for name in ("Exact match", "Levenshtein", "Levenshtein distance"):
        assert found[name].startswith("ValueError: The datapoint has no target.\n")
    assert found["Semantic similarity"] == "The evaluator requires a target, but the datapoint has none."
    assert (found["Latency"], found["Helpfulness"]) == (1.5, True)


def test_latency_is_the_provider_s_or_from_start_to_end(api: Api) -> None:
    times = {"start_time": "2025-03-03T10:00:00", "end_time": "2025-03-03T10:00:02.25Z"}
    logs = [{"provider_latency": 0.5, **times}, times, {"provider_latency": 0, "output": "x"}, {"output": "y"}]
    found = [log["Latency"] for log in judgments(api, *logs, evaluators=[CODE + "Latency"])]
    assert found[:3] == [0.5, 2.25, 0]
    assert found[3].startswith("ValueError: The Log has neither provider_latency nor both start_time and end_time.\n")


def test_long_texts_are_compared_in_time(api: Api) -> None:
    text = "How far is it from Lima to Loch Bidean nam Bian? " * 200
    found = judgments(api, {"output": text}, target={"output": text.upper()})
    assert found["Levenshtein"] == sum(one != other for one, other in zip(text, text.upper(), strict=True))


def test_the_judge_reads_what_was_asked_and_answered(app: Flask, api: Api, models: Models) -> None:
    models.answer("Because.\nFalse", match={"system": "helpful", "message": r"(?s)<task>\nSay \{\{x\}\}\n</task>\n"
        r"<inputs>\n\{\"x\": \"hello\"\}\n</inputs>\n"
        r"<message role=\"user\">\nNow!\n</message>\n<answer>\nHello\n</answer>$"})  # fmt: skip
    models.answer("Half.\n0.5", match={"message": r"^<reference>\nGood day\n</reference>\n<answer>\nHello\n</answer>$"})
    log = {
        "prompt": {"model": "gpt-4o", "template": "Say {{x}}"},
        "inputs": {"x": "hello"},
        "messages": [{"role": "user", "content": "Now!"}],
        "output": "Hello",
    }
    found = judgments(api, log, target={"output": "Good day"})
    assert (found["Helpfulness"], found["Semantic similarity"]) == (False, 0.5)


def test_a_model_without_a_rule_judges_nothing(api: Api, app: Flask, tmp_path: Any) -> None:
    """An echo holds no verdict by accident: the Run ends, with errors that say why."""
    bare = make_app(jobs="immediate", seed="default", models=str(tmp_path))
    found = judgments(Api(bare), {"output": "Say True or False, 0 or 1"}, target={"output": "1"})
    assert found["Helpfulness"] == "The last line of the answer must be true or false: '</answer>'."
    assert found["Semantic similarity"] == "The last line of the answer contains no number: '</answer>'."
    assert found["Exact match"] is False


@pytest.mark.parametrize(("output", "score"), [("Paris.", 1), ("It is Paris!", 0.9), ("Lyon", 0)])
def test_the_scripted_judge_compares_letters(api: Api, output: str, score: float) -> None:
    assert judgments(api, {"output": output}, target={"output": "paris"})["Semantic similarity"] == score
