"""Two organisations on one server: neither can read, change, link or guess at what the other has."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.builders.files import KINDS
from tests.builders.workspace import Workspace
from tests.conftest import Api, make_app

from .calls import Call, all_calls
from .contract import ROUTES, Route
from .generations import GENERATIONS

COMMITS = "POST /agents/{id}/versions/{version_id}/commit"
OLDER = [name for name in (*GENERATIONS["routes"], COMMITS) if "/sessions" not in name]
TRIED = [*ROUTES, *(Route(name, {}) for name in OLDER)]
KEYS = "key-one=one,key-two=two"
NAME_NOTHING = {
    *(f"GET /{kind}s" for kind in KINDS),
    "GET /directories",
    "POST /prompts/deserialize",
    "POST /agents/deserialize",
}
"""The routes whose requests hold nothing that belongs to an organisation."""
SILENT = {"POST /import/otel/v1/traces": (200, {"records": []})}
"""The routes that refuse nothing, with how they answer when they did nothing."""


class Siege:
    """Every call of one organisation, sent by another with the ids of the first in all or in one of its places."""

    def __init__(self, app: Flask) -> None:
        self.one = Workspace(Api(app, "key-one"), "home-one")
        self.two = Workspace(Api(app, "key-two"), "home-two")
        self.before = self.dumps()
        swap = {self.two[name]: self.one[name] for name in self.two.ids}
        self.attacks: dict[str, list[tuple[Call, int, Any]]] = {route.name: [] for route in TRIED}
        for call in all_calls(self.two):
            places = [text for text in call.names() if text in swap]
            singles = [{place: swap[place]} for place in places] if len(places) > 1 else []
            for taken in [*singles, *([swap] if places else [])]:
                self.attack(call.swapped(taken))
        self.after = self.dumps()

    def attack(self, call: Call) -> None:
        answer = call.send(self.two.api)
        self.attacks[call.route].append((call, answer.status_code, answer.get_json()))

    def dumps(self) -> list[dict[str, Any]]:
        return [self.one.dump(), self.two.dump()]


@pytest.fixture(scope="module")
def siege() -> Siege:
    return Siege(make_app(api_keys=KEYS))


@pytest.mark.parametrize("route", TRIED, ids=str)
def test_the_ids_of_another_organisation_do_not_exist(siege: Siege, route: Route) -> None:
    for call, status, answer in siege.attacks[route.name]:
        expected = SILENT.get(route.name, (404, answer))
        assert (status, answer) == expected, f"{call}: {status} {answer}"


@pytest.mark.parametrize("route", TRIED, ids=str)
def test_every_route_that_can_name_something_was_tried(siege: Siege, route: Route) -> None:
    assert bool(siege.attacks[route.name]) is (route.name not in NAME_NOTHING)
    parameters = route.path.count("{")
    assert len(siege.attacks[route.name]) >= (parameters if parameters < 2 else parameters + 1)


def test_attempts_change_nothing_in_either_organisation(siege: Siege) -> None:
    assert siege.after == siege.before


def test_lists_never_show_the_others(siege: Siege) -> None:
    for workspace, others in ((siege.one, siege.two), (siege.two, siege.one)):
        shown = json.dumps(workspace.dump())
        assert [name for name, value in others.ids.items() if value in shown] == []


def test_filters_by_ids_of_another_organisation_find_nothing(siege: Siege) -> None:
    mine, theirs = siege.two, siege.one
    for query in ({"version_id": theirs["prompt.version"]}, {"id": theirs["prompt.log"]}):
        assert mine.api.get("/logs", query_string={"file_id": mine["prompt"]} | query)["total"] == 0


def test_the_page_of_an_evaluation_is_shown_to_its_organisation_alone(siege: Siege) -> None:
    one, two = siege.one.api, siege.two.api
    page = urlsplit(one.get(f"/evaluations/{siege.one['flow.evaluation']}")["url"]).path
    assert one.http.get(page, headers=one.headers).status_code == 200
    assert two.http.get(page, headers=two.headers).status_code == 404


def test_not_found_tells_nothing_about_the_other_organisation(siege: Siege) -> None:
    nowhere = siege.two.api.detail("GET", "/prompts/pr_nowhere", status=404)
    theirs = siege.two.api.detail("GET", f"/prompts/{siege.one['prompt']}", status=404)
    assert theirs["description"].replace(siege.one["prompt"], "pr_nowhere") == nowhere["description"]
    assert theirs | {"description": ""} == nowhere | {"description": ""}


@pytest.fixture(scope="module")
def owner() -> Workspace:
    """A workspace that is saved as the snapshot `whole`."""
    app = make_app()
    workspace = Workspace(Api(app), "home-one")
    app.extensions["emulator"].state.save("whole")
    return workspace


@pytest.mark.parametrize("route", TRIED, ids=str)
def test_the_owner_succeeds_with_the_same_calls(owner: Workspace, route: Route) -> None:
    for call in all_calls(owner):
        if call.route == route.name:
            owner.api.app.extensions["emulator"].state.load("whole")
            answer = call.send(owner.api)
            assert answer.status_code < 300, f"{call}: {answer.status_code} {answer.text}"


@pytest.fixture
def pair() -> Iterator[list[Workspace]]:
    """Two organisations in which everything has the same names."""
    app = make_app(api_keys=KEYS)
    yield [Workspace(Api(app, key), "home") for key in ("key-one", "key-two")]
    app.extensions["emulator"].db.close()


def test_what_one_organisation_took_is_free_in_another(pair: list[Workspace]) -> None:
    one, two = (workspace.ids for workspace in pair)
    same = {name for name in one if one[name] == two[name]}
    assert {"prompt.path", "directory.path", "flow.log", "prompt.evaluated", "variable", "datapoint"} <= same
    assert not {"prompt", "prompt.version", "flow.evaluation", "flow.run", "directory", "production"} & same


def test_each_organisation_has_its_own_under_the_same_names(pair: list[Workspace]) -> None:
    for workspace in pair:
        api = workspace.api
        assert api.get(f"/logs/{workspace['flow.log']}")["flow"]["id"] == workspace["flow"]
        assert api.post("/files/retrieve-by-path", {"path": "home/prompt"})["id"] == workspace["prompt"]
        assert api.get("/files", query_string={"path": "home", "size": 0})["total"] == 10
        assert api.get(f"/evaluations/{workspace['flow.evaluation']}")["name"] == "home flow"


def test_a_name_taken_in_the_own_organisation_stays_taken(pair: list[Workspace]) -> None:
    for workspace in pair:
        log = {"path": "home/flow", "log_id": workspace["flow.log"]}
        workspace.api.detail("POST", "/flows/log", log, status=409)
        workspace.api.detail("POST", "/directories", {"path": "home"}, status=409)


def test_runs_hold_the_own_logs_where_log_ids_are_the_same(pair: list[Workspace]) -> None:
    for workspace in pair:
        (record,) = workspace.api.get(f"/evaluations/{workspace['flow.evaluation']}/logs")["records"]
        assert record["log"]["flow"]["id"] == workspace["flow"]


def test_moves_and_deletions_leave_the_namesakes_of_the_other_organisation(pair: list[Workspace]) -> None:
    one, two = pair
    two.api.post("/flows", {"path": "elsewhere/prompt", "attributes": {}})
    before = two.dump()
    one.api.patch(f"/directories/{one['directory']}", {"path": "elsewhere"})
    assert one.api.get(f"/prompts/{one['prompt']}")["path"] == "elsewhere/prompt"
    one.api.delete("/logs", query_string={"id": one["flow.log"]})
    one.api.delete(f"/prompts/{one['prompt']}")
    assert two.dump() == before
