"""Agents: what they have besides a model: inline tools, Files as tools, a limit of iterations."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files, function
from tests.conftest import Api

INLINE = {"type": "inline", "json_schema": function("search", "query"), "on_agent_call": "stop"}


@pytest.fixture
def agents(api: Api) -> Files:
    return Files(api, "agent")


def make(api: Api, *tools: JsonObject, **fields: Any) -> JsonObject:
    return api.post("/agents", {"path": "helper", "model": "gpt-4o", "tools": list(tools), **fields})


def linked(file: JsonObject, **link: str) -> JsonObject:
    return {"type": "file", "link": {"file_id": file["id"], **link}, "on_agent_call": "continue"}


def test_a_model_is_enough(api: Api) -> None:
    agent = api.post("/agents", {"path": "helper", "model": "gpt-4o"})
    expected = {"max_iterations": 5, "tools": [], "status": "committed", "temperature": 1, "provider": "openai"}
    assert {name: agent[name] for name in expected} == expected
    assert agent["committed_by"] == agent["created_by"]


def test_iterations_and_tools_decide_the_version(api: Api) -> None:
    plain = make(api)
    assert make(api, max_iterations=5)["version_id"] == plain["version_id"]
    assert make(api, max_iterations=6)["version_id"] != plain["version_id"]
    assert make(api, INLINE)["version_id"] != plain["version_id"]


def test_an_inline_tool_is_shown_as_it_was_sent(api: Api, agents: Files) -> None:
    agent = make(api, INLINE)
    assert agent["tools"] == [INLINE]
    assert agents.get(agent["id"])["tools"] == [INLINE]


def test_a_linked_file_is_shown_whole(api: Api) -> None:
    tool = Files(api, "tool").upsert("search")
    [shown] = make(api, linked(tool))["tools"]
    assert (shown["type"], shown["on_agent_call"], shown["file"]) == ("file", "continue", tool)
    assert shown["link"] == {"file_id": tool["id"], "version_id": None, "environment_id": None}


@pytest.mark.parametrize("kind", ["prompt", "agent", "tool"])
def test_files_of_several_kinds_are_linked(api: Api, kind: str) -> None:
    file = Files(api, kind).upsert("other")
    [shown] = make(api, linked(file))["tools"]
    assert (shown["file"]["id"], shown["file"]["type"]) == (file["id"], kind)


def test_linked_and_inline_tools_keep_their_order(api: Api) -> None:
    tool = Files(api, "tool").upsert("search")
    assert [item["type"] for item in make(api, INLINE, linked(tool), INLINE)["tools"]] == ["inline", "file", "inline"]


def test_a_link_follows_deployments_unless_it_names_a_version(api: Api, agents: Files) -> None:
    tools = Files(api, "tool")
    first, second = tools.upsert("search"), tools.upsert("search", 2)
    third = tools.upsert("search", 3)
    tools.deploy(third, "staging")
    staging = tools.environments(first["id"])["staging"]["id"]
    agent = make(
        api,
        linked(first),
        linked(first, version_id=second["version_id"]),
        linked(first, environment_id=staging),
    )
    assert versions(agent) == [first["version_id"], second["version_id"], third["version_id"]]
    tools.deploy(second, "production")
    tools.deploy(first, "staging")
    assert versions(agents.get(agent["id"])) == [second["version_id"], second["version_id"], first["version_id"]]


def versions(agent: JsonObject) -> list[str]:
    return [tool["file"]["version_id"] for tool in agent["tools"]]


def test_a_link_that_leads_nowhere_is_refused(api: Api, agents: Files) -> None:
    tools = Files(api, "tool")
    tool, other = tools.upsert("search"), tools.upsert("other")
    staging = tools.environments(tool["id"])["staging"]["id"]
    for broken in (
        linked({"id": "no_such"}),
        linked(tool, version_id="no_such"),
        linked(tool, version_id=other["version_id"]),
        linked(tool, environment_id=staging),
        linked(tool, environment_id="no_such"),
    ):
        body = {"path": "helper", "model": "gpt-4o", "tools": [linked(tool), broken]}
        assert api.detail("POST", "/agents", body, status=404)["loc"] == ["body", "tools"]
    body = {"path": "helper", "model": "gpt-4o", "tools": [linked(tool, version_id="no_such")]}
    assert "'no_such'" in api.detail("POST", "/agents", body, status=404)["description"]
    assert agents.page()["total"] == 0


def test_a_linked_file_that_is_deleted_later_is_shown_as_null(api: Api, agents: Files) -> None:
    tools = Files(api, "tool")
    tool = tools.upsert("search")
    agent = make(api, linked(tool))
    tools.delete(tool["id"])
    [shown] = agents.get(agent["id"])["tools"]
    assert (shown["link"]["file_id"], shown["file"]) == (tool["id"], None)


def test_agents_may_link_to_each_other(api: Api, agents: Files) -> None:
    one = make(api)
    other = api.post("/agents", {"path": "other", "model": "gpt-4o", "tools": [linked(one)]})
    again = make(api, linked(other))
    agents.deploy(again, "production")
    assert agents.get(one["id"])["tools"][0]["file"]["id"] == other["id"]
    assert api.get("/files", query_string={"sort_by": "name", "order": "asc"})["total"] == 2


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "inline"},
        {"type": "file"},
        {"type": "file", "link": {}},
        {"type": "magic"},
        {},
        {**INLINE, "on_agent_call": "explode"},
    ],
)
def test_a_malformed_tool_is_refused_at_its_position(api: Api, agents: Files, tool: JsonObject) -> None:
    body = {"path": "helper", "model": "gpt-4o", "tools": [INLINE, tool]}
    detail = api.detail("POST", "/agents", body, status=422)
    assert {tuple(problem["loc"][:3]) for problem in detail} == {("body", "tools", 1)}
    assert agents.page()["total"] == 0
