"""Files of the six kinds: made and found again by their content, read at a version, deleted softly."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import KINDS, PREFIXES, Files, Logs, fresh_api
from tests.conftest import Api

each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def files(kind: str) -> Files:
    return Files(fresh_api(), kind)


@each_kind
def test_a_new_file_says_where_and_what_it_is(files: Files, kind: str) -> None:
    file = files.upsert("teams/support/First", 7)
    assert (file["path"], file["name"], file["type"]) == ("teams/support/First", "First", kind)
    for uid, prefix in zip((file["id"], file["version_id"]), PREFIXES[kind], strict=True):
        assert uid.startswith(prefix)
        assert len(uid) == len(prefix) + 21
        assert uid.removeprefix(prefix).isalnum()
    assert file["attributes"] == {"number": 7}
    assert (file["version_name"], file["version_description"]) == (None, None)
    assert files.get(file["id"]) == file


@each_kind
def test_missing_directories_are_made(files: Files) -> None:
    file = files.upsert("teams/support/First")
    directories = {directory["path"]: directory["id"] for directory in files.api.get("/directories")}
    assert set(directories) == {"", "teams", "teams/support"}
    assert file["directory_id"] == directories["teams/support"]


@each_kind
def test_the_same_content_is_the_same_version(files: Files) -> None:
    first = files.upsert()
    files.upsert(number=2)
    again = files.upsert(number=1)
    assert (again["id"], again["version_id"]) == (first["id"], first["version_id"])
    assert len(files.versions(first["id"])) == 2


@each_kind
def test_other_content_is_another_version_of_the_same_file(files: Files) -> None:
    first, second = files.upsert(), files.upsert(number=2)
    assert second["id"] == first["id"]
    assert second["version_id"] != first["version_id"]
    assert second["attributes"] == {"number": 2}


@each_kind
def test_the_same_content_in_another_file_is_another_version(files: Files) -> None:
    assert files.upsert("a")["version_id"] != files.upsert("b")["version_id"]


@each_kind
def test_a_file_is_addressed_by_id_too(files: Files) -> None:
    file = files.upsert()
    assert files.upsert(number=2, id=file["id"])["path"] == file["path"]
    assert files.refused(None, id="no_such", status=404)["loc"] == ["body", "id"]
    assert files.refused("elsewhere", id=file["id"], status=422)["loc"] == ["body", "path"]


@each_kind
def test_a_file_without_any_address_is_refused(files: Files) -> None:
    assert files.refused(None, status=422)["type"] == "invalid_request_error"
    assert files.page()["total"] == 0


@each_kind
def test_a_malformed_path_is_refused_and_nothing_is_stored(files: Files) -> None:
    for path in ("", "/", "/a", "a/", "a//b", " ", "a/ /b", "a\0b"):
        assert files.refused(path, status=422)["loc"] == ["body", "path"]
    assert files.page()["total"] == 0
    assert len(files.api.get("/directories")) == 1


@each_kind
def test_a_path_that_another_kind_has_is_a_conflict(files: Files, kind: str) -> None:
    other = Files(files.api, KINDS[KINDS.index(kind) - 1])
    other.upsert("taken")
    assert files.refused("taken", status=409)["type"] == "conflict_error"


@each_kind
def test_an_id_of_another_kind_is_unknown(files: Files, kind: str) -> None:
    other = Files(files.api, KINDS[KINDS.index(kind) - 1]).upsert()
    for method, rest in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/versions"), ("GET", "/environments")]:
        detail = files.api.detail(method, f"{files.root}/{other['id']}{rest}", status=404)
        assert detail["type"] == "value_error.not_found"
        assert other["id"] in detail["description"]


@each_kind
def test_only_the_first_version_is_deployed_to_the_default_environment(files: Files) -> None:
    first, second = files.upsert(), files.upsert(number=2)
    assert [environment["name"] for environment in first["environments"]] == ["production"]
    assert second["environments"] == []
    deployed = {
        name: item["file"] and item["file"]["version_id"] for name, item in files.environments(first["id"]).items()
    }
    assert deployed == {"production": first["version_id"], "staging": None, "development": None}


@each_kind
def test_a_version_is_picked_by_id_by_environment_or_by_default(files: Files) -> None:
    first, second = files.upsert(), files.upsert(number=2)
    files.deploy(second, "staging")
    uid = first["id"]
    assert files.get(uid)["version_id"] == first["version_id"]
    assert files.get(uid, version_id=second["version_id"])["version_id"] == second["version_id"]
    assert files.get(uid, environment="production")["version_id"] == first["version_id"]
    assert files.get(uid, environment="staging")["version_id"] == second["version_id"]
    staging = files.environments(uid)["staging"]["id"]
    assert files.get(uid, environment=staging)["version_id"] == second["version_id"]


@each_kind
def test_the_newest_version_is_shown_when_none_is_deployed_by_default(files: Files) -> None:
    file = files.upsert()
    newest = files.upsert(number=2)
    files.undeploy(file["id"], "production")
    assert files.get(file["id"])["version_id"] == newest["version_id"]


@each_kind
def test_what_is_not_there_is_not_found(files: Files) -> None:
    file, other = files.upsert(), files.upsert("other")
    url = f"{files.root}/{file['id']}"
    for query in (
        {"version_id": "no_such"},
        {"version_id": other["version_id"]},
        {"environment": "staging"},
        {"environment": "no such"},
    ):
        assert files.api.detail("GET", url, status=404, query_string=query)["loc"] == ["query", *query]
    assert files.api.detail("GET", f"{files.root}/no_such", status=404)["loc"] == ["path", "id"]


@each_kind
def test_a_version_and_an_environment_together_are_refused(files: Files) -> None:
    file = files.upsert()
    query = {"version_id": file["version_id"], "environment": "production"}
    assert files.api.detail("GET", f"{files.root}/{file['id']}", status=422, query_string=query)


@each_kind
def test_a_deleted_file_is_gone_and_its_path_is_free(files: Files) -> None:
    file = files.upsert()
    files.delete(file["id"])
    for rest in ("", "/versions", "/environments"):
        files.api.get(f"{files.root}/{file['id']}{rest}", status=404)
    files.api.delete(f"{files.root}/{file['id']}", status=404)
    assert files.page()["records"] == []
    assert files.api.get("/files")["total"] == 0
    again = files.upsert()
    assert again["id"] != file["id"]
    assert [record["id"] for record in files.page()["records"]] == [again["id"]]


@each_kind
def test_what_refers_to_a_deleted_file_still_shows_it(files: Files) -> None:
    file = files.upsert()
    shown_by_reference = refer_to(files.api, file)
    files.delete(file["id"])
    shown = shown_by_reference()
    assert (shown["id"], shown["version_id"], shown["path"]) == (file["id"], file["version_id"], file["path"])
    assert shown["attributes"] == file["attributes"]


@each_kind
def test_what_refers_to_a_deleted_version_still_shows_it(files: Files) -> None:
    files.upsert()
    doomed = files.upsert(number=2)
    shown_by_reference = refer_to(files.api, doomed)
    files.api.delete(files.version_url(doomed))
    assert shown_by_reference()["version_id"] == doomed["version_id"]


def refer_to(api: Api, file: JsonObject) -> Callable[[], Any]:
    """Make a Log of the version, or a Run over it where it is a Dataset; return how to read the version there."""
    kind = file["type"]
    if kind == "dataset":
        flow = Files(api, "flow").upsert("evaluated")
        evaluation = api.post("/evaluations", {"evaluators": [], "file": {"id": flow["id"]}})
        url = f"/evaluations/{evaluation['id']}/runs"
        api.post(url, {"dataset": {"version_id": file["version_id"]}})
        return lambda: api.get(url)["runs"][0]["dataset"]
    body = {"id": file["id"], "judgment": None} if kind == "evaluator" else {"id": file["id"]}
    if kind == "evaluator":
        body["parent_id"] = Logs(api).create("flow", "judged")["id"]
    log = api.post(f"/{kind}s/log", body, query_string={"version_id": file["version_id"]})
    return lambda: api.get(f"/logs/{log['id']}")[kind]


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(st.lists(names, min_size=1, max_size=4), st.sampled_from(KINDS))
@settings(max_examples=40, deadline=None)
def test_any_names_joined_by_slashes_are_a_path(segments: list[str], kind: str) -> None:
    files = Files(fresh_api(), kind)
    path = "/".join(segments)
    if not all(segment.strip() for segment in segments):
        assert files.refused(path, status=422)["loc"] == ["body", "path"]
        return
    file = files.upsert(path)
    assert (file["path"], file["name"]) == (path, segments[-1])
    assert files.api.post("/files/retrieve-by-path", {"path": path})["id"] == file["id"]
    above = ["/".join(segments[:depth]) for depth in range(1, len(segments))]
    assert sorted(directory["path"] for directory in files.api.get("/directories")) == sorted(["", *above])
    for directory in above:
        assert files.api.get("/files", query_string={"path": directory})["total"] == 1
