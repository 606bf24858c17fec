"""Tools: functions with their signature, and the variables of their environment."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files, function
from tests.conftest import Api


@pytest.fixture
def tools(api: Api) -> Files:
    return Files(api, "tool")


def make(api: Api, path: str = "search", **fields: Any) -> JsonObject:
    return api.post("/tools", {"path": path, **fields})


class Variables:
    """The environment variables of one Tool."""

    def __init__(self, api: Api, tool: JsonObject) -> None:
        self.api = api
        self.url = f"/tools/{tool['id']}/environment-variables"

    def set(self, **values: str) -> dict[str, str]:
        return as_dict(self.api.post(self.url, [{"name": name, "value": value} for name, value in values.items()]))

    def get(self) -> dict[str, str]:
        return as_dict(self.api.get(self.url))

    def delete(self, name: str) -> dict[str, str]:
        return as_dict(self.api.delete(f"{self.url}/{name}"))


def as_dict(variables: list[JsonObject]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in variables}


@pytest.fixture
def variables(api: Api) -> Variables:
    return Variables(api, make(api, function=function("search")))


def test_a_function_has_a_signature_and_inputs(api: Api) -> None:
    tool = make(api, function=function("search", "limit", "query"))
    assert tool["signature"] == "search(limit, query)"
    assert tool["inputs"] == [{"name": "limit"}, {"name": "query"}]
    assert tool["function"] == function("search", "limit", "query")


def test_a_tool_without_a_function_has_none(api: Api) -> None:
    tool = make(api, source_code="def search():\n    pass", tool_type="python")
    assert (tool["signature"], tool["inputs"], tool["function"]) == (None, [], None)


def test_a_function_may_have_no_parameters(api: Api) -> None:
    tool = make(api, function={"name": "now", "description": "The time."})
    assert tool["signature"] == "now()"
    assert tool["function"] == {"name": "now", "description": "The time.", "strict": None, "parameters": None}
    odd = make(api, function={"name": "now", "description": "The time.", "parameters": {"properties": [1]}})
    assert odd["inputs"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("function", function("find")),
        ("source_code", "pass"),
        ("setup_values", {"index": "main"}),
        ("attributes", {"owner": "Ada"}),
        ("tool_type", "json_schema"),
    ],
)
def test_each_content_field_decides_the_version(api: Api, field: str, value: Any) -> None:
    plain = make(api, function=function("search"))
    other = make(api, **{"function": function("search"), field: value})
    assert other["version_id"] != plain["version_id"]
    assert other[field] == value


def test_an_unknown_type_is_refused(api: Api, tools: Files) -> None:
    detail = api.detail("POST", "/tools", {"path": "search", "tool_type": "magic"}, status=422)
    assert detail[0]["loc"] == ["body", "tool_type"]
    assert tools.page()["total"] == 0


def test_a_new_tool_has_no_environment_variables(variables: Variables) -> None:
    assert variables.get() == {}


def test_variables_are_added_and_changed_in_their_order(variables: Variables) -> None:
    assert variables.set(TOKEN="a", URL="b") == {"TOKEN": "a", "URL": "b"}
    assert variables.set(MORE="c", TOKEN="d") == {"TOKEN": "d", "URL": "b", "MORE": "c"}
    assert list(variables.get()) == ["TOKEN", "URL", "MORE"]


def test_a_variable_is_deleted_by_its_name(variables: Variables) -> None:
    variables.set(TOKEN="a", URL="b")
    assert variables.delete("TOKEN") == variables.get() == {"URL": "b"}
    detail = variables.api.detail("DELETE", f"{variables.url}/TOKEN", status=404)
    assert detail["loc"] == ["path", "name"]


def test_a_list_with_a_wrong_member_stores_nothing(variables: Variables) -> None:
    body = [{"name": "TOKEN", "value": "a"}, {"name": "URL"}]
    detail = variables.api.detail("POST", variables.url, body, status=422)
    assert [problem["loc"] for problem in detail] == [["body", 1, "value"]]
    assert variables.api.detail("POST", variables.url, {"name": "TOKEN", "value": "a"}, status=422)
    assert variables.get() == {}


def test_variables_belong_to_the_tool_and_not_to_a_version(api: Api) -> None:
    variables = Variables(api, make(api, function=function("search")))
    variables.set(TOKEN="a")
    assert Variables(api, make(api, function=function("find"))).get() == {"TOKEN": "a"}
    assert Variables(api, make(api, "other", function=function("find"))).get() == {}


def test_the_variables_of_an_unknown_tool_are_not_found(api: Api) -> None:
    unknown = Variables(api, {"id": "no_such"})
    assert api.detail("GET", unknown.url, status=404)
    assert api.detail("POST", unknown.url, [{"name": "TOKEN", "value": "a"}], status=404)
    assert api.detail("DELETE", f"{unknown.url}/TOKEN", status=404)
