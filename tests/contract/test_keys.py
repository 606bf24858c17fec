"""API keys: without one that the server knows nothing is served, and a key of its own opens an empty workspace."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.builders.files import KINDS
from tests.conftest import Api, make_app

from .contract import PREFIX, ROUTES, Route

REFUSAL = {"detail": "Could not validate credentials."}


def send(app: Flask, route: Route, headers: dict[str, str]) -> TestResponse:
    """Send an empty request for a route."""
    path = PREFIX + route.path.replace("{", "").replace("}", "")
    return app.test_client().open(path, method=route.method, headers=headers)


@pytest.fixture(scope="module")
def listing() -> Iterator[Flask]:
    """A server that knows one key."""
    app = make_app(api_keys="listed=one")
    yield app
    app.extensions["emulator"].db.close()


@pytest.mark.parametrize("route", ROUTES, ids=str)
@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": ""}, {"X-API-KEY": "unlisted"}], ids=["none", "empty", "other"])
def test_no_route_is_served_without_a_listed_key(listing: Flask, route: Route, headers: dict[str, str]) -> None:
    answer = send(listing, route, headers)
    assert (answer.status_code, answer.get_json()) == (401, REFUSAL)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_listed_key_is_never_refused(listing: Flask, route: Route) -> None:
    assert send(listing, route, {"X-API-KEY": "listed"}).status_code in (200, 204, 404, 422)


def test_any_key_opens_the_same_workspace_when_none_is_listed(app: Flask) -> None:
    made = Api(app, "first").post("/flows", {"path": "flow", "attributes": {}})
    assert Api(app, "second").get(f"/flows/{made['id']}")["id"] == made["id"]


def test_two_keys_of_one_organisation_share_its_workspace() -> None:
    app = make_app(api_keys="a=one,b=one,c=two")
    made = Api(app, "a").post("/flows", {"path": "flow", "attributes": {}})
    assert Api(app, "b").get(f"/flows/{made['id']}")["id"] == made["id"]
    Api(app, "c").detail("GET", f"/flows/{made['id']}", status=404)


class KeyPerTest:
    """A server on which every new key is an organisation."""

    def __init__(self, **settings: Any) -> None:
        self.app = make_app(organisation_per_key=True, **settings)

    def paths(self, key: str) -> list[str]:
        """Return the paths of all Files that a key sees."""
        return [file["path"] for file in Api(self.app, key).get("/files")["records"]]

    def store(self, key: str, path: str) -> None:
        Api(self.app, key).post("/flows", {"path": path, "attributes": {}})


def test_every_new_key_opens_an_empty_workspace() -> None:
    server = KeyPerTest()
    server.store("first", "flow")
    fresh = Api(server.app, "second")
    assert server.paths("first") == ["flow"]
    assert [fresh.get(f"/{kind}s")["total"] for kind in KINDS] == [0] * len(KINDS)
    assert [directory["path"] for directory in fresh.get("/directories")] == [""]


def test_a_key_finds_its_workspace_again() -> None:
    server = KeyPerTest()
    server.store("first", "a")
    server.store("second", "b")
    server.store("first", "c")
    assert (sorted(server.paths("first")), server.paths("second")) == (["a", "c"], ["b"])


def test_every_workspace_has_environments_of_its_own() -> None:
    server = KeyPerTest()
    environments = []
    for key in ("first", "second"):
        api = Api(server.app, key)
        flow = api.post("/flows", {"path": "flow", "attributes": {}})["id"]
        environments.append({e["id"]: e["name"] for e in api.get(f"/flows/{flow}/environments")})
    first, second = environments
    assert sorted(first.values()) == sorted(second.values()) == ["development", "production", "staging"]
    assert not first.keys() & second.keys()


def test_listed_keys_keep_their_organisation_beside_keys_of_their_own() -> None:
    server = KeyPerTest(api_keys="a=shared,b=shared")
    server.store("a", "flow")
    assert (server.paths("b"), server.paths("other")) == (["flow"], [])


def test_a_key_is_needed_even_where_every_key_is_new() -> None:
    assert send(KeyPerTest().app, ROUTES[0], {}).status_code == 401
