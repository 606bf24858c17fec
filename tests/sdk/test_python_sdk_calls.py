"""How the Python SDK calls: explicit None, bodies without fields, pagers, and the asynchronous client."""

import asyncio

import pytest
from humanloop import AsyncHumanloop, FlowResponse, Humanloop

from tests.builders.processes import ServerProcess

OPTIONAL = ("endpoint", "template", "provider", "max_tokens", "temperature", "top_p", "stop", "other", "seed", "tools")


@pytest.fixture
def flows(client: Humanloop) -> list[FlowResponse]:
    """Return five Flows, the newest first."""
    return [client.flows.upsert(path=f"Team/Flow {n}", attributes={}) for n in range(5)][::-1]


def test_explicit_none_is_as_good_as_absent(client: Humanloop) -> None:
    plain = client.prompts.upsert(path="P", model="gpt-4o")
    explicit = client.prompts.upsert(path="P", id=None, model="gpt-4o", version_name=None, **dict.fromkeys(OPTIONAL))
    assert explicit.version_id == plain.version_id
    assert (explicit.temperature, explicit.max_tokens, explicit.provider) == (1, -1, "openai")
    log = client.prompts.log(id=plain.id, path=None, prompt=None, output="Yes.", inputs=None, run_id=None, log_id=None)
    assert (log.prompt_id, log.version_id) == (plain.id, plain.version_id)


def test_none_leaves_a_version_its_name(client: Humanloop) -> None:
    flow = client.flows.upsert(path="F", attributes={}, version_name="v1", version_description="First.")
    client.flows.update_flow_version(flow.id, flow.version_id, name=None, description="Once more.")
    kept = client.flows.get(flow.id)
    assert (kept.version_name, kept.version_description) == ("v1", "Once more.")


def test_calls_without_any_field_work(client: Humanloop, flows: list[FlowResponse]) -> None:
    newest = flows[0]
    evaluation = client.evaluations.create(evaluators=[], file={"id": newest.id})
    run = client.evaluations.create_run(evaluation.id)
    assert (run.dataset, run.version, run.orchestrated, run.control) == (None, None, False, True)
    assert client.evaluations.update_evaluation_run(evaluation.id, run.id).id == run.id
    assert client.flows.move(newest.id).path == newest.path
    assert client.flows.update_monitoring(newest.id).evaluators == []


def test_pager_walks_all_pages_and_stops(client: Humanloop, flows: list[FlowResponse]) -> None:
    pager = client.flows.list(size=2)
    assert [[flow.id for flow in page.items] for page in pager.iter_pages()] == [
        [flow.id for flow in flows[0:2]],
        [flow.id for flow in flows[2:4]],
        [flow.id for flow in flows[4:]],
    ]
    assert [flow.id for flow in client.flows.list(size=2)] == [flow.id for flow in flows]
    assert [flow.id for flow in pager.next_page().items] == [flow.id for flow in flows[2:4]]
    assert client.flows.list(page=9).items == []


def test_page_of_files_says_where_it_is(client: Humanloop, flows: list[FlowResponse]) -> None:
    page = client.files.list_files(page=2, size=4)
    assert (page.page, page.size, page.total) == (2, 4, 5)
    assert [file.id for file in page.records] == [flows[4].id]


def test_asynchronous_client(server: ServerProcess) -> None:
    async def evaluate() -> None:
        client = AsyncHumanloop(api_key="asynchronous", base_url=f"{server.url}/v5")
        judge, flow, dataset = await asyncio.gather(
            client.evaluators.upsert(
                path="Judge",
                spec={"arguments_type": "target_free", "return_type": "boolean", "evaluator_type": "external"},
            ),
            client.flows.upsert(path="Flow", attributes={"version": 1}),
            client.datasets.upsert(
                path="Data", datapoints=[{"inputs": {"n": str(n)}} for n in range(12)], include_datapoints=True
            ),
        )
        evaluation = await client.evaluations.create(file={"id": flow.id}, evaluators=[{"id": judge.id}])
        run = await client.evaluations.create_run(
            evaluation.id, dataset={"id": dataset.id}, version={"id": flow.id}, orchestrated=False
        )
        logs = await asyncio.gather(
            *(client.flows.log(id=flow.id, source_datapoint_id=point.id, run_id=run.id) for point in dataset.datapoints)
        )
        await asyncio.gather(
            *(
                client.evaluators.log(id=judge.id, parent_id=log.id, judgment=number % 3 == 0)
                for number, log in enumerate(logs)
            )
        )
        stats = await client.evaluations.get_stats(evaluation.id)
        assert (stats.status, stats.run_stats[0].num_logs) == ("completed", 12)
        assert (stats.run_stats[0].evaluator_stats[0].num_true, stats.progress) == (4, "")
        assert [found.id async for found in await client.evaluations.list(file_id=flow.id, size=1)] == [evaluation.id]

    asyncio.run(evaluate())
