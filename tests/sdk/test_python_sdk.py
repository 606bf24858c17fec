"""Every method of the Python SDK for Files: versions, deployments, monitoring, and what each kind has besides."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from humanloop import AgentResponse, EvaluatorResponse, Humanloop

from tests.sdk.whole import Recorder, whole

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is {{place}}?"}]
FUNCTION = {"name": "add", "description": "Add.", "parameters": {"type": "object", "properties": {}}}
TOOL = {"type": "inline", "json_schema": FUNCTION}
SPEC = {"arguments_type": "target_free", "return_type": "boolean", "evaluator_type": "external"}


@pytest.fixture
def evaluator(client: Humanloop) -> EvaluatorResponse:
    return client.evaluators.upsert(path="Judges/Any", spec=SPEC)


def walk(files: Recorder, noun: str, upsert: Callable[[int], Any]) -> None:
    """Call the methods that all kinds of File have; `upsert` stores content number 0 or 1 at one path."""
    edit = getattr(
        files, f"update_{noun}_version" if hasattr(files, f"update_{noun}_version") else f"patch_{noun}_version"
    )
    delete_version = getattr(files, f"delete_{noun}_version")
    first, second = upsert(0), upsert(1)
    assert (first.id, first.type) == (second.id, noun)
    assert upsert(0).version_id == first.version_id != second.version_id
    assert [file.id for file in files.list(name=first.name, sort_by="name", order="asc")] == [first.id]
    assert [v.version_id for v in files.list_versions(first.id).records] == [second.version_id, first.version_id]

    assert files.get(first.id).version_id == first.version_id
    assert files.get(first.id, version_id=second.version_id).version_id == second.version_id
    environments = {e.name: e.id for e in files.list_environments(first.id)}
    assert files.set_deployment(first.id, environments["staging"], version_id=second.version_id).type == noun
    assert files.get(first.id, environment="staging").version_id == second.version_id
    assert [e.file and e.file.version_id for e in files.list_environments(first.id) if e.name == "staging"] == [
        second.version_id
    ]
    assert files.remove_deployment(first.id, environments["staging"]) is None
    assert [e.file for e in files.list_environments(first.id) if e.name == "staging"] == [None]

    named = edit(first.id, first.version_id, name="v1", description="The first.")
    assert (named.version_name, named.version_description) == ("v1", "The first.")
    assert delete_version(first.id, second.version_id) is None
    assert [v.version_id for v in files.list_versions(first.id).records] == [first.version_id]
    assert files.move(first.id, path="Moved/Here").path == "Moved/Here"
    assert files.delete(first.id) is None
    assert list(files.list()) == []


def watch(files: Recorder, file: Any, evaluator: EvaluatorResponse) -> None:
    """Switch monitoring on and off."""
    reference = {"evaluator_version_id": evaluator.version_id}
    [watcher] = files.update_monitoring(file.id, activate=[reference]).evaluators
    assert (watcher.state, watcher.version_reference.version.id) == ("active", evaluator.id)
    [watcher] = files.update_monitoring(file.id, deactivate=[reference]).evaluators
    assert watcher.state == "inactive"


def converse(agents: Recorder, agent: AgentResponse) -> None:
    """Call an Agent that waits for a tool of its caller, and go on with it; once as a whole, once in events."""
    question = {"id": agent.id, "inputs": {"place": "Oslo"}, "tool_choice": "required"}
    waiting = agents.call(**question)
    [call] = waiting.previous_agent_message.tool_calls
    answer = {"role": "tool", "content": "North", "tool_call_id": call.id}
    done = agents.continue_call(log_id=waiting.id, messages=[answer])
    assert (waiting.log_status, done.log_status, done.id) == ("incomplete", "complete", waiting.id)
    assert done.output.endswith("North")
    *_, waits = agents.call_stream(**question)
    answer["tool_call_id"] = waits.payload.output_message.tool_calls[0].id
    *_, ends = agents.continue_call_stream(log_id=waits.log_id, messages=[answer])
    assert (waits.type, ends.type) == ("agent_turn_suspend", "agent_turn_end")
    assert (ends.payload.id, ends.payload.output) == (waits.log_id, done.output)


def test_prompts(client: Humanloop, evaluator: EvaluatorResponse) -> None:
    with whole(client, "prompts") as prompts:
        chat = prompts.upsert(path="Chat", model="gpt-4o", template=MESSAGES, temperature=0.2, stop=["\n"])
        assert (chat.temperature, chat.top_p, chat.inputs[0].name) == (0.2, 1, "place")
        populated = prompts.populate(chat.id, request={"place": "Oslo"}).populated_template
        assert populated[1]["content"] == "Where is Oslo?"
        text = prompts.serialize(chat.id)
        assert "gpt-4o" in text and "Where is {{place}}?" in text
        kernel = prompts.deserialize(prompt=text)
        assert (kernel.model, kernel.temperature, kernel.template[0]["content"]) == ("gpt-4o", 0.2, "Be brief.")
        asked = {"path": "Chat", "inputs": {"place": "Oslo"}}
        said = prompts.call(**asked).logs[0].output
        assert said.endswith("Where is Oslo?")
        assert "".join(event.output for event in prompts.call_stream(**asked)) == said
        watch(prompts, chat, evaluator)
        log = prompts.log(id=chat.id, messages=MESSAGES, output="North", prompt_tokens=7)
        assert (log.prompt_id, log.version_id) == (chat.id, chat.version_id)
        assert prompts.update_log(chat.id, log.id, output="South")["output"] == "South"
        prompts.delete(chat.id)
        walk(prompts, "prompt", lambda number: prompts.upsert(path="Tour/One", model=f"model-{number}"))


def test_tools(client: Humanloop, evaluator: EvaluatorResponse) -> None:
    with whole(client, "tools") as tools:
        adder = tools.upsert(path="Add", function=FUNCTION, source_code="def add(): pass", attributes={"safe": True})
        assert (adder.function.name, adder.attributes) == ("add", {"safe": True})
        assert [v.name for v in tools.add_environment_variable(adder.id, request=[{"name": "KEY", "value": "1"}])] == [
            "KEY"
        ]
        assert [(v.name, v.value) for v in tools.get_environment_variables(adder.id)] == [("KEY", "1")]
        assert tools.delete_environment_variable(adder.id, "KEY") == []
        snippet = tools.call(path="Signature", tool={"tool_type": "snippet", "source_code": "Yours."})
        assert (snippet.output, snippet.error) == ("Yours.", None)
        tools.delete(snippet.tool.id)
        watch(tools, adder, evaluator)
        log = tools.log(id=adder.id, inputs={"a": 1}, output="3")
        assert (log.tool_id, log.version_id) == (adder.id, adder.version_id)
        assert tools.update(adder.id, log.id, output="4")["output"] == "4"
        tools.delete(adder.id)
        walk(tools, "tool", lambda number: tools.upsert(path="Tour/One", function=FUNCTION | {"name": f"n{number}"}))


def test_flows(client: Humanloop, evaluator: EvaluatorResponse) -> None:
    with whole(client, "flows") as flows:
        flow = flows.upsert(path="Chain", attributes={"retriever": {"top_k": 3}})
        assert flow.attributes == {"retriever": {"top_k": 3}}
        watch(flows, flow, evaluator)
        log = flows.log(id=flow.id, inputs={"question": "Why?"}, log_status="incomplete")
        assert (log.flow_id, log.version_id, log.log_status) == (flow.id, flow.version_id, "incomplete")
        updated = flows.update_log(log.id, output="Because.", log_status="complete")
        assert (updated.output, updated.log_status) == ("Because.", "complete")
        flows.delete(flow.id)
        walk(flows, "flow", lambda number: flows.upsert(path="Tour/One", attributes={"number": number}))


def test_agents(client: Humanloop, evaluator: EvaluatorResponse) -> None:
    with whole(client, "agents") as agents:
        agent = agents.upsert(path="Clerk", model="gpt-4o", template=MESSAGES, max_iterations=4, tools=[TOOL])
        assert (agent.max_iterations, agent.inputs[0].name) == (4, "place")
        kernel = agents.deserialize(agent=agents.serialize(agent.id))
        assert (kernel.max_iterations, kernel.template[1]["content"]) == (4, "Where is {{place}}?")
        converse(agents, agent)
        watch(agents, agent, evaluator)
        log = agents.log(id=agent.id, output="Done", log_status="incomplete")
        assert (log.agent_id, log.log_status) == (agent.id, "incomplete")
        updated = agents.update_log(agent.id, log.id, output="Done!", log_status="complete")
        assert (updated.output, updated.log_status) == ("Done!", "complete")
        agents.delete(agent.id)
        walk(agents, "agent", lambda number: agents.upsert(path="Tour/One", model=f"model-{number}"))


def test_evaluators(client: Humanloop) -> None:
    judged = client.prompts.log(path="Judged", prompt={"model": "gpt-4o"}, output="Fine.")
    with whole(client, "evaluators") as evaluators:
        judge = evaluators.upsert(path="Judge", spec=SPEC)
        assert (judge.spec.evaluator_type, judge.spec.return_type) == ("external", "boolean")
        log = evaluators.log(path="Judge", parent_id=judged.id, judgment=True)
        assert (log.parent_id, log.version_id) == (judged.id, judge.version_id)
        watch(evaluators, judge, judge)
        evaluators.delete(judge.id)
        walk(
            evaluators, "evaluator", lambda n: evaluators.upsert(path="Tour/One", spec=SPEC | {"attributes": {"n": n}})
        )


def test_datasets(client: Humanloop) -> None:
    points: list[dict[str, Any]] = [{"inputs": {"n": str(n)}, "target": {"output": str(n * n)}} for n in range(3)]
    with whole(client, "datasets") as datasets:
        made = datasets.upsert(path="Squares", datapoints=points, include_datapoints=True)
        assert [point.inputs for point in made.datapoints] == [{"n": "0"}, {"n": "1"}, {"n": "2"}]
        assert datasets.upsert(path="Squares", action="add", datapoints=[]).version_id == made.version_id
        rows = io.BytesIO(b"n,target\n3,9\n4,16\n")
        loaded = datasets.upload_csv(made.id, file=("squares.csv", rows, "text/csv"), version_name="From CSV")
        assert (loaded.datapoints_count, loaded.version_name) == (5, "From CSV")
        pages = datasets.list_datapoints(made.id, version_id=loaded.version_id, size=2)
        assert [point.target["output"] for point in pages] == ["0", "1", "4", "9", "16"]
        datasets.delete(made.id)
        walk(datasets, "dataset", lambda number: datasets.upsert(path="Tour/One", datapoints=points[: number + 1]))
