"""The tree of directories: made, shown with what they hold, renamed and moved with all below, deleted when empty."""

from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import KINDS, Files
from tests.conftest import Api


class Directories:
    """The routes of directories."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def create(self, path: str) -> JsonObject:
        return self.api.post("/directories", {"path": path})

    def get(self, uid: str) -> JsonObject:
        return self.api.get(f"/directories/{uid}")

    def update(self, directory: JsonObject, **body: Any) -> JsonObject:
        return self.api.patch(f"/directories/{directory['id']}", body)

    def refused(self, directory: JsonObject, *, status: int, **body: Any) -> Any:
        return self.api.detail("PATCH", f"/directories/{directory['id']}", body, status=status)

    def paths(self) -> list[str]:
        return [directory["path"] for directory in self.api.get("/directories")]


@pytest.fixture
def directories(api: Api) -> Directories:
    return Directories(api)


def test_there_is_a_root_from_the_beginning(directories: Directories) -> None:
    [root] = directories.api.get("/directories")
    assert (root["path"], root["name"], root["parent_id"]) == ("", "", None)
    assert directories.get("root") == directories.get(root["id"])
    assert directories.get("root") == root | {"subdirectories": [], "files": [], "parents": []}


def test_a_directory_is_made_with_its_missing_parents(directories: Directories) -> None:
    made = directories.create("a/b/c")
    assert (made["path"], made["name"]) == ("a/b/c", "c")
    assert made["id"].startswith("dir_")
    assert directories.paths() == ["", "a", "a/b", "a/b/c"]
    assert [parent["path"] for parent in directories.get(made["id"])["parents"]] == ["", "a", "a/b"]


def test_a_directory_is_made_by_name_below_a_parent(directories: Directories) -> None:
    top = directories.api.post("/directories", {"name": "top"})
    below = directories.api.post("/directories", {"name": "below", "parent_id": top["id"]})
    beside = directories.api.post("/directories", {"name": "beside", "parent_id": "root"})
    assert [item["path"] for item in (top, below, beside)] == ["top", "top/below", "beside"]
    assert below["parent_id"] == top["id"]


def test_an_existing_directory_is_a_conflict(directories: Directories) -> None:
    directories.create("a/b")
    for body in ({"path": "a"}, {"path": "a/b"}, {"name": "a"}):
        assert directories.api.detail("POST", "/directories", body, status=409)["type"] == "conflict_error"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"parent_id": "root"}, 422),
        ({"path": ""}, 422),
        ({"path": "/a"}, 422),
        ({"path": "a//b"}, 422),
        ({"path": "a/\0"}, 422),
        ({"name": ""}, 422),
        ({"name": "a/b"}, 422),
        ({"name": " "}, 422),
        ({"name": "a", "parent_id": "no_such"}, 404),
    ],
)
def test_a_directory_without_a_proper_place_is_refused(directories: Directories, body: JsonObject, status: int) -> None:
    assert directories.api.detail("POST", "/directories", body, status=status)
    assert directories.paths() == [""]


def test_a_directory_shows_what_is_directly_in_it(directories: Directories) -> None:
    made = [Files(directories.api, kind).upsert(f"a/{kind}") for kind in KINDS]
    Files(directories.api, "flow").upsert("a/b/deeper")
    Files(directories.api, "flow").upsert("beside")
    shown = directories.get(made[0]["directory_id"])
    assert shown["path"] == "a"
    assert [item["path"] for item in shown["subdirectories"]] == ["a/b"]
    assert sorted(shown["files"], key=lambda file: KINDS.index(file["type"])) == made
    assert [file["path"] for file in directories.get("root")["files"]] == ["beside"]


def test_its_files_are_shown_at_their_default_version(directories: Directories) -> None:
    flows = Files(directories.api, "flow")
    first = flows.upsert("a/flow")
    flows.upsert("a/flow", 2)
    doomed = flows.upsert("a/doomed")
    flows.delete(doomed["id"])
    assert [file["version_id"] for file in directories.get(first["directory_id"])["files"]] == [first["version_id"]]


def test_a_renamed_directory_takes_all_below_it_along(directories: Directories) -> None:
    flows = Files(directories.api, "flow")
    inside, deep, beside = (flows.upsert(path) for path in ("a/one", "a/b/two", "ab/three"))
    directory = {"id": inside["directory_id"]}
    renamed = directories.update(directory, name="new")
    assert (renamed["path"], renamed["name"], renamed["id"]) == ("new", "new", directory["id"])
    assert directories.paths() == ["", "ab", "new", "new/b"]
    assert [flows.get(file["id"])["path"] for file in (inside, deep, beside)] == ["new/one", "new/b/two", "ab/three"]
    assert flows.upsert("new/b/two")["id"] == deep["id"]
    assert flows.upsert("a/one")["id"] != inside["id"]


def test_a_directory_moves_below_another(directories: Directories) -> None:
    file = Files(directories.api, "flow").upsert("a/flow")
    target, directory = directories.create("x/y"), {"id": file["directory_id"]}
    moved = directories.update(directory, parent_id=target["id"])
    assert (moved["path"], moved["parent_id"]) == ("x/y/a", target["id"])
    assert directories.api.post("/files/retrieve-by-path", {"path": "x/y/a/flow"})["id"] == file["id"]
    assert directories.update(directory, path="fresh/place")["path"] == "fresh/place"
    assert directories.update(directory, parent_id="root", name="top")["path"] == "top"
    assert [parent["path"] for parent in directories.get(directory["id"])["parents"]] == [""]


def test_a_directory_does_not_move_into_itself(directories: Directories) -> None:
    above, below = directories.create("a"), directories.create("a/b")
    assert directories.refused(above, status=422, parent_id=below["id"])
    assert directories.refused(above, status=422, parent_id=above["id"])
    assert directories.refused(above, status=422, path="a/b/c")
    assert directories.paths() == ["", "a", "a/b"]


def test_a_taken_target_is_a_conflict(directories: Directories) -> None:
    directory = directories.create("a")
    directories.create("b")
    assert directories.refused(directory, status=409, name="b")
    assert directories.refused(directory, status=409, path="b")
    assert directories.update(directory, name="a") == directory


def test_only_an_empty_directory_is_deleted(directories: Directories) -> None:
    file = Files(directories.api, "flow").upsert("a/b/flow")
    parent, child = (item for item in directories.api.get("/directories") if item["path"] in ("a", "a/b"))
    for directory in (parent, child):
        url = f"/directories/{directory['id']}"
        assert directories.api.detail("DELETE", url, status=409)["type"] == "conflict_error"
    Files(directories.api, "flow").delete(file["id"])
    for directory in (child, parent):
        url = f"/directories/{directory['id']}"
        directories.api.delete(url)
        assert directories.api.detail("GET", url, status=404)
    assert directories.paths() == [""]


def test_a_deleted_file_is_still_shown_by_its_logs_without_its_directory(directories: Directories) -> None:
    api = directories.api
    log = api.post("/flows/log", {"path": "a/flow", "flow": {"attributes": {}}})
    flow = api.get(f"/flows/{log['flow_id']}")
    api.delete(f"/flows/{flow['id']}")
    api.delete(f"/directories/{flow['directory_id']}")
    assert api.get(f"/logs/{log['id']}")["flow"]["path"] == "a/flow"


def test_the_root_stays_as_it_is(directories: Directories) -> None:
    root = directories.get("root")
    for uid in ("root", root["id"]):
        assert directories.refused({"id": uid}, status=422, name="new")
        assert directories.api.detail("DELETE", f"/directories/{uid}", status=409)
    assert directories.get("root") == root


def test_unknown_directories_are_not_found(directories: Directories) -> None:
    directory = directories.create("a")
    for method in ("GET", "PATCH", "DELETE"):
        assert directories.api.detail(method, "/directories/no_such", status=404)["loc"] == ["path", "id"]
    assert directories.refused(directory, status=404, parent_id="no_such")["loc"] == ["body", "parent_id"]
