"""What the server runs for the Python SDK: Prompts called and streamed, failing models, Evaluations without code."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from flask import Flask
from humanloop import AsyncHumanloop, Humanloop
from humanloop.core.api_error import ApiError
from humanloop.error import HumanloopRuntimeError

from tests.builders.agents import ASK
from tests.builders.models import LENGTH, Models, llm, python
from tests.builders.processes import ServerProcess
from tests.conftest import make_app
from tests.runtime.test_prompt_streams import Stepwise, use
from tests.sdk.conftest import make_client
from tests.sdk.test_example import impatient_sdk

TEMPLATE = [{"role": "user", "content": "What is the capital of {{country}}?"}]
FRANCE = {"country": "France"}
CITIES = {"France": "Paris", "Brazil": "Brasília", "Japan": "Tokyo", "Peru": "Lima"}  # the model says Rio de Janeiro
POINTS = [{"inputs": {"country": name}, "target": {"city": city}} for name, city in CITIES.items()]
RIGHT = """
def right(log, testcase):
    return log["output"] == testcase["target"]["city"]
"""
JUDGE = "Expected: {{testcase.target.city}}\nAnswer: {{log.output}}\nIs that right? Say True or False."
FAILURES = [  # what the provider says, and the status of the answer
    ({"status": 429, "type": "rate_limit", "code": "slow_down", "message": "Too many requests."}, 429),
    ({"status": 401, "type": "authentication_error", "message": "Wrong key."}, 401),
    ({"status": 500, "type": "server_error", "code": 17, "message": "It broke."}, 503),
]


@pytest.fixture
def app() -> Iterator[Flask]:
    app = make_app(jobs="immediate")
    with closing(app.extensions["emulator"].db):
        yield app


def question(client: Humanloop) -> Any:
    """Return a Prompt that scripted models have an answer for."""
    return client.prompts.upsert(path="Question", model="gpt-4o", template=TEMPLATE)


def test_prompts_are_called(client: Humanloop) -> None:
    prompt = question(client)
    answer = client.prompts.call(path="Question", inputs=FRANCE, num_samples=2, metadata={"from": "a test"})
    assert [(sample.index, sample.output) for sample in answer.logs] == [(0, "Paris"), (1, "Paris")]
    assert (answer.prompt.version_id, answer.inputs, answer.metadata) == (
        prompt.version_id,
        FRANCE,
        {"from": "a test"},
    )
    assert answer.logs[0].output_message.role == "assistant"
    assert answer.logs[0].prompt_tokens > 0
    assert client.logs.get(answer.id)["output"] == "Paris"
    assert len(client.logs.list(file_id=prompt.id).items) == 2


def test_a_call_of_new_content_makes_the_version(client: Humanloop) -> None:
    answer = client.prompts.call(path="Question", prompt={"model": "gpt-4o", "template": TEMPLATE}, inputs=FRANCE)
    assert question(client).version_id == answer.prompt.version_id


def test_events_of_a_prompt_come_before_the_model_has_finished(app: Flask, client: Humanloop) -> None:
    prompt, model = question(client), use(app, Stepwise("Pa", "ri", "s"))
    events = client.prompts.call_stream(id=prompt.id, inputs=FRANCE)
    first = next(events)
    assert (first.output, model.given) == ("Pa", 1)
    assert (next(events).output, model.given) == ("ri", 2)
    *_, last = events
    assert (last.output, last.finish_reason, last.prompt_id) == ("", "stop", prompt.id)
    assert client.logs.get(first.id)["output"] == "Paris"


def test_events_of_an_agent_come_before_the_model_has_finished(app: Flask, client: Humanloop) -> None:
    client.agents.upsert(path="Helper", model="gpt-4o")
    model = use(app, Stepwise("Ra", "in"))
    events = client.agents.call_stream(path="Helper", messages=ASK)
    begun = [next(events) for _ in range(3)]
    assert [event.type for event in begun] == ["agent_turn_start", "agent_start", "agent_update"]
    assert (begun[-1].payload.output, model.given) == ("Ra", 1)
    *_, last = events
    assert (last.type, last.payload.output) == ("agent_turn_end", "Rain")


@pytest.mark.parametrize(("error", "status"), FAILURES)
def test_a_failing_model_is_an_error_with_status_and_body(
    app: Flask, client: Humanloop, error: dict[str, Any], status: int
) -> None:
    Models(app).answer(match={"model": "broken"}, error=error)
    client.agents.upsert(path="Helper", model="broken")
    with pytest.raises(ApiError) as of_agent:
        client.agents.call(path="Helper", messages=ASK)
    with pytest.raises(ApiError) as of_stream:
        next(iter(client.prompts.call_stream(path="P", prompt={"model": "broken"}, messages=ASK)))
    with pytest.raises(HumanloopRuntimeError) as wrapped:  # the SDK does so in `prompts.call` alone
        client.prompts.call(path="P", prompt={"model": "broken"}, messages=ASK)
    detail = {name: error.get(name) for name in ("type", "message", "code")} | {"origin": "scripted"}
    for raised in (of_agent.value, of_stream.value, wrapped.value.__cause__):
        assert isinstance(raised, ApiError)
        assert (raised.status_code, raised.body) == (status, {"detail": detail})
    logs = client.logs.list(file_id=client.files.retrieve_by_path(path="P").id)
    assert [log.error for log in logs] == [error["message"]] * 2


def test_a_model_that_fails_on_the_way_says_so_in_an_event(app: Flask, client: Humanloop) -> None:
    Models(app).answer("Half of it", match={"model": "broken"}, error={"message": "It broke.", "after_chunks": 1})
    events = list(client.prompts.call_stream(path="P", prompt={"model": "broken"}, messages=ASK))
    assert [(event.output, event.error) for event in events] == [("Half", None), ("", "It broke.")]


def test_a_missing_input_is_422_with_its_place(client: Humanloop) -> None:
    question(client)
    with pytest.raises(HumanloopRuntimeError) as caught:
        client.prompts.call(path="Question")
    error = caught.value.__cause__
    assert isinstance(error, ApiError)
    assert (error.status_code, error.body.detail["loc"]) == (422, ["body", "inputs"])


def evaluators(client: Humanloop) -> list[dict[str, Any]]:
    """Store Evaluators that the server runs, and return how `evaluations.run` names them."""
    client.evaluators.upsert(path="Right", spec=python(RIGHT, compares=True))
    client.evaluators.upsert(path="Length", spec=python(LENGTH, "number"))
    client.evaluators.upsert(path="Judge", spec=llm(JUDGE, compares=True))
    return [{"path": "Right", "threshold": 0.5}, {"path": "Length"}, {"path": "Judge", "threshold": 0.9}]


def test_an_evaluation_without_code_is_left_to_the_server(client: Humanloop) -> None:
    with impatient_sdk():
        first, second = (
            client.evaluations.run(
                name="Cities",
                file={"path": "Question", "type": "prompt", "version": {"model": model, "template": TEMPLATE}},
                dataset={"path": "Cities", "datapoints": POINTS},
                evaluators=evaluators(client),
            )
            for model in ("gpt-4o", "gpt-4o-mini")
        )
    assert [check.threshold_check for check in first] == [True, None, False]
    assert [(check.path, check.score, check.threshold_check) for check in second] == [
        ("Right", 0.75, True),
        ("Length", 7.0, None),
        ("Judge", 0.75, False),
    ]
    stats = client.evaluations.get_stats(second[0].evaluation_id)
    assert [(run.status, run.num_logs) for run in stats.run_stats] == [("completed", 4)] * 2
    runs = client.evaluations.list_runs_for_evaluation(second[0].evaluation_id).runs
    assert [run.orchestrated for run in runs] == [True, True]


def test_an_evaluation_of_an_agent_is_left_to_the_server(client: Humanloop) -> None:
    with impatient_sdk():
        checks = client.evaluations.run(
            name="Cities",
            file={"path": "Helper", "type": "agent", "version": {"model": "gpt-4o", "template": TEMPLATE}},
            dataset={"path": "Cities", "datapoints": POINTS},
            evaluators=evaluators(client)[:1],
        )
    stats = client.evaluations.get_stats(checks[0].evaluation_id)
    [run] = stats.run_stats
    assert (run.status, run.num_logs, run.evaluator_stats[0].num_true) == ("completed", 4, 3)


def test_logs_of_the_caller_are_judged_by_both(client: Humanloop) -> None:
    def look_up(country: str) -> str:
        return CITIES[country]

    def short(log: dict[str, Any]) -> bool:
        return len(log["output"]) < 6

    own = {"path": "Short", "args_type": "target_free", "return_type": "boolean", "callable": short}
    with impatient_sdk():
        checks = client.evaluations.run(
            name="Cities",
            file={"path": "Atlas", "type": "flow", "version": {"attributes": {"pages": 3}}, "callable": look_up},
            dataset={"path": "Cities", "datapoints": POINTS},
            evaluators=[*evaluators(client), own],
        )
    [run] = client.evaluations.get_stats(checks[0].evaluation_id).run_stats
    right, length, judge, by_caller = run.evaluator_stats
    assert (run.status, run.num_logs, right.num_true, length.mean) == ("completed", 4, 4, 5.5)
    assert (judge.num_true, by_caller.num_true, by_caller.num_false) == (4, 3, 1)


def test_example_evaluators_are_named_as_in_a_new_account() -> None:
    app = make_app(jobs="immediate", seed="default")
    client = make_client(app)
    with closing(app.extensions["emulator"].db):
        with impatient_sdk():
            checks = client.evaluations.run(
                name="Cities",
                file={"path": "Question", "type": "prompt", "version": {"model": "gpt-4o", "template": TEMPLATE}},
                dataset={"path": "Cities", "datapoints": POINTS},
                evaluators=[
                    {"path": "Example Evaluators/Code/Exact match", "threshold": 0.5},
                    {"path": "Example Evaluators/Code/Levenshtein"},
                    {"path": "Example Evaluators/Code/Latency"},
                    {"path": "Example Evaluators/AI/Helpfulness"},
                    {"path": "Example Evaluators/AI/Semantic similarity", "threshold": 0.8},
                ],
            )
        [run] = client.evaluations.get_stats(checks[0].evaluation_id).run_stats
    assert [check.threshold_check for check in checks] == [True, None, None, None, False]
    exact, edits, latency, helpful, similar = run.evaluator_stats
    assert (run.status, exact.num_true, helpful.num_true, similar.mean) == ("completed", 3, 4, 0.75)
    assert edits.sum == len("Rio de Janeiro") - 1  # instead of Brasília, with an `i` in common
    assert latency.num_judgments == 4


def test_the_asynchronous_client_calls_and_streams(server: ServerProcess) -> None:
    async def ask() -> None:
        client = AsyncHumanloop(api_key="asynchronous-runtime", base_url=f"{server.url}/v5")
        await client.prompts.upsert(path="Question", model="gpt-4o", template=TEMPLATE)
        agent = await client.agents.upsert(path="Helper", model="gpt-4o", template=TEMPLATE)
        answers = await asyncio.gather(
            *(client.prompts.call(path="Question", inputs={"country": name}) for name in CITIES)
        )
        assert [answer.logs[0].output for answer in answers] == ["Paris", "Rio de Janeiro", "Tokyo", "Lima"]
        pieces = [event async for event in client.prompts.call_stream(path="Question", inputs={"country": "Brazil"})]
        assert [piece.output for piece in pieces] == ["Rio", " de", " Janeiro", ""]
        assert (await client.logs.get(pieces[0].id))["output"] == "Rio de Janeiro"
        answer = await client.agents.call(id=agent.id, inputs=FRANCE)
        assert (answer.output, answer.log_status) == ("Paris", "complete")
        events = [event.type async for event in client.agents.call_stream(id=agent.id, inputs=FRANCE)]
        assert (events[0], events[-1]) == ("agent_turn_start", "agent_turn_end")

    asyncio.run(ask())
