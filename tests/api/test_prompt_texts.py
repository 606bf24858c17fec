"""The `.prompt` and `.agent` texts: what is written is read back as the same version, through the API."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files, fresh_api, function
from tests.conftest import Api

SERIALIZABLE = ("prompt", "agent")
each_kind = pytest.mark.parametrize("kind", SERIALIZABLE)

TEXT = """\
---
model: gpt-4o
temperature: 0.5
---

<system>
You are {{ role }}.
</system>

<user>
{{ question }}
</user>
"""


def read(api: Api, kind: str, text: str) -> JsonObject:
    return api.post(f"/{kind}s/deserialize", {kind: text})


def write(api: Api, file: JsonObject, **query: str) -> str:
    return api.get(f"/{file['type']}s/{file['id']}/serialize", query_string=query)


@each_kind
def test_a_text_is_read_as_version_content_with_the_defaults(api: Api, kind: str) -> None:
    content = read(api, kind, TEXT)
    assert (content["model"], content["temperature"], content["provider"]) == ("gpt-4o", 0.5, "openai")
    assert [(message["role"], message["content"]) for message in content["template"]] == [
        ("system", "You are {{ role }}."),
        ("user", "{{ question }}"),
    ]


@each_kind
def test_a_version_is_written_as_plain_text(api: Api, kind: str) -> None:
    file = api.post(f"/{kind}s", {"path": "written", **read(api, kind, TEXT)})
    answer = api.request("GET", f"/{kind}s/{file['id']}/serialize")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.startswith("---\nmodel: gpt-4o\n")
    assert "<system>\nYou are {{ role }}.\n</system>" in answer.text


@each_kind
def test_the_written_version_can_be_picked(api: Api, kind: str) -> None:
    files = Files(api, kind)
    first = files.upsert(attributes={"mark": "first"})
    second = files.upsert(attributes={"mark": "second"})
    files.deploy(second, "staging")
    assert "mark: first" in write(api, first)
    assert "mark: second" in write(api, first, version_id=second["version_id"])
    assert "mark: second" in write(api, first, environment="staging")
    url = f"/{kind}s/{first['id']}/serialize"
    assert api.detail("GET", url, status=404, query_string={"version_id": "no_such"})
    both = {"version_id": second["version_id"], "environment": "staging"}
    assert api.detail("GET", url, status=422, query_string=both)


@each_kind
@pytest.mark.parametrize(
    "text",
    [
        "",
        "no front matter",
        "---\nmodel: [\n---\n",
        "---\ntemperature: 1\n---\n",
        "---\nmodel: gpt-4o\ntemperature: warm\n---\n",
        "---\nmodel: gpt-4o\n---\n<user>\nnever closed",
        "---\nmodel: gpt-4o\nother: !!python/object:os.system {}\n---\n",
    ],
)
def test_a_text_that_cannot_be_read_is_refused(api: Api, kind: str, text: str) -> None:
    detail = api.detail("POST", f"/{kind}s/deserialize", {kind: text}, status=422)
    assert detail["loc"] == ["body", kind]
    assert detail["description"]


@each_kind
def test_reading_stores_nothing(api: Api, kind: str) -> None:
    read(api, kind, TEXT)
    assert api.get("/files")["total"] == 0


@each_kind
def test_a_log_carries_its_version_as_text(api: Api, kind: str) -> None:
    file = api.post(f"/{kind}s", {"path": "written", **read(api, kind, TEXT)})
    log = api.post(f"/{kind}s/log", {"path": "written", kind: write(api, file)})
    assert log["version_id"] == file["version_id"]
    other = api.post(f"/{kind}s/log", {"path": "written", kind: TEXT.replace("0.5", "0.7")})
    assert other["version_id"] != file["version_id"]
    assert api.detail("POST", f"/{kind}s/log", {"path": "written", kind: "not a text"}, status=422)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["</user>", "<image url=1>", "---", "{{ x }}", "a\r\nb", " leading", "&amp;", "yes", "1.0", "null"]
)
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, width=32) | texts
finite = values.filter(lambda value: value not in (float("inf"), float("-inf")))
objects = st.dictionaries(texts, finite | st.lists(finite, max_size=2), max_size=2)
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer"])},
    optional={
        "content": texts | st.lists(st.builds(lambda text: {"type": "text", "text": text}, texts), max_size=2),
        "name": texts,
        "tool_call_id": texts,
        "tool_calls": st.lists(
            st.builds(
                lambda uid, name: {"id": uid, "type": "function", "function": {"name": name, "arguments": "{}"}},
                texts,
                texts,
            ),
            max_size=2,
        ),
    },
)
contents = st.fixed_dictionaries(
    {"model": texts},
    optional={
        "template": texts | st.lists(messages, max_size=3),
        "provider": texts,
        "temperature": st.floats(0, 2),
        "max_tokens": st.integers(-1, 10**6),
        "stop": texts | st.lists(texts, max_size=2),
        "reasoning_effort": st.sampled_from(["high", "low"]) | st.integers(0, 100),
        "seed": st.integers(-(2**63), 2**63 - 1),
        "other": objects,
        "attributes": objects,
        "response_format": st.just({"type": "json_schema", "json_schema": {"type": "object"}}),
    },
)
agent_tools = st.lists(
    st.just({"type": "inline", "json_schema": function("search"), "on_agent_call": "stop"}), max_size=2
)


@given(contents, agent_tools, st.sampled_from(SERIALIZABLE))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back_as_the_same_version(content: JsonObject, tools: list[Any], kind: str) -> None:
    api = fresh_api()
    content |= {"tools": tools} if kind == "agent" else {"tools": [tool["json_schema"] for tool in tools]}
    file = api.post(f"/{kind}s", {"path": "written", **content})
    text = write(api, file)
    again = api.post(f"/{kind}s", {"path": "written", **read(api, kind, text)})
    assert again["version_id"] == file["version_id"]
    assert write(api, again) == text
    logged = api.post(f"/{kind}s/log", {"path": "written", kind: text})
    assert logged["version_id"] == file["version_id"]
