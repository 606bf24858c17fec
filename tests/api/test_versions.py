"""Versions: listed newest first, named, renamed, deleted softly."""

import pytest

from tests.builders.files import KINDS, Files, fresh_api

pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def files(kind: str) -> Files:
    return Files(fresh_api(), kind)


def test_versions_are_listed_newest_first(files: Files) -> None:
    made = [files.upsert(number=number) for number in (1, 2, 3)]
    files.upsert(number=1)
    assert files.versions(made[0]["id"]) == [file["version_id"] for file in reversed(made)]
    records = files.api.get(f"{files.root}/{made[0]['id']}/versions")["records"]
    assert [record["attributes"]["number"] for record in records] == [3, 2, 1]
    assert [len(record["environments"]) for record in records] == [0, 0, 1]


def test_a_version_takes_its_name_and_description_from_the_upsert(files: Files) -> None:
    file = files.upsert(version_name="v1", version_description="The first.")
    assert (file["version_name"], file["version_description"]) == ("v1", "The first.")
    assert files.get(file["id"]) == file


def test_the_same_content_under_a_new_name_is_renamed(files: Files) -> None:
    file = files.upsert(version_name="v1", version_description="The first.")
    renamed = files.upsert(version_name="one")
    assert renamed["version_id"] == file["version_id"]
    assert (renamed["version_name"], renamed["version_description"]) == ("one", "The first.")
    assert files.upsert()["version_name"] == "one"


def test_a_taken_name_is_a_conflict_and_nothing_is_stored(files: Files) -> None:
    file = files.upsert(version_name="v1")
    assert files.refused(file["path"], 2, version_name="v1", status=409)["type"] == "conflict_error"
    assert files.versions(file["id"]) == [file["version_id"]]
    files.upsert(number=2, version_name="v2")
    assert files.refused(file["path"], 1, version_name="v2", status=409)
    assert files.get(file["id"])["version_name"] == "v1"


def test_another_file_may_use_the_same_name(files: Files) -> None:
    assert files.upsert("a", version_name="v1")["version_name"] == "v1"
    assert files.upsert("b", version_name="v1")["version_name"] == "v1"


def test_name_and_description_change_one_at_a_time(files: Files) -> None:
    file = files.upsert(version_name="v1", version_description="The first.")
    url = files.version_url(file)
    assert files.api.patch(url, {"name": "one"})["version_description"] == "The first."
    changed = files.api.patch(url, {"description": "Number one."})
    assert (changed["version_name"], changed["version_description"]) == ("one", "Number one.")
    assert files.get(file["id"]) == changed


def test_renaming_to_a_taken_name_is_a_conflict(files: Files) -> None:
    files.upsert(version_name="v1")
    second = files.upsert(number=2, version_name="v2")
    assert files.api.detail("PATCH", files.version_url(second), {"name": "v1"}, status=409)
    assert files.api.patch(files.version_url(second), {"name": "v2"})["version_name"] == "v2"


def test_a_deleted_version_is_gone(files: Files) -> None:
    first, second = files.upsert(), files.upsert(number=2, version_name="v2")
    url = files.version_url(second)
    files.api.delete(url)
    assert files.versions(first["id"]) == [first["version_id"]]
    query = {"version_id": second["version_id"]}
    assert files.api.detail("GET", f"{files.root}/{first['id']}", status=404, query_string=query)
    assert files.api.detail("PATCH", url, {"name": "v3"}, status=404)["loc"] == ["path", "version_id"]
    assert files.api.detail("DELETE", url, status=404)
    assert files.upsert(number=3, version_name="v2")["version_name"] == "v2"


def test_its_content_makes_the_same_version_again(files: Files) -> None:
    files.upsert()
    second = files.upsert(number=2, version_name="v2")
    files.api.delete(files.version_url(second))
    again = files.upsert(number=2)
    assert again["version_id"] == second["version_id"]
    assert again["attributes"] == second["attributes"]
    assert again["version_name"] is None


def test_a_deployed_version_stays(files: Files) -> None:
    first, second = files.upsert(), files.upsert(number=2)
    files.deploy(second, "staging")
    for file in (first, second):
        assert files.api.detail("DELETE", files.version_url(file), status=409)["type"] == "conflict_error"
    assert len(files.versions(first["id"])) == 2
    files.undeploy(second["id"], "staging")
    files.api.delete(files.version_url(second))


def test_the_last_version_stays(files: Files) -> None:
    file = files.upsert()
    files.undeploy(file["id"], "production")
    assert files.api.detail("DELETE", files.version_url(file), status=409)
    assert files.get(file["id"])["version_id"] == file["version_id"]


def test_a_version_of_another_file_is_not_found(files: Files) -> None:
    file, other = files.upsert("a"), files.upsert("b")
    url = f"{files.root}/{file['id']}/versions/{other['version_id']}"
    assert files.api.detail("PATCH", url, {"name": "x"}, status=404)["loc"] == ["path", "version_id"]
    assert files.api.detail("DELETE", url, status=404)
    assert files.get(other["id"]) == other
