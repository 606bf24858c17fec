"""Datasets: versions made by setting, adding and removing datapoints, and how these are shown."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files, fresh_api
from tests.conftest import Api


class Dataset:
    """A Dataset at one path, whose datapoints are told apart by one input."""

    def __init__(self, api: Api, path: str = "data") -> None:
        self.api = api
        self.path = path

    def apply(self, action: str | None, *marks: str, query: JsonObject | None = None, **fields: Any) -> JsonObject:
        """Send datapoints with these marks and return the version with its datapoints."""
        body = {"path": self.path, "datapoints": [point(mark) for mark in marks], **fields}
        if action:
            body["action"] = action
        return self.api.post("/datasets", body, query_string={"include_datapoints": "true", **(query or {})})

    def listed(self, uid: str, **query: Any) -> JsonObject:
        return self.api.get(f"/datasets/{uid}/datapoints", query_string=query)


def point(mark: str) -> JsonObject:
    return {"inputs": {"mark": mark}, "target": {"answer": mark.upper()}}


def marks(dataset: JsonObject) -> list[str]:
    return [datapoint["inputs"]["mark"] for datapoint in dataset["datapoints"]]


@pytest.fixture
def dataset(api: Api) -> Dataset:
    return Dataset(api)


def test_a_datapoint_is_shown_with_an_id_of_its_content(dataset: Dataset) -> None:
    full = {
        "inputs": {"question": "why"},
        "messages": [{"role": "user", "content": "Hi"}],
        "target": {"output": "because", "score": 1.5, "ok": True, "list": [1, None], "deep": {"a": None}},
    }
    stored = dataset.apply("set", datapoints=[full])
    [shown] = stored["datapoints"]
    assert (shown["inputs"], shown["target"]) == (full["inputs"], full["target"])
    assert [(message["role"], message["content"]) for message in shown["messages"]] == [("user", "Hi")]
    assert shown["id"].startswith("dp_")
    assert len(shown["id"]) == 3 + 27
    assert stored["datapoints_count"] == 1


def test_the_same_datapoint_has_the_same_id_everywhere(api: Api) -> None:
    one, other = Dataset(api, "one").apply("set", "a", "b"), Dataset(api, "other").apply("set", "b")
    assert one["datapoints"][1]["id"] == other["datapoints"][0]["id"]
    assert one["datapoints"][0]["id"] != one["datapoints"][1]["id"]


def test_setting_is_the_default_and_replaces_everything(dataset: Dataset) -> None:
    dataset.apply(None, "a", "b")
    assert marks(dataset.apply(None, "c")) == ["c"]
    assert marks(dataset.apply("set", "b", "a")) == ["b", "a"]


def test_equal_datapoints_are_one_in_the_place_of_the_first(dataset: Dataset) -> None:
    stored = dataset.apply("set", "b", "a", "b", "c", "a")
    assert marks(stored) == ["b", "a", "c"]
    assert stored["datapoints_count"] == 3
    assert dataset.apply("set", "b", "a", "c")["version_id"] == stored["version_id"]


def test_adding_keeps_what_is_there_in_its_order(dataset: Dataset) -> None:
    dataset.apply("set", "b", "a")
    assert marks(dataset.apply("add", "c", "a", "d")) == ["b", "a", "c", "d"]


def test_removing_goes_by_content(dataset: Dataset) -> None:
    dataset.apply("set", "a", "b", "c")
    assert marks(dataset.apply("remove", "b", "unknown")) == ["a", "c"]
    assert marks(dataset.apply("remove", "a", "c")) == []


def test_adding_and_removing_build_on_the_newest_version(dataset: Dataset) -> None:
    first = dataset.apply("set", "a")
    dataset.apply("set", "b")
    assert marks(dataset.apply("add", "c")) == ["b", "c"]
    assert Files(dataset.api, "dataset").get(first["id"])["version_id"] == first["version_id"]


def test_the_version_to_build_on_can_be_picked(dataset: Dataset) -> None:
    first = dataset.apply("set", "a", "x")
    dataset.apply("set", "b")
    assert marks(dataset.apply("add", "c", query={"version_id": first["version_id"]})) == ["a", "x", "c"]
    assert marks(dataset.apply("remove", "x", query={"environment": "production"})) == ["a"]
    body = {"path": "data", "action": "add", "datapoints": []}
    for query, status in (
        ({"version_id": "no_such"}, 404),
        ({"environment": "staging"}, 404),
        ({"version_id": first["version_id"], "environment": "production"}, 422),
    ):
        assert dataset.api.detail("POST", "/datasets", body, status=status, query_string=query)


def test_adding_nothing_finds_the_dataset(dataset: Dataset) -> None:
    stored = dataset.apply("set", "a", "b")
    found = dataset.apply("add")
    assert (found["version_id"], marks(found)) == (stored["version_id"], ["a", "b"])
    assert len(Files(dataset.api, "dataset").versions(stored["id"])) == 1


def test_adding_to_nothing_creates(dataset: Dataset) -> None:
    assert marks(dataset.apply("add", "a")) == ["a"]
    assert marks(Dataset(dataset.api, "other").apply("remove", "a")) == []


def test_the_order_decides_the_version_too(dataset: Dataset) -> None:
    assert dataset.apply("set", "a", "b")["version_id"] != dataset.apply("set", "b", "a")["version_id"]


def test_attributes_decide_the_version_and_are_kept_by_add_and_remove(dataset: Dataset) -> None:
    plain = dataset.apply("set", "a")
    marked = dataset.apply("set", "a", attributes={"source": "web"})
    assert marked["version_id"] != plain["version_id"]
    assert dataset.apply("add", "b")["attributes"] == {"source": "web"}
    assert dataset.apply("remove", "b", attributes={"source": "app"})["attributes"] == {"source": "app"}


def test_datapoints_are_shown_when_asked_for(dataset: Dataset) -> None:
    stored = dataset.apply("set", "a", "b")
    url = f"/datasets/{stored['id']}"
    assert dataset.api.get(url)["datapoints"] is None
    assert dataset.api.get(url, query_string={"include_datapoints": "true"}) == stored
    body = {"path": "data", "datapoints": [point("a"), point("b")]}
    assert dataset.api.post("/datasets", body)["datapoints"] is None
    assert dataset.api.get("/datasets")["records"][0]["datapoints"] is None


def test_versions_are_listed_with_the_datapoints_of_the_newest(dataset: Dataset) -> None:
    uid = dataset.apply("set", "a")["id"]
    dataset.apply("set", "b", "c")
    url = f"/datasets/{uid}/versions"
    assert [version["datapoints"] for version in dataset.api.get(url)["records"]] == [None, None]
    for option in ("latest_committed", "latest_saved"):
        records = dataset.api.get(url, query_string={"include_datapoints": option})["records"]
        assert (marks(records[0]), records[1]["datapoints"]) == (["b", "c"], None)
        assert [record["datapoints_count"] for record in records] == [2, 1]
    assert dataset.api.detail("GET", url, status=422, query_string={"include_datapoints": "true"})


def test_datapoints_come_in_pages_of_fifty(dataset: Dataset) -> None:
    everything = [f"{number:03}" for number in range(120)]
    uid = dataset.apply("set", *everything)["id"]
    pages = [dataset.listed(uid, page=page) for page in (1, 2, 3, 4)]
    assert [len(page["records"]) for page in pages] == [50, 50, 20, 0]
    assert [record["inputs"]["mark"] for page in pages for record in page["records"]] == everything
    assert pages[2] | {"records": []} == {"records": [], "page": 3, "size": 50, "total": 120}
    assert len(dataset.listed(uid, size=1000)["records"]) == 120
    assert dataset.listed(uid, size=0)["records"] == []


def test_the_datapoints_of_any_version_are_listed(dataset: Dataset) -> None:
    first = dataset.apply("set", "a")
    second = dataset.apply("set", "b", "c")
    uid = first["id"]
    assert dataset.listed(uid)["total"] == 1
    assert dataset.listed(uid, version_id=second["version_id"])["records"] == second["datapoints"]
    assert dataset.listed(uid, environment="production")["records"] == first["datapoints"]
    url = f"/datasets/{uid}/datapoints"
    assert dataset.api.detail("GET", url, status=404, query_string={"version_id": "no_such"})


def test_inputs_are_texts(dataset: Dataset) -> None:
    [shown] = dataset.apply("set", datapoints=[{"inputs": {"number": 7}}])["datapoints"]
    assert shown["inputs"] == {"number": "7"}
    bad = {"path": "data", "datapoints": [point("a"), {"inputs": {"list": []}}]}
    detail = dataset.api.detail("POST", "/datasets", bad, status=422)
    assert [problem["loc"] for problem in detail] == [["body", "datapoints", 1, "inputs", "list"]]


def test_datapoints_are_required(dataset: Dataset) -> None:
    missing, null = "value_error.missing", "type_error.none.not_allowed"
    for fields, kind in (({}, missing), ({"datapoints": None}, null), ({"action": "add"}, missing)):
        detail = dataset.api.detail("POST", "/datasets", {"path": "data", **fields}, status=422)
        assert (detail[0]["loc"], detail[0]["type"]) == (["body", "datapoints"], kind)
    assert dataset.api.get("/datasets")["total"] == 0


steps = st.tuples(st.sampled_from(["set", "add", "remove"]), st.lists(st.sampled_from("abcdef"), max_size=5))


@given(st.lists(steps, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_actions_agrees_with_ordered_sets(sequence: list[tuple[str, list[str]]]) -> None:
    dataset = Dataset(fresh_api())
    newest: list[str] = []
    versions: dict[tuple[str, ...], str] = {}
    for action, sent in sequence:
        if action == "remove":
            expected = [mark for mark in newest if mark not in sent]
        else:
            expected = list(dict.fromkeys([*(newest if action == "add" else []), *sent]))
        stored = dataset.apply(action, *sent)
        assert marks(stored) == expected
        assert stored["datapoints_count"] == len(expected)
        assert dataset.listed(stored["id"], version_id=stored["version_id"])["records"] == stored["datapoints"]
        if tuple(expected) in versions:
            assert stored["version_id"] == versions[tuple(expected)]
        else:
            newest = expected  # a version that is found again is not created: it does not become the newest
            versions[tuple(expected)] = stored["version_id"]
    assert len(set(versions.values())) == len(versions)
