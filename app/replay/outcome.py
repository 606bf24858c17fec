"""The outcome of a replay: wait for its Runs, and compare it with the control."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..client import Api
from ..json_types import Json, JsonObject
from .datapoints import datapoint_of
from .plan import Replay

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0  # seconds between two requests for the stats
SERVER_RUNS = ("python", "llm")  # evaluators of these types; people and code elsewhere take as long as they like
ENDED = ("completed", "cancelled")

Answers = dict[str, Json]  # the output for each datapoint, by its content


class Stuck(Exception):
    """There was no progress for too long."""


@dataclass(frozen=True)
class Score:
    """An Evaluator's score for both Runs: the share of true judgments, or the mean; None if there is neither."""

    evaluator: str
    control: float | None
    replay: float | None


@dataclass(frozen=True)
class Outcome:
    """A finished replay, compared with its control."""

    report: str
    status: str
    logs: int
    errors: list[str]  # of its Logs and of its Evaluators
    scores: list[Score]
    compared: int  # datapoints for which both have a Log
    different: int  # … with different outputs
    waiting: list[str]  # Evaluators that still owe judgments


def steps(replay: Replay) -> int:
    """Return how many Logs and judgments the new Runs will have, including those that exist already."""
    each: int = replay.dataset["datapoints_count"] * (1 + len(_judges(replay)))
    return each * len(replay.made)


def wait(api: Api, replay: Replay, seconds: float, advance: Callable[[int], None] = lambda done: None) -> JsonObject:
    """Wait until the server has made all Logs and judgments, and return the stats.

    `advance` is called with the number of new ones. Stuck: there was none for this many seconds.
    """
    done, last, pause = 0, time.monotonic(), FIRST_PAUSE
    while True:
        stats = api("GET", f"/evaluations/{replay.evaluation['id']}/stats")
        runs = [_run_in(stats, run) for run in replay.made]
        now = sum(sum(_counts(replay, run)) for run in runs)
        if now > done:
            advance(now - done)
            done, last, pause = now, time.monotonic(), FIRST_PAUSE
        if all(_is_done(replay, run) for run in runs):
            return stats
        if time.monotonic() - last > seconds:
            raise Stuck(f"There was no progress for {seconds:g} seconds. {stats['progress'].strip()}")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _run_in(stats: JsonObject, run: JsonObject) -> JsonObject:
    found: JsonObject = next(item for item in stats["run_stats"] if item["run_id"] == run["id"])
    return found


def _is_run_here(evaluator: JsonObject) -> bool:
    return evaluator["orchestrated"] and evaluator["version"]["spec"]["evaluator_type"] in SERVER_RUNS


def _judges(replay: Replay) -> set[str]:
    """Return the Evaluator Versions that the server runs."""
    return {item["version"]["version_id"] for item in replay.evaluation["evaluators"] if _is_run_here(item)}


def _counts(replay: Replay, run: JsonObject) -> list[int]:
    """Return how many Logs a Run has, and how many judgments from each Evaluator that the server runs."""
    judges = _judges(replay)
    found = (item for item in run["evaluator_stats"] if item["evaluator_version_id"] in judges)
    return [run["num_logs"], *(item["total_logs"] for item in found)]


def _is_done(replay: Replay, run: JsonObject) -> bool:
    """Tell whether a Run has ended, or only waits for people or code elsewhere."""
    ended = run["status"] in ENDED
    if ended or all(map(_is_run_here, replay.evaluation["evaluators"])):
        return ended
    wanted: int = replay.dataset["datapoints_count"]
    return min(_counts(replay, run)) >= wanted


def compare(api: Api, replay: Replay, stats: JsonObject) -> Outcome:
    """Return the outcome of the replay, compared with its control."""
    mine = _run_in(stats, replay.run)
    theirs = _run_in(stats, replay.control) if replay.control else None
    records = list(_records(api, replay, replay.run))
    answers = _answers(records)
    before = _answers(_records(api, replay, replay.control)) if replay.control else {}
    both = answers.keys() & before.keys()
    paths = {item["version"]["version_id"]: item["version"]["path"] for item in replay.evaluation["evaluators"]}
    found = {item["evaluator_version_id"]: item for item in mine["evaluator_stats"]}
    control = {item["evaluator_version_id"]: item for item in theirs["evaluator_stats"]} if theirs else {}
    return Outcome(
        report=stats["report"],
        status=mine["status"],
        logs=mine["num_logs"],
        errors=_errors(records),
        scores=[Score(path, _score(control.get(uid)), _score(found.get(uid))) for uid, path in paths.items()],
        compared=len(both),
        different=sum(answers[key] != before[key] for key in both),
        waiting=[path for uid, path in paths.items() if found[uid]["total_logs"] < mine["num_logs"]],
    )


def _records(api: Api, replay: Replay, run: JsonObject) -> Iterable[JsonObject]:
    return api.pages(f"/evaluations/{replay.evaluation['id']}/logs", run_id=run["id"])


def _answers(records: Iterable[JsonObject]) -> Answers:
    """Return the outputs by what was asked, the only key that a control without a Dataset has."""
    return {_key(datapoint_of(record)): _answer(record["log"]) for record in records}


def _key(point: JsonObject) -> str:
    return json.dumps([point.get("inputs") or {}, point.get("messages") or []], sort_keys=True)


def _answer(log: JsonObject) -> Json:
    message = log.get("output_message") or {}
    return log["output"] or message.get("content") or message.get("tool_calls")


def _errors(records: Iterable[JsonObject]) -> list[str]:
    found = []
    for record in records:
        for log in (record["log"], *record["evaluator_logs"]):
            if log["error"]:
                found.append(f"{log['id']}: {log['error'].splitlines()[0]}")
    return found


def _score(stats: JsonObject | None) -> float | None:
    if not stats or not stats["num_judgments"]:
        return None
    if "num_true" in stats:
        return float(stats["num_true"] / stats["num_judgments"])
    mean: float | None = stats.get("mean")
    return mean
