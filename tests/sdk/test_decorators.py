"""The decorators of the Python SDK: what they send becomes traces, versions, and Logs of Runs."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.processes import ServerProcess
from tests.sdk.test_example import impatient_sdk
from tests.sdk.tracing import Tracing, call_model


@pytest.fixture
def tracing(server: ServerProcess, request: pytest.FixtureRequest) -> Tracing:
    return Tracing(server, f"decorators-{request.node.name}")


def outline(log: JsonObject) -> tuple[str, str | None, list[Any]]:
    """Return the path, the output and the children of a Log."""
    kind = next(kind for kind in ("flow", "prompt", "tool") if kind in log)
    return log[kind]["path"], log["output"], [outline(child) for child in log["trace_children"] or []]


def test_a_flow_holds_its_prompts_and_tools(tracing: Tracing) -> None:
    with tracing.recording() as (client, provider):

        @client.tool(path="a/double", attributes={"team": "blue"})
        def double(number: int, note: str | None = None) -> int:
            """Double it."""
            return 2 * number

        @client.prompt(path="a/ask")
        def ask(question: str) -> str:
            return call_model(provider, question, "42")

        @client.flow(path="a/flow", attributes={"kind": "test"})
        def answer(question: str) -> str:
            return f"{ask(question)} and {double(21)}"

        assert answer("How many?") == "42 and 42"
    [log] = tracing.logs("a/flow")
    assert outline(log) == ("a/flow", "42 and 42", [("a/ask", "42", []), ("a/double", "42", [])])
    assert (log["inputs"], log["log_status"], log["flow"]["attributes"]) == (
        {"question": "How many?"},
        "complete",
        {"kind": "test"},
    )
    prompt, tool = log["trace_children"]
    assert log["start_time"] <= prompt["start_time"] <= tool["start_time"] <= tool["end_time"] <= log["end_time"]
    assert (prompt["prompt"]["model"], prompt["prompt"]["provider"]) == ("gpt-4o", "openai")
    assert ([message["content"] for message in prompt["messages"]], prompt["prompt_tokens"]) == (["How many?"], 7)
    assert tool["inputs"] == {"number": "21"}
    stored = tracing.reader.tools.upsert(path="a/double", **double.file["version"])  # type: ignore[attr-defined]
    assert stored.version_id == tool["tool"]["version_id"]
    assert stored.function.parameters["required"] == ["number"]


def test_calls_outside_of_a_flow_are_logs_of_their_own(tracing: Tracing) -> None:
    with tracing.recording() as (client, provider):

        @client.tool(path="a/now")
        def now() -> str:
            return "noon"

        @client.prompt(path="a/ask")
        def ask() -> str:
            return call_model(provider, "Well?", "Yes.")

        assert (now(), ask()) == ("noon", "Yes.")
    [tool], [prompt] = tracing.logs("a/now"), tracing.logs("a/ask")
    assert (tool["trace_id"], prompt["trace_id"], prompt["output"]) == (None, None, "Yes.")
    assert tool["tool"]["function"]["parameters"]["properties"] == {}


def test_flows_nest(tracing: Tracing) -> None:
    with tracing.recording() as (client, _):

        @client.tool(path="a/leaf")
        def leaf() -> str:
            return "leaf"

        @client.flow(path="a/inner")
        def inner() -> str:
            return leaf()

        @client.flow(path="a/outer")
        def outer() -> dict[str, str]:
            return {"role": "assistant", "content": inner()}

        assert outer()["content"] == "leaf"
    [log] = tracing.logs("a/outer")
    assert outline(log) == ("a/outer", None, [("a/inner", "leaf", [("a/leaf", "leaf", [])])])
    assert log["output_message"]["content"] == "leaf"
    assert [log["log_status"], log["trace_children"][0]["log_status"]] == ["complete"] * 2


def test_exceptions_are_the_errors_of_their_logs(tracing: Tracing) -> None:
    with tracing.recording() as (client, _):

        @client.tool(path="a/tool")
        def broken() -> str:
            raise OSError("no disk")

        @client.flow(path="a/flow")
        def careless() -> str:
            try:
                broken()
            except Exception:
                raise ValueError("no answer") from None
            return "never"

        assert careless() is None
    [log] = tracing.logs("a/flow")
    assert (log["error"], log["output"], log["log_status"]) == ("no answer", None, "complete")
    assert [child["error"] for child in log["trace_children"]] == ["no disk"]


def test_after_an_error_of_the_sdk_it_goes_on_recording(tracing: Tracing) -> None:
    with tracing.recording() as (client, _):

        @client.flow(path="a/wrong")
        def wrong() -> None:
            client.flows.log(path="a/other", flow={"attributes": {}})  # which a decorated flow may not

        @client.flow(path="a/right")
        def right() -> str:
            return "done"

        with pytest.raises(Exception, match="not allowed"):
            wrong()
        assert right() == "done"
    assert tracing.logs("a/wrong") == []
    assert [log["output"] for log in tracing.logs("a/right")] == ["done"]


def test_a_decorated_flow_is_evaluated_by_its_spans(tracing: Tracing) -> None:
    client, provider = tracing.recorder()

    @client.prompt(path="a/guess")
    def guess(country: str) -> str:
        return call_model(provider, country, f"{country} City")

    @client.flow(path="a/flow")
    def answer(country: str) -> str:
        return guess(country)

    cities = {"Mexico": "Mexico City", "Peru": "Lima", "Panama": "Panama City"}
    points = [{"inputs": {"country": name}, "target": {"city": city}} for name, city in cities.items()]
    judge = {"path": "a/right", "args_type": "target_required", "return_type": "boolean", "threshold": 0.5}
    with impatient_sdk():
        checks = client.evaluations.run(
            name="Cities",
            file={"path": "a/flow", "callable": answer, "type": "flow"},
            dataset={"path": "a/cities", "datapoints": points},
            evaluators=[judge | {"callable": lambda log, point: log["output"] == point["target"]["city"]}],
        )
    provider.shutdown()
    stats = client.evaluations.get_stats(checks[0].evaluation_id)
    [run] = stats.run_stats
    assert (run.num_logs, run.status, run.evaluator_stats[0].num_true) == (3, "completed", 2)
    page = client.evaluations.get_logs(checks[0].evaluation_id, size=10)
    assert {record.datapoint.inputs["country"]: record.log.output for record in page.records} == {
        country: f"{country} City" for country in cities
    }
    assert {outline(log)[2][0][0] for log in tracing.logs("a/flow")} == {"a/guess"}
