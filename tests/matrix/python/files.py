"""The steps with Files."""

from collections.abc import Callable
from typing import Any

from sdk import JUDGING, MODEL, NUMBERS, QUESTION, SHOUT, SQUARED, check, client, listed, offered, plain, wait

LENGTH = "def length(log):\n    return len(log['output'])\n"


def same_version(upsert: Callable[..., Any], **content: Any) -> Any:
    """Upsert twice what is equal, of which one version comes, and return the File as it is read afterwards."""
    first, second = plain(upsert(**content)), plain(upsert(**content))
    check(second["version_id"], first["version_id"])
    check(second["path"], content["path"])
    return second


def prompt() -> None:
    seen = same_version(client.prompts.upsert, path="Upsert/Prompt", model=MODEL, template=QUESTION, temperature=0.5)
    check((seen["model"], seen["temperature"]), (MODEL, 0.5))
    check(plain(client.prompts.get(id=seen["id"]))["template"][0]["content"], QUESTION[0]["content"])


def tool() -> None:
    seen = same_version(client.tools.upsert, path="Upsert/Tool", function=SHOUT)
    check(plain(client.tools.get(id=seen["id"]))["function"]["name"], "shout")


def flow() -> None:
    seen = same_version(client.flows.upsert, path="Upsert/Flow", attributes={"style": "brief"})
    check(plain(client.flows.get(id=seen["id"]))["attributes"], {"style": "brief"})


def agent() -> None:
    seen = same_version(offered("agents", "upsert"), path="Upsert/Agent", model=MODEL, template=QUESTION)
    check(plain(client.agents.get(id=seen["id"]))["model"], MODEL)


def dataset() -> None:
    seen = same_version(client.datasets.upsert, path="Upsert/Dataset", datapoints=NUMBERS)
    check(seen["datapoints_count"], 3)
    whole = plain(client.datasets.get(id=seen["id"], include_datapoints=True))
    check([point["inputs"]["number"] for point in whole["datapoints"]], ["0", "1", "2"])
    check(len(list(client.datasets.list_datapoints(id=seen["id"], size=2))), 3)
    more = client.datasets.upsert(path="Upsert/Dataset", action="add", datapoints=[{"inputs": {"number": "9"}}])
    check(plain(more)["datapoints_count"], 4)


def evaluator() -> None:
    spec = {"evaluator_type": "python", "code": SQUARED, **JUDGING}
    seen = same_version(client.evaluators.upsert, path="Upsert/Evaluator", spec=spec)
    check(plain(client.evaluators.get(id=seen["id"]))["spec"]["code"], SQUARED)


def kind_of(file: Any) -> str:
    """Return the kind that the SDK takes a File for: that of its class."""
    return file["type"] if isinstance(file, dict) else type(file).__name__.removesuffix("Response").lower()


def lists() -> None:
    client.prompts.upsert(path="Lists/prompt", model=MODEL)
    client.tools.upsert(path="Lists/tool", function=SHOUT)
    client.flows.upsert(path="Lists/flow", attributes={})
    client.datasets.upsert(path="Lists/dataset", datapoints=NUMBERS)
    client.evaluators.upsert(path="Lists/evaluator", spec={"evaluator_type": "external", **JUDGING})
    kinds = ("prompt", "tool", "flow", "dataset", "evaluator")
    expected = {f"Lists/{kind}": kind for kind in kinds}
    files = [file for kind in kinds for file in listed(f"{kind}s")]
    together = offered("files", "list_files", "list")(size=100).records
    for found in (files, together):
        seen = {plain(file)["path"]: kind_of(file) for file in found}
        check({path: seen[path] for path in expected}, expected)
    if hasattr(client.files, "retrieve_by_path"):
        check(kind_of(client.files.retrieve_by_path(path="Lists/tool")), "tool")


def versions() -> None:
    first = client.prompts.upsert(path="Versions/Prompt", model=MODEL, temperature=0)
    second = client.prompts.upsert(path="Versions/Prompt", model=MODEL, temperature=1)
    listed = plain(client.prompts.list_versions(id=first.id).records)
    check([version["version_id"] for version in listed], [second.version_id, first.version_id])
    if hasattr(client.prompts, "commit"):
        done = client.prompts.commit(id=first.id, version_id=second.version_id, commit_message="Warmer")
        check(done.version_id, second.version_id)
    environments = map(plain, client.prompts.list_environments(id=first.id))
    staging = next(environment["id"] for environment in environments if environment["name"] == "staging")
    client.prompts.set_deployment(id=first.id, environment_id=staging, version_id=second.version_id)
    check(client.prompts.get(id=first.id, environment="staging").version_id, second.version_id)
    check(client.prompts.get(id=first.id).version_id, first.version_id)
    client.prompts.remove_deployment(id=first.id, environment_id=staging)


def directories() -> None:
    made = offered("directories", "create")(path="Directories/Inner")
    client.flows.upsert(path="Directories/Inner/Flow", attributes={})
    check([kind_of(file) for file in client.directories.get(made.id).files], ["flow"])
    check("Directories/Inner" in [directory.path for directory in client.directories.list()], True)
    client.directories.update(made.id, name="Renamed")
    check(client.directories.get(made.id).path, "Directories/Renamed")


def monitoring() -> None:
    spec = {"evaluator_type": "python", "arguments_type": "target_free", "return_type": "number", "code": LENGTH}
    length = client.evaluators.upsert(path="Monitoring/Length", spec=spec)
    watched = client.prompts.upsert(path="Monitoring/Prompt", model=MODEL)
    activate = [{"evaluator_version_id": length.version_id}]
    seen = plain(client.prompts.update_monitoring(id=watched.id, activate=activate))
    check([item["state"] for item in seen["evaluators"]], ["active"])
    log = client.prompts.log(path="Monitoring/Prompt", output="four")
    check(wait(lambda: [item["judgment"] for item in plain(client.logs.get(log.id))["evaluator_logs"]]), [4])
