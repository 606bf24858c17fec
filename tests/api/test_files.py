"""Files of all kinds together: listed with every filter, retrieved by path, shown with their text."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import KINDS, Files
from tests.conftest import Api

SERIALIZABLE = ("prompt", "agent")


class Workspace:
    """One File of each kind, at `<kind>s/<Kind>`; and all routes that do not ask for a kind."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.files = {kind: Files(api, kind).upsert(f"{kind}s/{kind.title()}") for kind in KINDS}

    def page(self, **query: Any) -> JsonObject:
        return self.api.get("/files", query_string=query)

    def kinds(self, **query: Any) -> list[str]:
        """Return the kinds of the listed Files, the oldest first."""
        return [record["type"] for record in self.page(order="asc", **query)["records"]]

    def refused(self, *, status: int, **query: Any) -> Any:
        return self.api.detail("GET", "/files", status=status, query_string=query)

    def retrieve(self, path: str, **query: Any) -> JsonObject:
        return self.api.post("/files/retrieve-by-path", {"path": path}, query_string=query)

    def not_retrieved(self, path: Any, *, status: int = 404, **query: Any) -> Any:
        body = {"path": path}
        return self.api.detail("POST", "/files/retrieve-by-path", body, status=status, query_string=query)


@pytest.fixture
def workspace(api: Api) -> Workspace:
    return Workspace(api)


def test_files_of_all_kinds_are_listed_newest_first(workspace: Workspace) -> None:
    page = workspace.page()
    assert page["records"] == list(workspace.files.values())[::-1]
    assert page | {"records": []} == {"records": [], "page": 1, "size": 10, "total": 6}


def test_types_can_be_combined(workspace: Workspace) -> None:
    assert workspace.kinds(type="tool") == ["tool"]
    assert workspace.kinds(type=["flow", "prompt", "flow"]) == ["prompt", "flow"]
    assert workspace.refused(status=422, type="log")[0]["loc"][:2] == ["query", "type"]


def test_a_path_limits_the_list_to_all_below_a_directory(workspace: Workspace) -> None:
    Files(workspace.api, "flow").upsert("prompts/deep/er/flow")
    Files(workspace.api, "tool").upsert("prompts2/tool")
    assert workspace.kinds(path="prompts") == ["prompt", "flow"]
    assert workspace.kinds(path="prompts/deep") == ["flow"]
    assert workspace.kinds(path="prompts", type="flow") == ["flow"]
    assert workspace.page(path="prompts", size=1, page=2)["total"] == 2


def test_a_path_is_no_pattern(workspace: Workspace) -> None:
    Files(workspace.api, "flow").upsert("a_b%/flow")
    Files(workspace.api, "flow").upsert("axbc/flow")
    assert [record["path"] for record in workspace.page(path="a_b%")["records"]] == ["a_b%/flow"]


@pytest.mark.parametrize("path", ["no/such", "prompt", "prompts/Prompt", "Prompts"])
def test_an_unknown_directory_is_said_to_be_unknown(workspace: Workspace, path: str) -> None:
    detail = workspace.refused(status=404, path=path)
    assert f"Directory `{path}` does not exist" in detail["description"]
    assert "'" not in detail["msg"] + detail["description"]


def test_an_environment_shows_what_runs_there(workspace: Workspace) -> None:
    flows = Files(workspace.api, "flow")
    assert workspace.page(environment="staging")["records"] == []
    second = flows.upsert("flows/Flow", 2)
    deployed = flows.deploy(second, "staging")
    assert workspace.page(environment="staging")["records"] == [deployed]
    assert workspace.page(environment="production")["total"] == 6
    flows.undeploy(second["id"], "production")
    assert workspace.page(environment="production")["total"] == 5
    assert workspace.page(environment="production", type="flow")["total"] == 0


@pytest.mark.parametrize("name", ["no such", "Production", "prod"])
def test_an_unknown_environment_is_said_to_be_unknown(workspace: Workspace, name: str) -> None:
    for detail in (
        workspace.refused(status=404, environment=name),
        workspace.not_retrieved("flows/Flow", environment=name),
    ):
        assert f"Environment `{name}` does not exist" in detail["description"]
        assert "'" not in detail["msg"] + detail["description"]


def test_a_name_is_a_part_in_any_case(workspace: Workspace) -> None:
    assert workspace.kinds(name="LO") == ["flow"]
    assert workspace.kinds(name="o") == ["prompt", "tool", "evaluator", "flow"]
    assert workspace.kinds(name="prompts/") == []


def test_there_are_no_template_files(workspace: Workspace) -> None:
    assert workspace.kinds(template="true") == []
    assert len(workspace.kinds(template="false")) == 6


def test_the_list_is_sorted_and_paged(workspace: Workspace) -> None:
    names = [record["name"] for record in workspace.page(sort_by="name", order="asc")["records"]]
    assert names == ["Agent", "Dataset", "Evaluator", "Flow", "Prompt", "Tool"]
    Files(workspace.api, "tool").upsert("tools/Tool", 2)
    assert workspace.page(sort_by="updated_at")["records"][0]["type"] == "tool"
    pages = [workspace.kinds(page=page, size=4) for page in (1, 2, 3)]
    assert pages == [list(KINDS[:4]), list(KINDS[4:]), []]
    assert workspace.page(size=0)["total"] == 6


def test_deleted_files_are_not_listed(workspace: Workspace) -> None:
    Files(workspace.api, "tool").delete(workspace.files["tool"]["id"])
    assert "tool" not in workspace.kinds()
    assert workspace.not_retrieved("tools/Tool")


def test_raw_content_is_the_text_of_prompts_and_agents(workspace: Workspace) -> None:
    for record in workspace.page(include_raw_file_content="true")["records"]:
        kind = record["type"]
        if kind in SERIALIZABLE:
            assert record["raw_file_content"] == workspace.api.get(f"/{kind}s/{record['id']}/serialize")
        else:
            assert "raw_file_content" not in record
    assert all(record.get("raw_file_content") is None for record in workspace.page()["records"])


def test_raw_content_is_of_the_version_in_the_environment(workspace: Workspace) -> None:
    prompts = Files(workspace.api, "prompt")
    second = prompts.upsert("prompts/Prompt", 2)
    prompts.deploy(second, "staging")
    query = {"environment": "staging", "include_raw_file_content": "true"}
    text = workspace.api.get(f"/prompts/{second['id']}/serialize", query_string={"environment": "staging"})
    assert "number: 2" in text
    assert workspace.page(**query)["records"][0]["raw_file_content"] == text
    assert workspace.retrieve("prompts/Prompt", **query)["raw_file_content"] == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_any_kind_is_retrieved_by_its_path(workspace: Workspace, kind: str) -> None:
    file = workspace.files[kind]
    assert workspace.retrieve(file["path"]) == file
    with_text = workspace.retrieve(file["path"], include_raw_file_content="true")
    assert ("model: gpt-4o" in with_text.get("raw_file_content", "")) == (kind in SERIALIZABLE)


def test_a_file_is_retrieved_as_it_runs_in_an_environment(workspace: Workspace) -> None:
    flows = Files(workspace.api, "flow")
    second = flows.upsert("flows/Flow", 2)
    assert workspace.retrieve("flows/Flow")["version_id"] != second["version_id"]
    assert workspace.not_retrieved("flows/Flow", environment="staging")["loc"] == ["query", "environment"]
    flows.deploy(second, "staging")
    assert workspace.retrieve("flows/Flow", environment="staging")["version_id"] == second["version_id"]


@pytest.mark.parametrize("path", ["flows/No such", "flows", "", "/flows/Flow", "flows/flow"])
def test_nothing_is_retrieved_from_another_path(workspace: Workspace, path: str) -> None:
    assert workspace.not_retrieved(path)["loc"] == ["body", "path"]


def test_a_path_to_retrieve_is_required(workspace: Workspace) -> None:
    assert workspace.not_retrieved(None, status=422)[0]["type"] == "type_error.none.not_allowed"
