"""Which version of its File a Log is of: the one it asks for, the one whose content it carries, or the default."""

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import LOGGED, Files, Logs, fresh_api, log_content

pytestmark = pytest.mark.parametrize("kind", LOGGED)


class Logged:
    """A File with two versions, the first in production and the second in staging, and a way to log it."""

    def __init__(self, kind: str) -> None:
        api = fresh_api()
        self.kind = kind
        self.files = Files(api, kind)
        self.logs = Logs(api)
        self.first = self.files.upsert("logged")
        self.second = self.files.upsert("logged", 2)
        self.files.deploy(self.second, "staging")
        judged = self.logs.create("flow", "judged")["id"]
        self.needed = {"parent_id": judged, "judgment": True} if kind == "evaluator" else {}

    def version(self, query: JsonObject | None = None, number: int | None = None) -> str:
        """Log, with content of this number if any, and return the id of the version that the Log is of."""
        body = {"path": "logged", **self.needed, **(log_content(self.kind, number) if number else {})}
        created = self.files.api.post(f"{self.files.root}/log", body, query_string=query or {})
        assert self.logs.get(created["id"])[self.kind]["version_id"] == created["version_id"]
        return created["version_id"]

    def refused(self, *, status: int, **query: str) -> JsonObject:
        return self.logs.refused(self.kind, query, status=status, path="logged", **self.needed)


@pytest.fixture
def logged(kind: str) -> Logged:
    return Logged(kind)


def test_the_default_version_is_logged_when_nothing_is_said(logged: Logged) -> None:
    assert logged.version() == logged.first["version_id"]
    logged.files.deploy(logged.second, "production")
    assert logged.version() == logged.second["version_id"]


def test_the_newest_is_logged_where_none_is_the_default(logged: Logged) -> None:
    logged.files.undeploy(logged.first["id"], "production")
    assert logged.version() == logged.second["version_id"]


def test_a_version_is_picked_by_id(logged: Logged) -> None:
    assert logged.version({"version_id": logged.second["version_id"]}) == logged.second["version_id"]


def test_a_version_is_picked_by_environment(logged: Logged) -> None:
    assert logged.version({"environment": "staging"}) == logged.second["version_id"]


def test_known_content_finds_its_version(logged: Logged) -> None:
    assert logged.version(number=2) == logged.second["version_id"]
    assert len(logged.files.versions(logged.first["id"])) == 2


def test_new_content_makes_a_version_that_is_not_deployed(logged: Logged) -> None:
    made = logged.version(number=3)
    assert logged.files.versions(logged.first["id"])[0] == made
    assert logged.files.get(logged.first["id"], version_id=made)["attributes"] == {"number": 3}
    assert logged.version() == logged.first["version_id"]


def test_the_same_content_comes_from_upsert_and_from_log(logged: Logged) -> None:
    assert logged.version(number=3) == logged.files.upsert("logged", 3)["version_id"]


def test_a_picked_version_beats_content(logged: Logged) -> None:
    assert logged.version({"version_id": logged.first["version_id"]}, number=3) == logged.first["version_id"]
    assert logged.version({"environment": "staging"}, number=3) == logged.second["version_id"]
    assert len(logged.files.versions(logged.first["id"])) == 2


def test_the_environment_in_the_body_is_only_remembered(logged: Logged) -> None:
    created = logged.logs.create(logged.kind, environment="staging", **logged.needed)
    shown = logged.logs.get(created["id"])
    assert (shown["environment"], created["version_id"]) == ("staging", logged.first["version_id"])


def test_unknown_choices_are_refused_and_nothing_is_stored(logged: Logged) -> None:
    other = logged.files.upsert("other")
    for query in (
        {"version_id": "no_such"},
        {"version_id": other["version_id"]},
        {"environment": "development"},
        {"environment": "no such"},
    ):
        assert logged.refused(status=404, **query)["loc"] == ["query", *query]
    logged.refused(status=422, version_id=logged.first["version_id"], environment="staging")
    assert logged.logs.page(logged.first["id"])["total"] == 0


def test_a_new_file_must_have_the_version_that_is_picked(logged: Logged, kind: str) -> None:
    body = {"path": "unheard/of", **logged.needed, **log_content(kind, 1)}
    for query in ({"version_id": logged.first["version_id"]}, {"environment": "staging"}):
        logged.files.api.detail("POST", f"{logged.files.root}/log", body, status=404, query_string=query)
        logged.files.api.detail("POST", "/files/retrieve-by-path", {"path": "unheard/of"}, status=404)
    created = logged.files.api.post(f"{logged.files.root}/log", body, query_string={"environment": "production"})
    assert logged.logs.get(created["id"])[kind]["path"] == "unheard/of"
