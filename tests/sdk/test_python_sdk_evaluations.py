"""Every method of the Python SDK for Evaluations, Logs, Files of all kinds and Directories."""

import pytest
from humanloop import FlowResponse, Humanloop
from humanloop.types import (
    DatasetResponse,
    EvaluatorResponse,
    FlowLogResponse,
    NumericEvaluatorStatsResponse,
    PromptLogResponse,
    PromptResponse,
)

from tests.sdk.whole import whole

NUMBER = {"arguments_type": "target_free", "return_type": "number", "evaluator_type": "external"}


@pytest.fixture
def flow(client: Humanloop) -> FlowResponse:
    return client.flows.upsert(path="Team/Flow", attributes={"version": 1})


@pytest.fixture
def dataset(client: Humanloop) -> DatasetResponse:
    points = [{"inputs": {"n": "1"}}, {"inputs": {"n": "2"}}]
    return client.datasets.upsert(path="Team/Numbers", datapoints=points, include_datapoints=True)


@pytest.fixture
def evaluator(client: Humanloop) -> EvaluatorResponse:
    return client.evaluators.upsert(path="Team/Score", spec=NUMBER)


def test_evaluations(
    client: Humanloop, flow: FlowResponse, dataset: DatasetResponse, evaluator: EvaluatorResponse
) -> None:
    def answer(point: int) -> str:
        return client.flows.log(
            path=flow.path, output=f"Answer {point}", source_datapoint_id=dataset.datapoints[point].id
        ).id

    with whole(client, "evaluations") as evaluations:
        made = evaluations.create(name="Nightly", file={"id": flow.id}, evaluators=[{"path": evaluator.path}])
        assert (made.file_id, made.runs_count, made.evaluators[0].version.id) == (flow.id, 0, evaluator.id)
        assert [one.id for one in evaluations.list(file_id=flow.id)] == [made.id]
        run = evaluations.create_run(
            made.id,
            dataset={"version_id": dataset.version_id},
            version={"path": flow.path},
            orchestrated=False,
        )
        assert (run.dataset.id, run.control, run.status) == (dataset.id, True, "pending")
        assert isinstance(run.version, FlowResponse)
        logs = [answer(0), answer(1)]
        linked = evaluations.add_logs_to_run(made.id, run.id, log_ids=logs)
        assert (linked.id, linked.status, linked.version.version_id) == (run.id, "running", flow.version_id)
        for log, judgment in zip(logs, (1, 4), strict=True):
            client.evaluators.log(path=evaluator.path, parent_id=log, judgment=judgment)

        [stats] = evaluations.get_stats(made.id).run_stats
        assert (stats.run_id, stats.num_logs, stats.status) == (run.id, 2, "completed")
        [score] = stats.evaluator_stats
        assert isinstance(score, NumericEvaluatorStatsResponse)
        assert (score.mean, score.sum, score.percentiles["50"]) == (2.5, 5, 2.5)
        page = evaluations.get_logs(made.id, run_id=[run.id], size=1)
        assert (page.total, page.records[0].run_id, page.records[0].datapoint.inputs) == (2, run.id, {"n": "1"})
        assert isinstance(page.records[0].log, FlowLogResponse)
        assert [judged.judgment for judged in page.records[0].evaluator_logs] == [1]

        again = evaluations.create_run(
            made.id,
            dataset={"version_id": dataset.version_id},
            version={"id": flow.id},
            orchestrated=False,
            use_existing_logs=True,
        )
        assert [one.id for one in evaluations.list_runs_for_evaluation(made.id).runs] == [again.id, run.id]
        assert [item.num_logs for item in evaluations.get_stats(made.id).run_stats] == [2, 2]
        assert evaluations.update_evaluation_run(made.id, again.id, control=True).control
        shared = evaluations.create(evaluators=[], file={"path": flow.path})
        evaluations.add_existing_run(shared.id, run.id)
        assert evaluations.add_evaluators(shared.id, evaluators=[{"id": evaluator.id}]).runs_count == 1
        assert evaluations.get_stats(shared.id).run_stats[0].evaluator_stats[0].mean == 2.5
        assert evaluations.remove_evaluator(shared.id, evaluator.version_id).evaluators == []
        assert evaluations.remove_run(made.id, run.id) is None
        assert evaluations.get(made.id).runs_count == evaluations.get(shared.id).runs_count == 1
        assert evaluations.delete(made.id) is None
        assert [one.id for one in evaluations.list(file_id=flow.id)] == [shared.id]


def test_logs(client: Humanloop, flow: FlowResponse) -> None:
    trace = client.flows.log(id=flow.id, inputs={"q": "Why?"}, output="Because.", metadata={"team": "blue"})
    child = client.prompts.log(
        path="Team/Prompt", prompt={"model": "gpt-4o"}, output="So.", trace_parent_id=trace.id, user="ann"
    )
    other = client.flows.log(id=flow.id, output="No idea.")
    with whole(client, "logs") as logs:
        # The SDK gives a single Log as it came, and those of a list as models.
        assert [inner["id"] for inner in logs.get(trace.id)["trace_children"]] == [child.id]
        [inner] = logs.list(file_id=child.prompt_id)
        assert isinstance(inner, PromptLogResponse)
        assert (inner.prompt.model, inner.user, inner.trace_id, inner.trace_flow_id) == (
            "gpt-4o",
            "ann",
            trace.id,
            flow.id,
        )
        assert [log.id for log in logs.list(file_id=flow.id, size=1)] == [other.id, trace.id]
        assert [log.id for log in logs.list(file_id=flow.id, search="because")] == [trace.id]
        assert [log.id for log in logs.list(file_id=flow.id, metadata_search="blue")] == [trace.id]
        assert logs.delete(id=[other.id]) is None
        [kept] = logs.list(file_id=flow.id, include_trace_children=True)
        assert [inner.id for inner in kept.trace_children] == [child.id]


def test_files(client: Humanloop, flow: FlowResponse, dataset: DatasetResponse) -> None:
    prompt = client.prompts.upsert(path="Team/Prompts/Chat", model="gpt-4o", template="Say {{this}}.")
    with whole(client, "files") as files:
        page = files.list_files(path="Team", sort_by="name", order="asc")
        assert [(file.type, file.name) for file in page.records] == [
            ("prompt", "Chat"),
            ("flow", "Flow"),
            ("dataset", "Numbers"),
        ]
        assert [type(file) for file in page.records] == [PromptResponse, FlowResponse, DatasetResponse]
        [found] = files.list_files(type=["prompt", "agent"], include_raw_file_content=True).records
        assert found.raw_file_content == client.prompts.serialize(prompt.id)
        deployed = files.retrieve_by_path(path="Team/Flow", environment="production")
        assert (deployed.id, deployed.version_id, deployed.type) == (flow.id, flow.version_id, "flow")


def test_directories(client: Humanloop, flow: FlowResponse) -> None:
    with whole(client, "directories") as directories:
        inner = directories.create(path="Team/Drafts/Old")
        assert [one.name for one in directories.list() if one.id == inner.id] == ["Old"]
        root = directories.get("root")
        team = directories.get(next(one.id for one in root.subdirectories if one.name == "Team"))
        assert [(file.id, type(file)) for file in team.files] == [(flow.id, FlowResponse)]
        assert [parent.name for parent in directories.get(inner.id).parents][-2:] == ["Team", "Drafts"]
        moved = directories.update(inner.id, path="Team/Archive")
        assert moved.name == "Archive"
        assert {one.name for one in directories.get(team.id).subdirectories} == {"Drafts", "Archive"}
        assert directories.delete(inner.id) is None
        assert inner.id not in [one.id for one in directories.list()]
