"""The three shapes of an error: always JSON, always under `detail`, whatever went wrong."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from humanloop_emulator.services.files import commits
from tests.builders.files import Files
from tests.conftest import Api, make_app

JSON = "application/json"


def send(api: Api, body: str | bytes, content_type: str | None = JSON, path: str = "/flows") -> TestResponse:
    """Send bytes as they are."""
    return api.request("POST", path, data=body, content_type=content_type)


def problems(answer: TestResponse) -> list[tuple[list[Any], str]]:
    """Return place and type of each schema error."""
    assert (answer.status_code, answer.content_type) == (422, JSON)
    return [(problem["loc"], problem["type"]) for problem in answer.get_json()["detail"]]


@pytest.mark.parametrize("path", ["/nothing", "/flows/", "/flows/x/y/z", "/flows/x/versions/y/z"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_an_unknown_route_is_a_plain_message(api: Api, method: str, path: str) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.content_type, answer.get_json()) == (404, JSON, {"detail": "Not Found"})


@pytest.mark.parametrize("path", ["/", "/v5", "/v4/flows", "/_emulator/nothing"])
def test_so_it_is_outside_of_the_api(api: Api, path: str) -> None:
    answer = api.http.get(path)
    assert (answer.status_code, answer.get_json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/flows"), ("POST", "/prompts/log"), ("DELETE", "/logs")])
def test_a_base_url_without_the_version_is_told_so(api: Api, method: str, path: str) -> None:
    answer = api.http.open(path, method=method, base_url="http://there:1234")
    assert answer.status_code == 404
    assert "/v5" in answer.get_json()["detail"] and "http://there:1234/v5" in answer.get_json()["detail"]


def test_a_wrong_method_names_the_right_ones(api: Api) -> None:
    answer = api.request("PUT", "/flows")
    assert (answer.status_code, answer.get_json()) == (405, {"detail": "Method Not Allowed"})
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_the_right_methods_are_named_in_the_same_order_by_each_process(api: Api) -> None:
    """Those of a route come from a set: of so many, one would be in another order."""
    rules = {re.sub(r"<[^>]+>", "1", rule.rule) for rule in api.app.url_map.iter_rules()}
    named = [api.http.open(path, method="PROPFIND").headers["Allow"].split(", ") for path in sorted(rules)]
    assert len(named) > 50
    assert named == [sorted(methods) for methods in named]


@pytest.mark.parametrize(
    "body", ["{", "not json", '{"path": "a"', '{"path": "a"} and more', "{'path': 'a'}", " ", "\0"]
)
def test_a_body_that_is_no_json_is_a_schema_error(api: Api, body: str) -> None:
    assert problems(send(api, body)) == [(["body"], "value_error.jsondecode")]


@pytest.mark.parametrize("body", [b"\xff", b'{"path": "\xff"}', '{"path": "a"}'.encode("utf-16")])
def test_a_body_that_is_no_utf8_is_a_schema_error(api: Api, body: bytes) -> None:
    assert problems(send(api, body)) == [(["body"], "value_error.jsondecode")]


@pytest.mark.parametrize("body", ['["a"]', "null", "1", '"text"', "true", "[{}]"])
def test_a_body_that_is_no_object_is_a_schema_error(api: Api, body: str) -> None:
    assert problems(send(api, body)) == [(["body"], "type_error.dict")]


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"],
)
def test_a_body_of_another_type_is_a_schema_error(api: Api, content_type: str | None) -> None:
    assert problems(send(api, '{"path": "a", "attributes": {}}', content_type)) == [(["body"], "type_error.dict")]


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "application/vnd.api+json"])
def test_every_json_type_is_read(api: Api, content_type: str) -> None:
    assert send(api, '{"path": "a", "attributes": {}}', content_type).status_code == 200


@pytest.mark.parametrize("content_type", [JSON, None])
def test_an_empty_body_is_an_empty_object(api: Api, content_type: str | None) -> None:
    assert problems(send(api, b"", content_type)) == [(["body", "attributes"], "value_error.missing")]


def test_every_field_at_fault_is_listed_with_its_place(api: Api) -> None:
    body = {
        "temperature": "warm",
        "template": [{"role": "user"}, {"role": "king"}],
        "tools": [{"name": "search"}, "text"],
        "tags": ["a", {}],
        "seed": "1.5",
    }
    answer = api.request("POST", "/prompts", json=body)
    assert sorted(problems(answer), key=str) == [
        (["body", "model"], "value_error.missing"),
        (["body", "seed"], "type_error.integer"),
        (["body", "tags", 1], "type_error.str"),
        (["body", "temperature"], "type_error.float"),
        (["body", "template", 1, "role"], "type_error.enum"),
        (["body", "tools", 0, "description"], "value_error.missing"),
        (["body", "tools", 1], "type_error.dict"),
    ]
    assert all(set(problem) == {"loc", "msg", "type"} and problem["msg"] for problem in answer.get_json()["detail"])


def test_parameters_of_the_query_are_placed_there(api: Api) -> None:
    query = {"page": "0", "size": "many", "order": "up"}
    assert sorted(problems(api.request("GET", "/flows", query_string=query)), key=str) == [
        (["query", "order"], "type_error.enum"),
        (["query", "page"], "value_error.number.not_ge"),
        (["query", "size"], "type_error.integer"),
    ]


def test_what_the_domain_refuses_is_one_object(api: Api) -> None:
    file = Files(api, "flow").upsert("taken", version_name="v1")
    for method, path, body, status, kind in (
        ("GET", "/flows/no_such", None, 404, "value_error.not_found"),
        ("POST", "/prompts", {"path": "taken", "model": "m"}, 409, "conflict_error"),
        ("POST", "/flows", {"attributes": {}}, 422, "invalid_request_error"),
        ("DELETE", f"/flows/{file['id']}/versions/{file['version_id']}", None, 409, "conflict_error"),
    ):
        detail = api.detail(method, path, body, status=status)
        assert set(detail) == {"loc", "msg", "description", "type"}
        assert detail["type"] == kind
        assert detail["msg"].endswith(".")


def test_what_is_not_found_is_named(api: Api) -> None:
    assert api.detail("GET", "/flows/fl_1", status=404) == {
        "loc": ["path", "id"],
        "msg": "Flow not found.",
        "description": "Could not find flow with ID 'fl_1'.",
        "type": "value_error.not_found",
    }


def test_a_body_that_is_too_large_is_a_plain_message() -> None:
    api = Api(make_app(max_body_mb=1))
    fits, large = ('{"path": "a", "attributes": {"text": "%s"}}' % ("x" * size) for size in (2**20 - 100, 2**20))
    assert send(api, fits).status_code == 200
    answer = send(api, large)
    assert (answer.status_code, answer.content_type) == (413, JSON)
    assert answer.get_json() == {"detail": "Request Entity Too Large"}
    dataset = Files(api, "dataset").upsert()
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="points.csv"\r\n\r\n%s\r\n--x--\r\n'
    upload, kind = part % (b"question\n" + b"x" * 2**20), "multipart/form-data; boundary=x"
    assert send(api, upload, kind, f"/datasets/{dataset['id']}/datapoints/csv").status_code == 413
    assert send(api, part % b"question\nwhy\n", kind, f"/datasets/{dataset['id']}/datapoints/csv").status_code == 200
    assert api.get("/files")["total"] == 2


@pytest.mark.parametrize("depth", [300, 5000, 200_000])
def test_a_body_that_is_nested_too_deeply_is_a_schema_error(api: Api, depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        body = '{"path": "a", "attributes": {"a": ' + opening * depth + "1" + closing * depth + "}}"
        assert problems(send(api, body)) == [(["body"], "value_error.jsondecode")]


def test_what_is_nested_less_is_stored_and_shown(api: Api) -> None:
    deep: Any = 1
    for _ in range(150):
        deep = [{"a": deep}] if isinstance(deep, int) else [deep]
    file = Files(api, "flow").upsert(attributes={"deep": deep})
    assert Files(api, "flow").get(file["id"])["attributes"] == {"deep": deep}


@pytest.fixture
def failing(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A client of a server that fails at the end of every upsert, when all is written."""

    def fail(*_: Any) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(commits, "set_metadata", fail)
    return api


def test_an_unexpected_exception_is_a_plain_message(failing: Api) -> None:
    answer = send(failing, '{"path": "a", "attributes": {}}')
    assert (answer.status_code, answer.content_type) == (500, JSON)
    assert answer.get_json() == {"detail": "Internal server error"}


def test_its_reason_is_logged_and_not_sent(failing: Api, caplog: pytest.LogCaptureFixture) -> None:
    assert "secret" not in send(failing, '{"path": "a", "attributes": {}}').text
    assert "the secret reason" in caplog.text


def test_it_leaves_nothing_behind(failing: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    send(failing, '{"path": "a/b", "attributes": {}}')
    assert failing.get("/files")["total"] == 0
    assert len(failing.get("/directories")) == 1
    monkeypatch.undo()
    assert Files(failing, "flow").upsert("a/b")["path"] == "a/b"


def test_a_head_request_is_answered_without_a_body(api: Api) -> None:
    answer = api.http.head("/v5/flows", headers=api.headers)
    assert (answer.status_code, answer.data) == (200, b"")
