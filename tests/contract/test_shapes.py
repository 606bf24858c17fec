"""Every answer against the official SDK's models, strictly, and every model of the contract in some answer."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from tests.builders.workspace import Workspace
from tests.conftest import Api, make_app

from .calls import SERIALIZED, all_calls
from .contract import MODELS, PREFIX, ROUTES, Route
from .sdk_models import Found, objects_of, read, walk

ANSWERING = [route for route in ROUTES if route.response in MODELS or (route.response or "").startswith("List[")]
OBJECTS = sorted(set().union(*map(objects_of, ANSWERING)))
ORDER = ("GET", "POST", "PATCH", "DELETE")


class Recorder(Api):
    """Keeps every successful answer by route."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.answers: dict[str, list[bytes]] = {route.name: [] for route in ROUTES}

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        response = super().request(method, path, **options)
        if response.status_code < 300:
            rule, _ = self.app.url_map.bind("").match(response.request.path, method, return_rule=True)
            template = rule.rule.removeprefix(PREFIX).replace("<", "{").replace(">", "}")
            self.answers[f"{method} {template}"].append(response.data)
        return response


@pytest.fixture(scope="module")
def recorded() -> Iterator[dict[str, list[bytes]]]:
    """The answers of all routes about a workspace with everything in it."""
    app = make_app()
    recorder = Recorder(app)
    workspace = Workspace(recorder, "home")
    workspace.dump()
    for kind in SERIALIZED:
        text = recorder.get(f"/{kind}s/{workspace[kind]}/serialize")
        recorder.post(f"/{kind}s/deserialize", {kind: text})
    answering = {route.name for route in ANSWERING}
    calls = [call for call in all_calls(workspace) if call.route in answering]
    for call in sorted(calls, key=lambda call: ORDER.index(call.route.split(" ")[0])):
        call.send(recorder)
    yield recorder.answers
    app.extensions["emulator"].db.close()


@pytest.fixture(scope="module")
def found(recorded: dict[str, list[bytes]]) -> dict[str, list[Found]]:
    """Every model in the answers, by name."""
    models: dict[str, list[Found]] = {}
    for route in ANSWERING:
        for text in recorded[route.name]:
            for model, source in walk(read(route.response or "", text), orjson.loads(text)):
                models.setdefault(type(model).__name__, []).append((model, source))
    return models


@pytest.mark.parametrize("route", ANSWERING, ids=str)
def test_an_answer_is_what_the_sdk_expects(recorded: dict[str, list[bytes]], route: Route) -> None:
    assert recorded[route.name]
    for text in recorded[route.name]:
        read(route.response or "", text)


@pytest.mark.parametrize("name", OBJECTS)
def test_a_model_is_answered_with_all_its_keys(found: dict[str, list[Found]], name: str) -> None:
    assert found.get(name), "no answer holds it"
    for _, source in found[name]:
        assert MODELS[name].keys() <= source.keys()


def test_a_schema_error_is_what_the_sdk_expects(api: Api) -> None:
    answer = api.request("POST", "/prompts", json={"path": "a", "tools": [{"name": "a"}]})
    error = read("HttpValidationError", answer.data)
    assert [item.loc for item in error.detail] == [["body", "model"], ["body", "tools", 0, "description"]]
    for model, source in walk(error, answer.get_json()):
        assert MODELS[type(model).__name__].keys() <= source.keys()


def test_so_it_is_where_a_strict_server_meets_a_part_without_a_name() -> None:
    strict = Api(make_app(strict=True))
    dataset = strict.post("/datasets", {"path": "a", "datapoints": []})["id"]
    body = "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n"
    answer = strict.request(
        "POST", f"/datasets/{dataset}/datapoints/csv", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert [item.loc for item in read("HttpValidationError", answer.data).detail] == [["body", "file"], ["body", ""]]
