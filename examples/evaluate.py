"""Evaluate two versions of a flow on the capitals of the world, with the official SDK and without any model.

Start the server with `python run.py`, then run `python examples/evaluate.py` in another terminal; that one needs
`pip install humanloop==0.8.38 requests`. Do it again as often as you like: each time two more Runs join the same
Evaluation. It takes some seconds because the SDK looks only every five seconds whether a Run has completed.
"""

import argparse
import json
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import httpx
from humanloop import EvaluationResponse, EvaluationStats, FlowResponse, Humanloop, PromptResponse

DATA = Path(__file__).with_name("data") / "capitals.json"
CAPITALS: list[dict[str, str]] = json.loads(DATA.read_text(encoding="utf-8"))
USERS_ASKED = {"Holland": "Amsterdam", "Burma": "Naypyidaw", "France": "Paris"}

FOLDER = "Examples/Capitals"
PROMPT, DATASET, FLOW = f"{FOLDER}/Question", f"{FOLDER}/All capitals", f"{FOLDER}/Answerer"
CORRECT, SIMILARITY, REVIEW = f"{FOLDER}/Correct", f"{FOLDER}/Similarity", f"{FOLDER}/Review"
EVALUATION = "Guess or atlas"


# What is evaluated: two ways to answer, which are two versions of one flow.


def guess(country: str) -> str:
    """Answer without any knowledge: it does work for Mexico."""
    return f"{country} City"


ATLAS = {fact["name"]: fact["capital"] for fact in CAPITALS if fact["region"] in ("Africa", "Americas", "Europe")}


def look_up(country: str) -> str:
    """Answer from an atlas of three continents, and guess elsewhere."""
    return ATLAS.get(country) or guess(country)


# What judges an answer: the SDK calls the first two for each Log, the third stands for a person.


class Judges:
    """Judge answers, and note them for the review at the end: to read 500 Logs back takes the SDK two minutes."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}

    def correct(self, log: dict[str, Any], datapoint: dict[str, Any]) -> bool:
        self.answers[log["id"]] = log["output"]
        return log["output"] == datapoint["target"]["capital"]

    def similarity(self, log: dict[str, Any], datapoint: dict[str, Any]) -> float:
        return SequenceMatcher(None, log["output"], datapoint["target"]["capital"]).ratio()

    def review(self, log_id: str) -> str:
        known = any(self.answers[log_id] == fact["capital"] for fact in CAPITALS)
        return "a capital" if known else "invented"


# The steps, in the order of `run`.


def make_prompt(client: Humanloop) -> PromptResponse:
    """Store the question that is put to the flow; equal content is the same version each time."""
    question = [{"role": "user", "content": "What is the capital of {{country}}?"}]
    return client.prompts.upsert(path=PROMPT, model="none", template=question)


def make_dataset(client: Humanloop, capitals: list[dict[str, str]]) -> None:
    """Store one datapoint for each country: what is asked, and what the answer should be."""
    datapoints = [{"inputs": {"country": c["name"]}, "target": {"capital": c["capital"]}} for c in capitals]
    client.datasets.upsert(path=DATASET, datapoints=datapoints)


def make_flow(client: Humanloop, prompt: PromptResponse, strategy: str) -> FlowResponse:
    """Store a version of the flow; its attributes are what tells one version from another."""
    return client.flows.upsert(path=FLOW, attributes={"strategy": strategy, "prompt": prompt.version_id})


def reopen(client: Humanloop, flow: FlowResponse) -> None:
    """Take the reviews of an earlier time out of the Evaluation: the SDK would wait for those of its own Runs."""
    for evaluation in client.evaluations.list(file_id=flow.id):
        for evaluator in evaluation.evaluators:
            if evaluation.name == EVALUATION and evaluator.version.path == REVIEW:
                client.evaluations.remove_evaluator(evaluation.id, evaluator.version.version_id)


def evaluate(client: Humanloop, flow: FlowResponse, answer: Callable[[str], str], judges: Judges) -> str:
    """Let the SDK run a version over the dataset and judge it; return the id of the Evaluation.

    The first call creates the Evaluation, later ones add a Run to that of the same name.
    """
    evaluators: list[dict[str, Any]] = [
        {"path": CORRECT, "callable": judges.correct, "return_type": "boolean", "threshold": 0.5},
        {"path": SIMILARITY, "callable": judges.similarity, "return_type": "number"},
    ]
    checks = client.evaluations.run(
        name=EVALUATION,
        file={"path": FLOW, "type": "flow", "version": {"attributes": flow.attributes}, "callable": answer},
        dataset={"path": DATASET},
        evaluators=[{**evaluator, "args_type": "target_required"} for evaluator in evaluators],
    )
    if not checks:
        raise RuntimeError("The SDK could not evaluate: it printed the reason above.")
    return checks[0].evaluation_id


def answer_users(client: Humanloop, flow: FlowResponse, prompt: PromptResponse, judges: Judges) -> list[str]:
    """Answer questions that no dataset holds, and return the ids of their Logs.

    Each gives a trace, which is a flow Log with a prompt Log in it, and the same two judgments as in a Run.
    """
    log_ids = []
    for country, capital in USERS_ASKED.items():
        inputs = {"country": country}
        trace = client.flows.log(id=flow.id, version_id=flow.version_id, inputs=inputs, log_status="incomplete")
        messages = client.prompts.populate(prompt.id, request=inputs).populated_template
        output = look_up(country)
        client.prompts.log(path=PROMPT, trace_parent_id=trace.id, inputs=inputs, messages=messages, output=output)
        client.flows.update_log(trace.id, output=output, log_status="complete")
        log, datapoint = {"id": trace.id, "output": output}, {"target": {"capital": capital}}
        client.evaluators.log(path=CORRECT, parent_id=trace.id, judgment=judges.correct(log, datapoint))
        client.evaluators.log(path=SIMILARITY, parent_id=trace.id, judgment=judges.similarity(log, datapoint))
        log_ids.append(trace.id)
    return log_ids


def add_reviews(client: Humanloop, evaluation_id: str, judges: Judges) -> None:
    """Add an evaluator with options, and log its judgment of every Log one by one: the Runs wait for them."""
    options = [{"name": "a capital"}, {"name": "invented"}]
    spec = {"evaluator_type": "human", "arguments_type": "target_free", "return_type": "select", "options": options}
    reviewer = client.evaluators.upsert(path=REVIEW, spec=spec)
    client.evaluations.add_evaluators(evaluation_id, evaluators=[{"version_id": reviewer.version_id}])
    for log_id in judges.answers:
        client.evaluators.log(path=REVIEW, parent_id=log_id, judgment=judges.review(log_id))


def run(client: Humanloop, capitals: list[dict[str, str]] = CAPITALS) -> tuple[EvaluationResponse, EvaluationStats]:
    """Do the whole example and return the Evaluation with its stats, the newest Run first."""
    judges = Judges()
    prompt = make_prompt(client)
    make_dataset(client, capitals)
    naive, better = make_flow(client, prompt, "guess"), make_flow(client, prompt, "atlas")
    reopen(client, naive)
    evaluate(client, naive, guess, judges)
    evaluation_id = evaluate(client, better, look_up, judges)
    newest = client.evaluations.list_runs_for_evaluation(evaluation_id).runs[0]
    log_ids = answer_users(client, better, prompt, judges)
    client.evaluations.add_logs_to_run(evaluation_id, newest.id, log_ids=log_ids)
    add_reviews(client, evaluation_id, judges)
    return client.evaluations.get(evaluation_id), client.evaluations.get_stats(evaluation_id)


def main() -> None:
    """Run the example against a server, and print the report."""
    options = argparse.ArgumentParser(description="Evaluate two versions of a flow on the capitals of the world.")
    options.add_argument("--base-url", default="http://127.0.0.1:8904/v5")
    options.add_argument("--api-key", default="any")
    given = options.parse_args()
    try:
        evaluation, stats = run(Humanloop(base_url=given.base_url, api_key=given.api_key))
    except httpx.ConnectError:
        raise SystemExit(f"No server answers at {given.base_url}: start one with `python run.py`.") from None
    print(stats.report)
    for run_stats in stats.run_stats:
        print(f"Reviews of {run_stats.run_id}: {run_stats.evaluator_stats[-1].num_judgments_per_option}")
    print(f"Status: {stats.status}. See it at {evaluation.url}")


if __name__ == "__main__":
    main()
