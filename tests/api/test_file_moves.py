"""Files on the move: to other paths, names and directories, never to a place that is taken."""

import pytest

from tests.builders.files import KINDS, Files, fresh_api

pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def files(kind: str) -> Files:
    return Files(fresh_api(), kind)


def test_a_file_moves_to_another_path(files: Files) -> None:
    file = files.upsert("old/place")
    moved = files.move(file["id"], path="new/deep/Place")
    assert (moved["id"], moved["version_id"]) == (file["id"], file["version_id"])
    assert (moved["path"], moved["name"]) == ("new/deep/Place", "Place")
    assert files.get(file["id"]) == moved
    assert files.upsert("new/deep/Place")["id"] == file["id"]
    directories = {directory["path"]: directory["id"] for directory in files.api.get("/directories")}
    assert moved["directory_id"] == directories["new/deep"]
    assert "old" in directories


def test_its_old_path_is_free(files: Files) -> None:
    file = files.upsert("old")
    files.move(file["id"], path="new")
    assert files.upsert("old")["id"] != file["id"]


def test_a_file_is_renamed_where_it_is(files: Files) -> None:
    file = files.upsert("a/b/old")
    renamed = files.move(file["id"], name="new")
    assert (renamed["path"], renamed["name"]) == ("a/b/new", "new")
    assert renamed["directory_id"] == file["directory_id"]


def test_all_its_versions_move(files: Files) -> None:
    file = files.upsert("old")
    files.upsert("old", 2)
    files.move(file["id"], path="new")
    records = files.api.get(f"{files.root}/{file['id']}/versions")["records"]
    assert [record["path"] for record in records] == ["new", "new"]


def test_a_taken_path_is_a_conflict_whatever_kind_has_it(files: Files, kind: str) -> None:
    file = files.upsert("a/first")
    files.upsert("a/second")
    Files(files.api, KINDS[KINDS.index(kind) - 1]).upsert("a/third")
    url = f"{files.root}/{file['id']}"
    for body in ({"path": "a/second"}, {"name": "second"}, {"path": "a/third"}):
        assert files.api.detail("PATCH", url, body, status=409)["type"] == "conflict_error"
    assert files.get(file["id"]) == file


def test_a_move_to_its_own_place_changes_nothing(files: Files) -> None:
    file = files.upsert("a/first")
    assert files.move(file["id"], path="a/first") == file
    assert files.move(file["id"], name="first") == file
    assert files.move(file["id"]) == file


def test_a_deleted_file_does_not_stand_in_the_way(files: Files) -> None:
    file, other = files.upsert("a"), files.upsert("b")
    files.delete(other["id"])
    assert files.move(file["id"], path="b")["path"] == "b"


def test_malformed_targets_are_refused(files: Files) -> None:
    file = files.upsert("a/first")
    url = f"{files.root}/{file['id']}"
    for field, value in (("path", "/a"), ("path", "a//b"), ("name", "a/b"), ("name", " "), ("name", "a\0b")):
        assert files.api.detail("PATCH", url, {field: value}, status=422)["loc"] == ["body", field]
    assert files.api.detail("PATCH", url, {"name": ""}, status=422)[0]["loc"] == ["body", "name"]
    assert files.get(file["id"]) == file


def test_flows_and_agents_move_into_a_directory(files: Files, kind: str) -> None:
    file = files.upsert("a/first")
    target = files.api.post("/directories", {"path": "b/c"})
    moved = files.move(file["id"], directory_id=target["id"], name="new")
    if kind not in ("flow", "agent"):
        assert moved["path"] == "a/new"
        return
    assert (moved["path"], moved["directory_id"]) == ("b/c/new", target["id"])
    assert files.move(file["id"], directory_id="root")["path"] == "new"
    detail = files.api.detail("PATCH", f"{files.root}/{file['id']}", {"directory_id": "no_such"}, status=404)
    assert detail["loc"] == ["body", "directory_id"]
