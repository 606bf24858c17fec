"""Prompts: the content of a model's version with the API's defaults, linked Tools, filled templates."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files, function
from tests.conftest import Api

DEFAULTS = {
    "endpoint": "chat",
    "provider": "openai",
    "template": None,
    "template_language": "default",
    "max_tokens": -1,
    "temperature": 1,
    "top_p": 1,
    "stop": None,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "other": {},
    "seed": None,
    "response_format": None,
    "reasoning_effort": None,
    "tools": None,
    "attributes": None,
    "linked_tools": [],
    "inputs": [],
}


@pytest.fixture
def prompts(api: Api) -> Files:
    return Files(api, "prompt")


def make(api: Api, path: str = "answer", **fields: Any) -> JsonObject:
    return api.post("/prompts", {"path": path, "model": "gpt-4o", **fields})


def test_a_model_is_enough(api: Api) -> None:
    prompt = make(api)
    assert {name: prompt[name] for name in DEFAULTS} == DEFAULTS


def test_content_that_is_left_out_is_content_with_the_defaults(api: Api) -> None:
    sendable = {name: value for name, value in DEFAULTS.items() if name not in ("inputs", "linked_tools")}
    assert make(api)["version_id"] == make(api, **sendable)["version_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "gpt-4"),
        ("endpoint", "complete"),
        ("provider", "anthropic"),
        ("template", "Hello"),
        ("template_language", "jinja"),
        ("max_tokens", 10),
        ("temperature", 0.5),
        ("top_p", 0.5),
        ("stop", ["."]),
        ("presence_penalty", 0.5),
        ("frequency_penalty", 0.5),
        ("other", {"top_k": 3}),
        ("seed", 7),
        ("response_format", {"type": "json_object", "json_schema": None}),
        ("reasoning_effort", "high"),
        ("tools", [function("search")]),
        ("attributes", {"owner": "Ada"}),
    ],
)
def test_each_content_field_decides_the_version(api: Api, field: str, value: Any) -> None:
    plain, other = make(api), make(api, **{field: value})
    assert other["version_id"] != plain["version_id"]
    assert other[field] == value
    assert make(api, **{field: value})["version_id"] == other["version_id"]


def test_the_order_of_keys_does_not_decide_the_version(api: Api) -> None:
    one = b'{"path": "answer", "model": "gpt-4o", "attributes": {"a": 1, "b": {"c": 2, "d": 3}}}'
    other = b'{"attributes": {"b": {"d": 3, "c": 2}, "a": 1}, "model": "gpt-4o", "path": "answer"}'
    made = [api("POST", "/prompts", data=body, content_type="application/json") for body in (one, other)]
    assert made[0]["version_id"] == made[1]["version_id"]


def test_notes_belong_to_the_file_and_make_no_version(api: Api, prompts: Files) -> None:
    notes = {"description": "It answers.", "tags": ["support", "v1"], "readme": "# Answer"}
    prompt = make(api, **notes)
    assert {name: prompt[name] for name in notes} == notes
    changed = make(api, description="It replies.")
    assert changed["version_id"] == prompt["version_id"]
    assert (changed["description"], changed["tags"]) == ("It replies.", notes["tags"])
    assert prompts.get(prompt["id"]) == changed


def test_inputs_are_the_variables_of_the_template(api: Api) -> None:
    messages = [
        {"role": "system", "content": "You are {{ role }}."},
        {"role": "user", "content": [{"type": "text", "text": "{{question}} {{ role }}"}]},
    ]
    assert make(api, template=messages)["inputs"] == [{"name": "role"}, {"name": "question"}]
    jinja = "{% for item in items %}{{ item.name }}{% endfor %}{{ total }}"
    inputs = make(api, template=jinja, template_language="jinja")["inputs"]
    assert {item["name"] for item in inputs} == {"items", "total"}


def test_a_linked_tool_is_shown_with_its_function(api: Api) -> None:
    tool = api.post("/tools", {"path": "tools/search", "function": function("search", "query")})
    prompt = make(api, linked_tools=[tool["id"]])
    assert prompt["linked_tools"] == [
        {**function("search", "query"), "id": tool["id"], "version_id": tool["version_id"]}
    ]


def test_a_linked_tool_follows_its_deployments(api: Api, prompts: Files) -> None:
    tools = Files(api, "tool")
    tool = tools.upsert("search")
    prompt = make(api, linked_tools=[tool["id"]])
    second = tools.upsert("search", 2)
    assert prompts.get(prompt["id"])["linked_tools"][0]["version_id"] == tool["version_id"]
    tools.deploy(second, "production")
    assert prompts.get(prompt["id"])["linked_tools"][0]["version_id"] == second["version_id"]


def test_a_tool_that_does_not_exist_cannot_be_linked(api: Api, prompts: Files) -> None:
    body = {"path": "answer", "model": "gpt-4o", "linked_tools": ["no_such"]}
    assert "no_such" in api.detail("POST", "/prompts", body, status=404)["description"]
    assert prompts.page()["total"] == 0


def test_unknown_models_and_providers_are_taken_as_they_are(api: Api) -> None:
    prompt = make(api, model="my-own", provider="my-cloud", reasoning_effort="extreme")
    assert (prompt["model"], prompt["provider"], prompt["reasoning_effort"]) == ("my-own", "my-cloud", "extreme")


def test_a_template_is_filled_in_its_own_shape(api: Api) -> None:
    text = make(api, "text", template="Answer {{ question }} for {{user}}.")
    inputs = {"question": "why", "user": "Ada", "unused": 1}
    populated = api.post(f"/prompts/{text['id']}/populate", inputs)
    assert populated == text | {"populated_template": "Answer why for Ada."}
    chat = make(api, "chat", template=[{"role": "user", "content": "{{ question }}"}])
    [message] = api.post(f"/prompts/{chat['id']}/populate", inputs)["populated_template"]
    assert (message["role"], message["content"]) == ("user", "why")


def test_the_filled_version_can_be_picked(api: Api, prompts: Files) -> None:
    first = make(api, template="one {{ x }}")
    second = make(api, template="two {{ x }}")
    url = f"/prompts/{first['id']}/populate"
    assert api.post(url, {"x": "!"})["populated_template"] == "one !"
    query = {"version_id": second["version_id"]}
    assert api.post(url, {"x": "!"}, query_string=query)["populated_template"] == "two !"
    prompts.deploy(second, "staging")
    assert api.post(url, {"x": "!"}, query_string={"environment": "staging"})["populated_template"] == "two !"
    assert api.detail("POST", url, {}, status=404, query_string={"version_id": "no_such"})


def test_missing_inputs_are_named(api: Api) -> None:
    prompt = make(api, template="{{ first }} {{ second }} {{ third }}")
    detail = api.detail("POST", f"/prompts/{prompt['id']}/populate", {"second": "2"}, status=422)
    assert "first" in detail["description"]
    assert "third" in detail["description"]
    assert "second" not in detail["description"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", None),
        ("temperature", "warm"),
        ("max_tokens", "1.5"),
        ("endpoint", "talk"),
        ("template_language", "mustache"),
        ("template", [{"content": "no role"}]),
        ("tools", [{"description": "no name"}]),
        ("response_format", {"type": "xml"}),
        ("stop", {"a": 1}),
        ("tags", "one"),
    ],
)
def test_wrong_content_is_refused_at_its_place(api: Api, field: str, value: Any) -> None:
    body = {"path": "answer", "model": "gpt-4o", field: value}
    detail = api.detail("POST", "/prompts", body, status=422)
    assert {tuple(problem["loc"][:2]) for problem in detail} == {("body", field)}
    assert api.get("/prompts")["total"] == 0


def test_a_template_that_cannot_be_parsed_is_refused(api: Api) -> None:
    body = {"path": "answer", "model": "gpt-4o", "template": "{% if %}", "template_language": "jinja"}
    assert api.detail("POST", "/prompts", body, status=422)
    assert api.get("/prompts")["total"] == 0
