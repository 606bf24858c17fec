"""What a server has acknowledged is there after it was killed and started again."""

import threading
from typing import Any

import pytest
from humanloop import Humanloop
from humanloop.core.api_error import ApiError
from humanloop.error import HumanloopRuntimeError

from tests.builders.processes import ServerProcess

SPEC = {"evaluator_type": "external", "arguments_type": "target_free", "return_type": "boolean"}


class Client:
    """The official SDK, and the same questions about everything that was stored."""

    def __init__(self, server: ServerProcess) -> None:
        self.sdk = Humanloop(api_key="any", base_url=f"{server.url}/v5")
        self.ids: dict[str, str] = {}

    def store(self) -> None:
        """Store something of every sort."""
        sdk = self.sdk
        first = sdk.prompts.upsert(path="qa/answer", model="gpt-4o", template="{{question}}", version_name="v1")
        second = sdk.prompts.upsert(path="qa/answer", model="gpt-4", template="{{question}}")
        environments = {environment.name: environment.id for environment in sdk.prompts.list_environments(first.id)}
        sdk.prompts.set_deployment(first.id, environments["staging"], version_id=second.version_id)
        tool = sdk.tools.upsert(path="qa/search", function={"name": "search", "description": "It searches."})
        sdk.tools.add_environment_variable(tool.id, request=[{"name": "TOKEN", "value": "secret"}])
        points = [{"inputs": {"question": text}, "target": {"output": text.upper()}} for text in ("why", "how")]
        dataset = sdk.datasets.upsert(path="qa/questions", datapoints=points, include_datapoints=True)
        judge = sdk.evaluators.upsert(path="qa/judge", spec=SPEC)
        sdk.prompts.update_monitoring(first.id, activate=[{"evaluator_version_id": judge.version_id}])
        flow = sdk.flows.log(path="qa/flow", flow={"attributes": {"step": 1}}, log_id="trace")
        evaluation = sdk.evaluations.create(
            name="first", file={"id": first.id}, evaluators=[{"version_id": judge.version_id}]
        )
        run = sdk.evaluations.create_run(
            evaluation.id,
            dataset={"version_id": dataset.version_id},
            version={"version_id": first.version_id},
            orchestrated=False,
        )
        log = sdk.prompts.log(
            path="qa/answer",
            version_id=first.version_id,
            run_id=run.id,
            source_datapoint_id=dataset.datapoints[0].id,
            trace_parent_id=flow.id,
            output="because",
            metadata={"deep": [1, None, {"é": "😀"}]},
        )
        sdk.evaluators.log(path="qa/judge", parent_id=log.id, judgment=True)
        sdk.directories.create(path="empty/place")
        deleted = sdk.flows.upsert(path="qa/deleted", attributes={})
        sdk.flows.delete(deleted.id)
        self.ids = {"prompt": first.id, "tool": tool.id, "dataset": dataset.id, "evaluation": evaluation.id}
        self.ids |= {"deleted": deleted.id, "version": first.version_id, "log": log.id}

    def seen(self) -> list[Any]:
        """Return all that the API tells about what was stored."""
        sdk, ids = self.sdk, self.ids
        answers = [
            *sdk.files.list_files(size=100, include_raw_file_content=True).records,
            *sdk.prompts.list_versions(ids["prompt"]).records,
            *sdk.prompts.list_environments(ids["prompt"]),
            *sdk.tools.get_environment_variables(ids["tool"]),
            *sdk.datasets.list_datapoints(ids["dataset"]),
            *sdk.directories.list(),
            *sdk.evaluations.list_runs_for_evaluation(ids["evaluation"]).runs,
            *sdk.evaluations.get_logs(ids["evaluation"]).records,
            sdk.evaluations.get_stats(ids["evaluation"]),
            sdk.evaluations.get(ids["evaluation"]),
            *sdk.logs.list(file_id=ids["prompt"]),
        ]
        return [answer.dict() for answer in answers] + [sdk.logs.get("trace")]


def test_everything_is_there_and_goes_on_after_a_kill(server_process: ServerProcess) -> None:
    client = Client(server_process)
    client.store()
    before = client.seen()
    assert len(before) > 20
    server_process.kill()
    server_process.restart()
    assert client.seen() == before

    sdk, ids = client.sdk, client.ids
    again = sdk.prompts.upsert(path="qa/answer", model="gpt-4o", template="{{question}}")
    assert (again.id, again.version_id, again.version_name) == (ids["prompt"], ids["version"], "v1")
    with pytest.raises(HumanloopRuntimeError) as taken:
        sdk.flows.log(path="qa/flow", flow={"attributes": {"step": 1}}, log_id="trace")
    assert isinstance(taken.value.__cause__, ApiError)
    assert taken.value.__cause__.status_code == 409
    with pytest.raises(ApiError) as gone:
        sdk.flows.get(ids["deleted"])
    assert gone.value.status_code == 404
    sdk.evaluators.log(path="qa/judge", parent_id=ids["log"], judgment=False)
    [run] = sdk.evaluations.get_stats(ids["evaluation"]).run_stats
    assert (run.evaluator_stats[0].num_true, run.evaluator_stats[0].num_false) == (0, 1)


def test_what_was_acknowledged_while_it_was_killed_is_there(server_process: ServerProcess) -> None:
    acknowledged: list[str] = []
    enough = threading.Event()

    def log_until_the_end() -> None:
        client = Humanloop(api_key="any", base_url=f"{server_process.url}/v5")
        try:
            while True:
                log = client.flows.log(path="flow", flow={"attributes": {}}, output=str(len(acknowledged)))
                acknowledged.append(log.id)
                if len(acknowledged) == 50:
                    enough.set()
        except HumanloopRuntimeError:
            pass  # the server is gone
        finally:
            enough.set()

    writer = threading.Thread(target=log_until_the_end)
    writer.start()
    enough.wait()
    server_process.kill()
    writer.join()
    server_process.restart()
    sdk = Humanloop(api_key="any", base_url=f"{server_process.url}/v5")
    flow = sdk.files.retrieve_by_path(path="flow")
    logs = sdk.logs.list(file_id=flow.id, size=1000)
    found = [log.id for log in logs]
    assert len(acknowledged) >= 50
    assert set(acknowledged) <= set(found)
    assert len(found) <= len(acknowledged) + 1
    assert flow.version_logs_count == len(found)
