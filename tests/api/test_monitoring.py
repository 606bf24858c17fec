"""Monitoring: the Evaluators that watch a File, at a fixed version or wherever they are deployed."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import LOGGED, Files, fresh_api, spec

pytestmark = pytest.mark.parametrize("kind", LOGGED)


class Watched:
    """A File, and Evaluators to watch it."""

    def __init__(self, kind: str) -> None:
        self.files = Files(fresh_api(), kind)
        self.evaluators = Files(self.files.api, "evaluator")
        self.file = self.files.upsert("watched")
        self.judge = self.evaluators.upsert("judge")
        self.url = f"{self.files.root}/{self.file['id']}/evaluators"

    def activate(self, *references: JsonObject) -> list[JsonObject]:
        return self.files.api.post(self.url, {"activate": list(references)})["evaluators"]

    def deactivate(self, *references: JsonObject) -> list[JsonObject]:
        return self.files.api.post(self.url, {"deactivate": list(references)})["evaluators"]

    def refused(self, *, status: int, **body: Any) -> Any:
        return self.files.api.detail("POST", self.url, body, status=status)

    def shown(self) -> list[JsonObject]:
        """Return the monitors as the File shows them."""
        return self.files.get(self.file["id"])["evaluators"]

    def in_environment(self, name: str = "production") -> JsonObject:
        """Name the Evaluator by an environment."""
        environment = self.evaluators.environments(self.judge["id"])[name]
        return {"evaluator_id": self.judge["id"], "environment_id": environment["id"]}


@pytest.fixture
def watched(kind: str) -> Watched:
    return Watched(kind)


def version(file: JsonObject) -> JsonObject:
    return {"evaluator_version_id": file["version_id"]}


def test_nobody_watches_a_new_file(watched: Watched) -> None:
    assert watched.file["evaluators"] == []


def test_an_evaluator_version_watches_a_file(watched: Watched) -> None:
    [monitor] = watched.activate(version(watched.judge))
    assert monitor["state"] == "active"
    assert monitor["version"] == watched.judge
    assert monitor["version_reference"] == {"type": "version", "version": watched.judge}
    assert watched.shown() == [monitor]


def test_it_stays_at_its_version(watched: Watched) -> None:
    watched.activate(version(watched.judge))
    watched.evaluators.deploy(watched.evaluators.upsert("judge", 2), "production")
    assert watched.shown()[0]["version"]["version_id"] == watched.judge["version_id"]


def test_an_evaluator_in_an_environment_follows_its_deployments(watched: Watched) -> None:
    reference = watched.in_environment()
    [monitor] = watched.activate(reference)
    assert monitor["version_reference"]["type"] == "environment"
    assert monitor["version_reference"]["environment"]["id"] == reference["environment_id"]
    assert monitor["version"]["version_id"] == watched.judge["version_id"]
    second = watched.evaluators.upsert("judge", 2)
    watched.evaluators.deploy(second, "production")
    [monitor] = watched.shown()
    assert monitor["version"]["version_id"] == second["version_id"]
    assert monitor["version_reference"]["file"]["version_id"] == second["version_id"]


def test_it_follows_the_deployments_of_its_own_environment_only(watched: Watched) -> None:
    second = watched.evaluators.upsert("judge", 2)
    watched.evaluators.deploy(second, "staging")
    watched.activate(watched.in_environment("staging"))
    watched.evaluators.deploy(watched.evaluators.upsert("judge", 3), "production")
    [monitor] = watched.shown()
    assert monitor["version"]["version_id"] == second["version_id"]


def test_an_inactive_one_stays_listed_and_can_return(watched: Watched) -> None:
    [active] = watched.activate(version(watched.judge))
    [inactive] = watched.deactivate(version(watched.judge))
    assert (inactive["state"], inactive["created_at"]) == ("inactive", active["created_at"])
    assert inactive["updated_at"] > active["updated_at"]
    [again] = watched.activate(version(watched.judge))
    assert again["state"] == "active"


def test_activating_twice_is_once(watched: Watched) -> None:
    watched.activate(version(watched.judge))
    assert len(watched.activate(version(watched.judge), version(watched.judge))) == 1
    watched.activate(watched.in_environment())
    assert len(watched.activate(watched.in_environment())) == 2


def test_one_request_activates_and_deactivates(watched: Watched) -> None:
    other = watched.evaluators.upsert("other")
    watched.activate(version(watched.judge))
    body = {"activate": [version(other)], "deactivate": [version(watched.judge)]}
    shown = watched.files.api.post(watched.url, body)["evaluators"]
    assert [(item["version"]["path"], item["state"]) for item in shown] == [("judge", "inactive"), ("other", "active")]


def test_all_versions_of_the_file_show_who_watches_it(watched: Watched) -> None:
    watched.files.upsert("watched", 2)
    watched.activate(version(watched.judge))
    records = watched.files.api.get(f"{watched.files.root}/{watched.file['id']}/versions")["records"]
    assert [len(record["evaluators"]) for record in records] == [1, 1]
    assert watched.files.page(name="watched")["records"][0]["evaluators"] == watched.shown()


def test_what_does_not_exist_watches_nothing(watched: Watched) -> None:
    production = watched.in_environment()
    for reference in (
        {"evaluator_version_id": "no_such"},
        production | {"evaluator_id": "no_such"},
        production | {"environment_id": "no_such"},
    ):
        detail = watched.refused(status=404, activate=[version(watched.judge), reference])
        assert detail["loc"] == ["body", "activate"]
    assert watched.refused(status=404, deactivate=[version(watched.judge)])["loc"] == ["body", "deactivate"]
    assert watched.shown() == []


def test_only_evaluators_watch(watched: Watched) -> None:
    flow = Files(watched.files.api, "flow").upsert("a flow")
    assert watched.refused(status=422, activate=[version(flow)])["type"] == "invalid_request_error"
    assert watched.refused(status=422, activate=[watched.in_environment() | {"evaluator_id": flow["id"]}])
    assert watched.refused(status=422, activate=[{"evaluator_id": watched.judge["id"]}])[0]["loc"][:2] == [
        "body",
        "activate",
    ]
    assert watched.shown() == []


def test_a_deleted_evaluator_is_unknown_but_stays_listed_where_it_watched(watched: Watched) -> None:
    watched.activate(version(watched.judge))
    watched.evaluators.delete(watched.judge["id"])
    assert watched.shown()[0]["version"]["path"] == "judge"
    assert watched.refused(status=404, activate=[version(watched.judge)])


def test_datasets_are_not_watched(watched: Watched) -> None:
    dataset = Files(watched.files.api, "dataset").upsert("data")
    assert watched.files.api.detail("POST", f"/datasets/{dataset['id']}/evaluators", {}, status=404)


def test_evaluators_of_every_type_watch(watched: Watched) -> None:
    code = {**spec(), "evaluator_type": "python", "code": "def judge(log):\n    return True"}
    judge = watched.files.api.post("/evaluators", {"path": "code", "spec": code})
    [monitor] = watched.activate(version(judge))
    assert monitor["version"]["spec"]["code"] == code["code"]
