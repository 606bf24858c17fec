"""The steps with Evaluations: by hand, and by `evaluations.run`."""

import sys
from typing import Any

from humanloop import Humanloop
from logs import recorder
from sdk import JUDGING, MODEL, NUMBERS, QUESTION, SQUARED, check, client, offered, plain

ANSWERED = "def answered(log, testcase):\n    return log['output'] == testcase['target']['capital']\n"
CAPITALS = [
    {"inputs": {"country": country}, "target": {"capital": capital}}
    for country, capital in (("France", "Paris"), ("Kenya", "Nairobi"), ("Peru", "Lima"))
]


def evaluation() -> None:
    if not hasattr(client.evaluations, "create_run"):
        return evaluation_of_versions()
    dataset = client.datasets.upsert(path="Evaluation/Dataset", datapoints=NUMBERS)
    points = client.datasets.get(id=dataset.id, include_datapoints=True).datapoints
    flow = client.flows.upsert(path="Evaluation/Flow", attributes={"v": "1"})
    client.evaluators.upsert(path="Evaluation/Right", spec={"evaluator_type": "external", **JUDGING})
    evaluators = [{"path": "Evaluation/Right"}]
    evaluation = client.evaluations.create(name="By hand", file={"id": flow.id}, evaluators=evaluators)
    version = {"version_id": flow.version_id}
    content = {"dataset": {"version_id": dataset.version_id}, "version": version}
    run = client.evaluations.create_run(evaluation.id, **content, orchestrated=False)
    made = []
    for n, point in enumerate(points):
        joins = {"run_id": run.id} if n < 2 else {}
        made.append(client.flows.log(id=flow.id, output=str(n), source_datapoint_id=point.id, **version, **joins))
    client.evaluations.add_logs_to_run(evaluation.id, run.id, log_ids=[made[2].id])
    for n, log in enumerate(made):
        client.evaluators.log(path="Evaluation/Right", parent_id=log.id, judgment=n < 2)
    stats = client.evaluations.get_stats(evaluation.id)
    [right] = stats.run_stats[0].evaluator_stats
    check(type(right).__name__, "BooleanEvaluatorStatsResponse")
    check((stats.status, stats.run_stats[0].num_logs, right.num_true, right.num_false), ("completed", 3, 2, 1))
    check(len(client.evaluations.get_logs(evaluation.id).records), 3)
    check([found.name for found in client.evaluations.list(file_id=flow.id)], ["By hand"])


def evaluation_of_versions() -> None:
    """Do the same without Runs, as versions up to 0.8.8 do: an Evaluation has a dataset and versions."""
    dataset = client.datasets.upsert(path="Evaluation/Dataset", datapoints=NUMBERS)
    points = plain(client.datasets.get(id=dataset.id, include_datapoints=True))["datapoints"]
    flow = client.flows.upsert(path="Evaluation/Flow", attributes={"v": "1"})
    spec = {"evaluator_type": "external", **JUDGING}
    judge = client.evaluators.upsert(path="Evaluation/Right", spec=spec)
    evaluation = client.evaluations.create(
        name="By hand",
        file={"id": flow.id},
        dataset={"version_id": dataset.version_id},
        evaluatees=[{"version_id": flow.version_id, "orchestrated": False}],
        evaluators=[{"version_id": judge.version_id, "orchestrated": False}],
    )
    version = {"id": flow.id, "version_id": flow.version_id, "evaluation_id": evaluation.id}
    for n, point in enumerate(points):
        log = client.flows.log(output=str(n), source_datapoint_id=point["id"], **version)
        client.evaluators.log(path="Evaluation/Right", parent_id=log.id, judgment=n < 2)
    stats = plain(client.evaluations.get_stats(evaluation.id))
    [right] = stats["version_stats"][0]["evaluator_version_stats"]
    check((stats["status"], right["num_true"], right["num_false"]), ("completed", 2, 1))
    check(len(plain(client.evaluations.get_logs(evaluation.id))["records"]), 3)
    check([plain(found)["name"] for found in client.evaluations.list(file_id=flow.id)], ["By hand"])


def output_of(log: dict[str, Any]) -> str:
    """Return the output of a Log that is judged: versions up to 0.8.13 give evaluators the ids of a Log only."""
    return (log if "output" in log else plain(client.logs.get(log["id"])))["output"]


def right(log: dict[str, Any], datapoint: dict[str, Any]) -> bool:
    return output_of(log) == (datapoint.get("target") or datapoint)["square"]  # older versions give the target alone


def length(log: dict[str, Any]) -> int:
    return len(output_of(log))


def square(number: str, messages: Any = None) -> str:  # 0.8.8 gives the messages of a datapoint that has none too
    return str(int(number) ** 2)


def evaluate(
    using: Humanloop, name: str, file: dict[str, Any], datapoints: list[dict[str, Any]], *evaluators: dict[str, Any]
) -> None:
    """Let the SDK run an evaluation, and look at what the server made of it."""
    offered("evaluations", "run")
    bar = getattr(sys.modules.get("humanloop.eval_utils"), "_progress_bar", None)
    if bar:
        vars(bar).clear()  # up to 0.8.13 it is left in a state that breaks the next evaluation of the process
    dataset = {"path": f"{name}/Dataset", "datapoints": datapoints}
    checks = using.evaluations.run(file=file, name=name, dataset=dataset, evaluators=list(evaluators))
    check([(item.path, item.threshold_check) for item in checks], [(item["path"], True) for item in evaluators])
    stats = plain(client.evaluations.get_stats(checks[0].evaluation_id))
    run = stats["run_stats"][0] if "run_stats" in stats else stats["version_stats"][0]
    counts = [item["num_judgments"] for item in run.get("evaluator_stats") or run["evaluator_version_stats"]]
    check((stats["status"], counts), ("completed", [3] * len(evaluators)))


RIGHT = {"callable": right, "return_type": "boolean", "args_type": "target_required", "threshold": 0.9}
LENGTH = {"callable": length, "return_type": "number", "args_type": "target_free", "threshold": 1}


def local_evaluators() -> None:
    file = {"path": "Local/Flow", "type": "flow", "version": {"attributes": {"v": "1"}}, "callable": square}
    evaluate(client, "Local", file, NUMBERS, {"path": "Local/Right", **RIGHT}, {"path": "Local/Length", **LENGTH})


def server_evaluators() -> None:
    """Let the server judge, and call the prompt too; the versions without decorators always call a function."""
    judge = {"path": "Server/Right", "threshold": 0.9}
    if hasattr(client, "flow"):
        client.evaluators.upsert(path="Server/Right", spec={"evaluator_type": "python", "code": ANSWERED, **JUDGING})
        file = {
            "path": "Server/Prompt",
            "type": "prompt",
            "version": {"model": MODEL, "template": QUESTION},
            "callable": None,
        }
        evaluate(client, "Server", file, CAPITALS, judge)
    else:
        client.evaluators.upsert(path="Server/Right", spec={"evaluator_type": "python", "code": SQUARED, **JUDGING})
        file = {"path": "Server/Prompt", "type": "prompt", "version": {"model": MODEL}, "callable": square}
        evaluate(client, "Server", file, NUMBERS, judge)


def decorated_run() -> None:
    recording, provider, decorated = recorder("Decorated")
    file = {"path": "Decorated/Flow", "type": "flow", "callable": decorated}
    evaluate(recording, "Decorated", file, NUMBERS, {"path": "Decorated/Right", **RIGHT})
    provider.shutdown()
