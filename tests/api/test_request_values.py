"""How the values of requests are read: nulls, numbers, odd texts, unknown fields."""

import json
from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files, Logs
from tests.conftest import Api, make_app

JSON = "application/json"
UNKNOWN = {"path": "a", "attributes": {}, "surprise": 1}


def upsert(api: Api, **fields: Any) -> JsonObject:
    return api.post("/prompts", {"path": "answer", "model": "m", **fields})


def raw(api: Api, text: str, status: int) -> Any:
    """Upsert a Flow with attributes that are written as they are."""
    body = f'{{"path": "raw", "attributes": {{"value": {text}}}}}'
    return api("POST", "/flows", data=body, content_type=JSON, status=status)


@pytest.fixture
def strict() -> Api:
    return Api(make_app(strict=True))


def test_unknown_fields_are_ignored(api: Api) -> None:
    plain = api.post("/flows", {"path": "a", "attributes": {}})
    assert api.post("/flows", UNKNOWN, query_string={"surprise": 1}) == plain
    tool = {"name": "search", "description": "d", "surprise": 1}
    assert "surprise" not in upsert(api, tools=[tool])["tools"][0]


def places(detail: list[JsonObject]) -> list[list[Any]]:
    assert {problem["type"] for problem in detail} == {"value_error.extra"}
    return [problem["loc"] for problem in detail]


def test_a_strict_server_refuses_them(strict: Api) -> None:
    assert places(strict.detail("POST", "/flows", UNKNOWN, status=422)) == [["body", "surprise"]]
    nested = {"path": "a", "model": "m", "tools": [{"name": "n", "description": "d", "surprise": 1}]}
    assert places(strict.detail("POST", "/prompts", nested, status=422)) == [["body", "tools", 0, "surprise"]]
    query = {"surprise": 1}
    assert places(strict.detail("GET", "/flows", status=422, query_string=query)) == [["query", "surprise"]]
    assert strict.get("/files")["total"] == 0
    assert strict.post("/flows", {"path": "a", "attributes": {"free": {"to": "choose"}}})


def test_a_strict_server_refuses_parameters_where_there_are_none(strict: Api) -> None:
    query = {"surprise": 1}
    assert places(strict.detail("GET", "/directories", status=422, query_string=query)) == [["query", "surprise"]]


@pytest.mark.parametrize("value", ["true", "1", "True", "yes"])
def test_one_request_can_ask_to_be_read_strictly(api: Api, value: str) -> None:
    headers = {"X-Emulator-Strict": value}
    assert places(api.detail("POST", "/flows", UNKNOWN, status=422, headers=headers)) == [["body", "surprise"]]
    assert api.post("/flows", UNKNOWN)


def test_a_header_does_not_loosen_a_strict_server(strict: Api) -> None:
    for value in ("false", "0", ""):
        assert strict.detail("POST", "/flows", UNKNOWN, status=422, headers={"X-Emulator-Strict": value})


COERCED = [
    *({"model": 4}, {"temperature": "0.5"}, {"max_tokens": "10"}, {"max_tokens": True}, {"tags": [1]}, {"other": []}),
    *({"template": [{"role": "user", "content": 4}]}, {"tools": [{"name": "f", "description": "", "strict": "yes"}]}),
    *({"stop": 1}, {"provider": 1}, {"attributes": [["a", 1]]}),
]


@pytest.mark.parametrize("field", COERCED)
def test_a_strict_server_refuses_values_of_another_type(strict: Api, api: Api, field: JsonObject) -> None:
    assert upsert(api, **field)
    [problem, *_] = strict.detail("POST", "/prompts", {"path": "answer", "model": "m", **field}, status=422)
    assert problem["loc"][:2] == ["body", *field] and problem["type"].startswith("type_error.")
    assert strict.get("/files")["total"] == 0


def test_a_strict_server_takes_whole_floats_and_the_texts_of_queries(strict: Api) -> None:
    assert upsert(strict, max_tokens=10.0, temperature=1)["max_tokens"] == 10
    assert strict.get("/files?page=1&size=5&template=no")["total"] == 1


@pytest.mark.parametrize("value", ["1", "true", "True", "yes", "ON", "t", "y"])
def test_queries_take_every_word_for_true(api: Api, value: str) -> None:
    file = Files(api, "dataset").upsert(datapoints=[{"inputs": {"a": 1}}])
    shown = api.get(f"/datasets/{file['id']}?include_datapoints={value}")
    assert [point["inputs"] for point in shown["datapoints"]] == [{"a": "1"}]


@pytest.mark.parametrize("page", ["1", " 1 ", "+1", "01", "1_0"])
def test_queries_take_every_text_of_a_number(api: Api, page: str) -> None:
    assert api.get("/files", query_string={"page": page})["page"] == int(page)


def test_a_null_is_an_absent_field(api: Api) -> None:
    fields = ("id", "version_name", "template", "temperature", "stop", "other", "tools", "tags", "readme", "provider")
    plain = upsert(api, version_name="v1")
    assert upsert(api, **dict.fromkeys(fields)) == plain
    assert api.patch(f"/prompts/{plain['id']}", {"path": None, "name": None}) == plain
    detail = api.detail("POST", "/prompts", {"path": "answer", "model": None}, status=422)
    assert (detail[0]["loc"], detail[0]["type"]) == (["body", "model"], "type_error.none.not_allowed")


def test_a_null_in_a_free_object_is_a_value(api: Api) -> None:
    assert upsert(api, attributes={"a": None})["attributes"] == {"a": None}
    assert upsert(api, attributes={"a": None})["version_id"] != upsert(api, attributes={})["version_id"]


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("temperature", "0.5", 0.5),
        ("temperature", 1, 1.0),
        ("max_tokens", "10", 10),
        ("max_tokens", 10.0, 10),
        ("max_tokens", -1, -1),
        ("seed", 2**63 - 1, 2**63 - 1),
        ("seed", str(-(2**63)), -(2**63)),
        ("model", 4, "4"),
        ("model", 1.5, "1.5"),
        ("model", True, "True"),
        ("temperature", True, 1.0),
        ("max_tokens", 10.7, 10),
        ("attributes", [], {}),
    ],
)
def test_numbers_and_texts_become_each_other(api: Api, field: str, sent: Any, read: Any) -> None:
    shown = upsert(api, **{field: sent})[field]
    assert (shown, type(shown)) == (read, type(read))


@pytest.mark.parametrize(
    ("field", "sent", "kind"),
    [
        ("temperature", "NaN", "type_error.float"),
        ("temperature", "inf", "type_error.float"),
        ("temperature", "1e999", "type_error.float"),
        ("max_tokens", "1.5", "type_error.integer"),
        ("max_tokens", "", "type_error.integer"),
        ("max_tokens", "9" * 5000, "type_error.integer"),
        ("seed", 2**63, "value_error.number.not_le"),
        ("seed", -(2**64), "value_error.number.not_ge"),
        ("seed", 2**100, "value_error.number.not_le"),
        ("model", ["m"], "type_error.str"),
        ("version_name", "", "value_error.any_str.min_length"),
    ],
)
def test_what_cannot_be_read_is_refused(api: Api, field: str, sent: Any, kind: str) -> None:
    detail = api.detail("POST", "/prompts", {"path": "answer", "model": "m", field: sent}, status=422)
    assert [(problem["loc"], problem["type"]) for problem in detail] == [(["body", field], kind)]
    assert api.get("/prompts")["total"] == 0


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_json_does_not_have_are_refused(api: Api, text: str) -> None:
    [problem] = raw(api, text, 422)["detail"]
    assert (problem["loc"], problem["type"]) == (["body"], "value_error.jsondecode")


@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, 2**63, 2**64 - 1, -(2**63), 0.1, 1e300, 5e-324, 2.0**80])
def test_numbers_in_free_objects_are_kept(api: Api, number: float) -> None:
    file = raw(api, json.dumps(number), 200)
    assert Files(api, "flow").get(file["id"])["attributes"] == {"value": number}


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\udc00 x"', r'{"\ud800": 1}'])
def test_half_of_a_surrogate_pair_is_refused(api: Api, text: str) -> None:
    [problem] = raw(api, text, 422)["detail"]
    assert problem["type"] == "value_error.jsondecode"


ODD_TEXTS = [
    "\0",
    "a\0b",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\u2028",
    "\x7f",
    "\ufeff",
    "\r\n",
]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_texts_are_kept(api: Api, text: str) -> None:
    file = upsert(api, template=text, attributes={text: [text]}, version_name=text, description=text, tags=[text])
    assert (file["template"], file["attributes"], file["tags"]) == (text, {text: [text]}, [text])
    assert Files(api, "prompt").get(file["id"]) == file
    fields = {"inputs": {text: text}, "output": text, "metadata": {"a": text}, "user": text, "error": text}
    shown = Logs(api).get(Logs(api).create("flow", **fields)["id"])
    assert {name: shown[name] for name in fields} == fields


@pytest.mark.parametrize("text", ["%00", "%ff", "%ed%a0%80", "%27%3B--", "%25", "x" * 3000])
def test_odd_texts_in_routes_and_queries_find_nothing(api: Api, text: str) -> None:
    Files(api, "flow").upsert()
    assert api.detail("GET", f"/flows/{text}", status=404)
    assert api.get(f"/flows?name={text}")["total"] == 0
    assert api.detail("GET", f"/files?path={text}", status=404)


def test_a_repeated_parameter_of_one_value_counts_once(api: Api) -> None:
    Files(api, "flow").upsert("a")
    assert api.get("/flows?name=a&name=b")["total"] == 1
