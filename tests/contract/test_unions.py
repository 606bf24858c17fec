"""Unions as the official client resolves them: what an object is follows from its own fields."""

from collections.abc import Iterator
from typing import Any

import pytest
from humanloop import Humanloop

from tests.builders.files import KINDS, LOGGED
from tests.builders.workspace import EVALUATED, EVALUATORS, Workspace
from tests.conftest import Api, make_app
from tests.sdk.conftest import make_client

from .sdk_models import read

STATS = {
    "boolean": "BooleanEvaluatorStatsResponse",
    "number": "NumericEvaluatorStatsResponse",
    "select": "SelectEvaluatorStatsResponse",
    "multi_select": "SelectEvaluatorStatsResponse",
    "text": "TextEvaluatorStatsResponse",
}
SPECS = {
    "boolean": "ExternalEvaluatorRequest",
    "number": "CodeEvaluatorRequest",
    "select": "HumanEvaluatorRequest",
    "multi_select": "HumanEvaluatorRequest",
    "text": "LlmEvaluatorRequest",
}


class Place:
    """A workspace, and the official client that looks at it."""

    def __init__(self, workspace: Workspace, client: Humanloop) -> None:
        self.workspace = workspace
        self.client = client

    def __getitem__(self, name: str) -> str:
        return self.workspace[name]

    def files(self, kind: str) -> Any:
        """Return the client's part for the Files of a kind."""
        return getattr(self.client, f"{kind}s")

    def stats(self, kind: str) -> dict[str, dict[str, str]]:
        """Return the class of every stat, by Run and by Evaluator."""
        names = {self[f"{name}.version"]: name for name in EVALUATORS}
        return {
            run.run_id: {names[item.evaluator_version_id]: class_of(item) for item in run.evaluator_stats}
            for run in self.client.evaluations.get_stats(self[f"{kind}.evaluation"]).run_stats
        }


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    app = make_app()
    yield Place(Workspace(Api(app), "home"), make_client(app))
    app.extensions["emulator"].db.close()


def class_of(value: Any) -> str:
    return type(value).__name__


def file_class(kind: str) -> str:
    return f"{kind.title()}Response"


def log_class(kind: str) -> str:
    return f"{kind.title()}LogResponse"


@pytest.mark.parametrize("kind", EVALUATED)
def test_a_run_has_the_version_that_it_evaluates(place: Place, kind: str) -> None:
    runs = {run.id: run for run in place.client.evaluations.list_runs_for_evaluation(place[f"{kind}.evaluation"]).runs}
    run = runs[place[f"{kind}.run"]]
    assert (class_of(run.version), class_of(run.dataset)) == (file_class(kind), "DatasetResponse")
    assert run.version is not None and run.version.version_id == place[f"{kind}.version"]
    assert runs[place[f"{kind}.other_run"]].version is None


@pytest.mark.parametrize("kind", EVALUATED)
def test_stats_are_those_of_the_return_type_with_and_without_judgments(place: Place, kind: str) -> None:
    assert place.stats(kind) == {place[f"{kind}.run"]: STATS, place[f"{kind}.other_run"]: STATS}


@pytest.mark.parametrize("kind", EVALUATED)
def test_evaluation_logs_are_of_the_evaluated_kind(place: Place, kind: str) -> None:
    (record,) = place.client.evaluations.get_logs(place[f"{kind}.evaluation"]).records
    assert class_of(record.log) == log_class(kind)
    assert {class_of(log) for log in record.evaluator_logs} == {"EvaluatorLogResponse"}
    assert class_of(record.datapoint) == "DatapointResponse"


@pytest.mark.parametrize("kind", LOGGED)
def test_logs_are_of_the_kind_of_their_file(place: Place, kind: str) -> None:
    logs: list[Any] = list(place.client.logs.list(file_id=place[kind]))
    assert {(class_of(log), class_of(getattr(log, kind))) for log in logs} == {(log_class(kind), file_class(kind))}


@pytest.mark.parametrize("kind", LOGGED)
def test_a_single_log_is_of_the_kind_of_its_file(place: Place, kind: str) -> None:
    """The client leaves this answer a dict, so the model is asked."""
    answer = place.workspace.api.request("GET", f"/logs/{place[f'{kind}.log']}")
    assert class_of(read("LogResponse", answer.data)) == log_class(kind)
    assert place.client.logs.get(place[f"{kind}.log"]) == answer.get_json()


def test_a_trace_holds_logs_of_all_kinds(place: Place) -> None:
    logs: Any = place.client.logs.list(file_id=place["flow"], include_trace_children=True)
    trace = next(log for log in logs if log.id == place["flow.log"])
    children = {log.id: log for log in trace.trace_children}
    kinds = ("prompt", "tool", "agent", "evaluator")
    assert {name: class_of(log) for name, log in children.items()} == {
        place[f"{kind}.log"]: log_class(kind) for kind in kinds
    }
    (deep,) = children[place["agent.log"]].trace_children
    assert (class_of(deep), deep.id) == ("ToolLogResponse", place["deep.log"])


@pytest.mark.parametrize("kind", [kind for kind in EVALUATED if kind != "evaluator"])
def test_a_judgment_shows_the_log_that_it_judges(place: Place, kind: str) -> None:
    judgments = place.client.logs.list(file_id=place["boolean"], include_parent=True, size=100)
    parents = {judgment.parent_id: judgment.parent for judgment in judgments}  # type: ignore[union-attr]
    assert class_of(parents[place[f"{kind}.evaluated"]]) == log_class(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_all_kinds_are_told_apart(place: Place, kind: str) -> None:
    client, home = place.client, place["directory"]
    pages = {
        "directory": client.directories.get(home).files,
        "list": client.files.list_files(path="home", size=100).records,
        "type": client.files.list_files(path="home", type=kind).records,
        "path": [client.files.retrieve_by_path(path=place[f"{kind}.path"])],
    }
    for name, files in pages.items():
        found = {class_of(file) for file in files if file.id == place[kind]}
        assert found == {file_class(kind)}, name


@pytest.mark.parametrize("kind", KINDS)
def test_an_environment_shows_the_file_that_is_deployed_there(place: Place, kind: str) -> None:
    environments = {item.name: item.file for item in place.files(kind).list_environments(place[kind])}
    classes = {name: class_of(file) for name, file in environments.items()}
    here = file_class(kind)
    assert classes == {"production": here, "staging": here, "development": "NoneType"}


@pytest.mark.parametrize("name", EVALUATORS)
def test_an_evaluator_has_the_spec_of_its_type(place: Place, name: str) -> None:
    evaluator = place.client.evaluators.get(place[name])
    assert (class_of(evaluator.spec), evaluator.spec.return_type) == (SPECS[name], name)


@pytest.mark.parametrize("kind", EVALUATED)
def test_monitoring_tells_a_version_from_a_deployment(place: Place, kind: str) -> None:
    pinned, deployed = place.files(kind).get(place[kind]).evaluators
    assert class_of(pinned.version_reference) == "VersionIdResponse"
    assert class_of(pinned.version_reference.version) == "EvaluatorResponse"
    assert class_of(deployed.version_reference) == "VersionDeploymentResponse"
    assert class_of(deployed.version_reference.file) == "EvaluatorResponse"


def test_the_tools_of_an_agent_are_inline_or_files(place: Place) -> None:
    tools: list[Any] = list(place.client.agents.get(place["agent"]).tools)
    assert [class_of(tool) for tool in tools] == ["AgentInlineTool", *["AgentLinkedFileResponse"] * 2]
    assert [class_of(tool.file) for tool in tools[1:]] == ["ToolResponse", "PromptResponse"]


def test_a_linked_tool_is_shown_as_its_function(place: Place) -> None:
    (tool,) = place.client.prompts.get(place["prompt"]).linked_tools or []
    assert (class_of(tool), tool.id, tool.name) == ("LinkedToolResponse", place["tool"], "look_up")
