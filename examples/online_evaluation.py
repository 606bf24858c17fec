"""Let the server itself evaluate a prompt and an agent on capitals of the world, with the official SDK.

Start the server with `python run.py`, then run `python examples/online_evaluation.py` in another terminal; that one
needs `pip install humanloop==0.8.38 requests`. The server calls the models, runs the agent's tool, and judges: with
Python code, and with a model. It has to wait for the third judge, a person. The models are the scripted ones of the
emulator, which know these countries. Do it again as often as you like: each time one more Run joins each Evaluation.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from humanloop import (
    AgentResponse,
    DatasetResponse,
    EvaluationResponse,
    EvaluationRunResponse,
    EvaluationStats,
    Humanloop,
    PromptResponse,
    RunStatsResponse,
)
from humanloop.core.api_error import ApiError

DATA = Path(__file__).with_name("data") / "capitals.json"
FACTS: dict[str, dict[str, str]] = {fact["name"]: fact for fact in json.loads(DATA.read_text(encoding="utf-8"))}
COUNTRIES = (
    *("Argentina", "Australia", "Austria", "Belgium", "Bolivia", "Brazil", "Canada", "Chile", "China", "Denmark"),
    *("Egypt", "France", "Germany", "Greece", "Iceland", "India", "Ireland", "Italy", "Ivory Coast", "Japan"),
    *("Kazakhstan", "Kenya", "Mexico", "Morocco", "Myanmar", "New Zealand", "Nigeria", "Norway", "Pakistan", "Peru"),
    *("Portugal", "South Africa", "Spain", "Sweden", "Switzerland", "Tanzania", "Thailand", "United States", "Vietnam"),
)

FOLDER = "Examples/Online"
DATASET, PROMPT, AGENT, TOOL = f"{FOLDER}/Countries", f"{FOLDER}/Question", f"{FOLDER}/Researcher", f"{FOLDER}/Atlas"
DISTANCE, VERDICT, REVIEW = f"{FOLDER}/Distance", f"{FOLDER}/Verdict", f"{FOLDER}/Review"
EVALUATION = "Capitals"
MODEL = "gpt-4o"
PAUSE, PATIENCE = 0.25, 120.0  # seconds between two looks at the stats, and until we give up

File = PromptResponse | AgentResponse
Run = EvaluationRunResponse


# What is evaluated. The agent's atlas has three continents, and those entirely.


ATLAS = {fact["name"]: fact["capital"] for fact in FACTS.values() if fact["region"] in ("Africa", "Americas", "Europe")}
UNKNOWN = "not in the atlas"

LOOK_UP = f"""
ATLAS = {json.dumps(ATLAS, ensure_ascii=False)}


def look_up_capital(country: str) -> str:
    return ATLAS.get(country, "{UNKNOWN}")
"""

FUNCTION = {
    "name": "look_up_capital",
    "description": "Looks up the capital of a country.",
    "parameters": {"type": "object", "properties": {"country": {"type": "string"}}, "required": ["country"]},
}


# What judges an answer: code and a model on the server, and a person.


LEVENSHTEIN = """
def distance(log, testcase):
    answer, capital = log["output"] or "", testcase["target"]["capital"]
    above = list(range(len(capital) + 1))
    for i, left in enumerate(answer, start=1):
        row = [i]
        for j, right in enumerate(capital, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right)))
        above = row
    return above[-1]
"""

QUESTION_TO_THE_JUDGE = """\
Somebody was asked for the capital of {{log.inputs.country}}.
Expected: {{testcase.target.capital}}
Answer: {{log.output}}
Is the answer right? Explain, then say True or False on a line of its own."""

OPTIONS = ("publish", "correct", "research")


def review(answer: str, capital: str) -> str:
    """Decide as a person does what is to be done with an answer."""
    if answer == UNKNOWN:
        return "research"
    return "publish" if answer == capital else "correct"


# The steps, in the order of `run`.


def make_dataset(client: Humanloop, countries: Sequence[str]) -> DatasetResponse:
    """Store one datapoint for each country: what is asked, and what the answer should be.

    A prompt and an agent get the messages of a datapoint behind their own templates.
    """
    datapoints = [
        {
            "inputs": {"country": country},
            "messages": [{"role": "user", "content": f"What is the capital of {country}?"}],
            "target": {"capital": FACTS[country]["capital"]},
        }
        for country in countries
    ]
    return client.datasets.upsert(path=DATASET, datapoints=datapoints)


def make_prompt(client: Humanloop) -> PromptResponse:
    """Store a prompt that has to know the answer; equal content is the same version each time."""
    return client.prompts.upsert(
        path=PROMPT, model=MODEL, template=[{"role": "system", "content": "Answer with the name of the city alone."}]
    )


def make_agent(client: Humanloop) -> AgentResponse:
    """Store an agent that looks the answer up with a tool, which runs on the server as well."""
    tool = client.tools.upsert(path=TOOL, tool_type="python", function=FUNCTION, source_code=LOOK_UP)
    return client.agents.upsert(
        path=AGENT,
        model=MODEL,
        template=[{"role": "system", "content": "Look up what you are asked for, and answer with its name alone."}],
        tools=[{"type": "file", "link": {"file_id": tool.id}}],
    )


def make_evaluators(client: Humanloop) -> None:
    """Store the three judges."""
    compares = {"arguments_type": "target_required"}
    code = {"evaluator_type": "python", "return_type": "number", "code": LEVENSHTEIN}
    question = {"model": MODEL, "template": [{"role": "user", "content": QUESTION_TO_THE_JUDGE}]}
    model = {"evaluator_type": "llm", "return_type": "boolean", "prompt": question}
    person = {"evaluator_type": "human", "return_type": "select", "options": [{"name": name} for name in OPTIONS]}
    for path, spec in ((DISTANCE, code), (VERDICT, model), (REVIEW, person)):
        client.evaluators.upsert(path=path, spec={**spec, **compares})


def open_evaluation(client: Humanloop, file: File) -> EvaluationResponse:
    """Create the Evaluation of a File, or find the one of an earlier time: its name is taken then."""
    evaluators: list[dict[str, Any]] = [{"path": DISTANCE}, {"path": VERDICT}, {"path": REVIEW}]
    try:
        return client.evaluations.create(name=EVALUATION, file={"id": file.id}, evaluators=evaluators)
    except ApiError as error:
        if error.status_code != 409:
            raise
    return next(found for found in client.evaluations.list(file_id=file.id) if found.name == EVALUATION)


def start_run(client: Humanloop, evaluation: EvaluationResponse, file: File, dataset: DatasetResponse) -> Run:
    """Let the server make a Log for each datapoint and judge it; the answer comes at once."""
    return client.evaluations.create_run(
        evaluation.id,
        dataset={"version_id": dataset.version_id},
        version={"version_id": file.version_id},
        orchestrated=True,
    )


def wait_for_server(client: Humanloop, evaluation: EvaluationResponse, run: Run) -> None:
    """Look at the stats until all is done that needs no person, and print how far it is."""
    served = {item.version.version_id for item in evaluation.evaluators if item.version.path != REVIEW}
    wanted, said, deadline = run.dataset.datapoints_count, "", time.monotonic() + PATIENCE
    while True:
        stats = stats_of(client.evaluations.get_stats(evaluation.id), run)
        judged = [item.total_logs for item in stats.evaluator_stats if item.evaluator_version_id in served]
        progress = f"{run.version.name}: {stats.num_logs} of {wanted} Logs, {sum(judged)} judgments by the server"
        if progress != said:
            print(progress, flush=True)
        if min(judged) == wanted:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"The Run {run.id} is not done after {PATIENCE:.0f} seconds.")
        said = progress
        time.sleep(PAUSE)


def stats_of(stats: EvaluationStats, run: Run) -> RunStatsResponse:
    """Return the stats of one Run."""
    return next(found for found in stats.run_stats if found.run_id == run.id)


def add_reviews(client: Humanloop, evaluation: EvaluationResponse, run: Run) -> None:
    """Read the Logs of a Run and log the person's judgment of each: the last one completes the Run."""
    for page in count(1):
        records = client.evaluations.get_logs(evaluation.id, run_id=run.id, page=page, size=50).records
        for record in records:
            judgment = review(record.log.output, record.datapoint.target["capital"])
            client.evaluators.log(path=REVIEW, parent_id=record.log.id, judgment=judgment)
        if not records:
            return


def run(client: Humanloop, countries: Sequence[str] = COUNTRIES) -> list[tuple[EvaluationResponse, EvaluationStats]]:
    """Do the whole example and return both Evaluations with their stats: the prompt's, then the agent's."""
    dataset = make_dataset(client, countries)
    make_evaluators(client)
    files: list[File] = [make_prompt(client), make_agent(client)]
    evaluations = [open_evaluation(client, file) for file in files]
    runs = [start_run(client, evaluation, file, dataset) for evaluation, file in zip(evaluations, files, strict=True)]
    for evaluation, started in zip(evaluations, runs, strict=True):
        wait_for_server(client, evaluation, started)
        add_reviews(client, evaluation, started)
    return [(evaluation, client.evaluations.get_stats(evaluation.id)) for evaluation in evaluations]


def main() -> None:
    """Run the example against a server, and print the reports."""
    options = argparse.ArgumentParser(description="Let the server evaluate a prompt and an agent.")
    options.add_argument("--base-url", default=os.environ.get("HUMANLOOP_BASE_URL", "http://127.0.0.1:8904/v5"))
    options.add_argument("--api-key", default=os.environ.get("HUMANLOOP_API_KEY", "any"))
    given = options.parse_args()
    try:
        done = run(Humanloop(base_url=given.base_url, api_key=given.api_key))
    except httpx.ConnectError:
        raise SystemExit(f"No server answers at {given.base_url}: start one with `python run.py`.") from None
    for evaluation, stats in done:
        print(stats.report)
        newest = stats.run_stats[0]
        print(f"Reviews of {newest.run_id}: {newest.evaluator_stats[-1].num_judgments_per_option}")
        print(f"Status: {stats.status}. See it at {evaluation.url}")


if __name__ == "__main__":
    main()
