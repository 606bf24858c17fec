"""Datapoints from CSV files: read whole, or not stored at all."""

import io
from typing import Any

import pytest

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import Files
from tests.conftest import Api


class Upload:
    """A Dataset with one datapoint, `{"question": "old"}`, and the route that takes CSV files."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.datasets = Files(api, "dataset")
        self.first = self.upsert("old")
        self.id = self.first["id"]

    def upsert(self, *questions: str) -> JsonObject:
        points = [{"inputs": {"question": question}} for question in questions]
        return self.api.post("/datasets", {"path": "data", "datapoints": points})

    def __call__(self, text: str | bytes, *, status: int = 200, query: JsonObject | None = None, **parts: Any) -> Any:
        content = text.encode() if isinstance(text, str) else text
        data = {"file": (io.BytesIO(content), "points.csv"), **parts}
        url = f"/datasets/{self.id}/datapoints/csv"
        return self.api("POST", url, data=data, status=status, query_string=query or {})

    def points(self, version: JsonObject) -> list[JsonObject]:
        query = {"version_id": version["version_id"]}
        records = self.api.get(f"/datasets/{self.id}/datapoints", query_string=query)["records"]
        return [{name: record[name] for name in ("inputs", "messages", "target")} for record in records]


@pytest.fixture
def upload(api: Api) -> Upload:
    return Upload(api)


def test_columns_are_inputs(upload: Upload) -> None:
    version = upload('question,language\nwhy,en\n"how,\n now",de\n')
    assert version["datapoints_count"] == 3
    assert [point["inputs"] for point in upload.points(version)] == [
        {"question": "old"},
        {"question": "why", "language": "en"},
        {"question": "how,\n now", "language": "de"},
    ]


def test_a_target_column_is_the_expected_output(upload: Upload) -> None:
    points = upload.points(upload("question,target\nwhy,because\nhow,\n"))
    assert [point["target"] for point in points] == [None, {"output": "because"}, None]


def test_a_messages_column_holds_json(upload: Upload) -> None:
    version = upload('question,messages\nwhy,"[{""role"": ""user"", ""content"": ""Hi""}]"\n')
    [message] = upload.points(version)[1]["messages"]
    assert (message["role"], message["content"]) == ("user", "Hi")


def test_the_version_is_named_in_the_same_form(upload: Upload) -> None:
    version = upload("question\nwhy\n", version_name="uploaded", version_description="From a sheet.")
    assert (version["version_name"], version["version_description"]) == ("uploaded", "From a sheet.")
    assert "name is taken" in upload("question\nhow\n", version_name="uploaded", status=409)["detail"]["msg"]
    assert len(upload.datasets.versions(upload.id)) == 2


def test_it_builds_on_the_default_deployed_version(upload: Upload) -> None:
    newest = upload.upsert("newest")
    assert [point["inputs"]["question"] for point in upload.points(upload("question\nwhy\n"))] == ["old", "why"]
    picked = upload("question\nwhy\n", query={"version_id": newest["version_id"]})
    assert [point["inputs"]["question"] for point in upload.points(picked)] == ["newest", "why"]


def test_rows_that_are_there_already_make_no_version(upload: Upload) -> None:
    assert upload("question\nold\nold\n")["version_id"] == upload.first["version_id"]
    assert upload("question\n")["version_id"] == upload.first["version_id"]


def test_the_same_rows_through_json_are_the_same_version(upload: Upload) -> None:
    assert upload("question\nwhy\n")["version_id"] == upload.upsert("old", "why")["version_id"]


def test_byte_order_marks_and_line_ends_of_spreadsheets_are_read(upload: Upload) -> None:
    version = upload("\ufeffquestion\r\nwarum schön\r\n")
    assert upload.points(version)[1]["inputs"] == {"question": "warum schön"}


def test_long_fields_are_read(upload: Upload) -> None:
    text = "x" * 200_000
    assert upload.points(upload(f"question\n{text}\n"))[1]["inputs"] == {"question": text}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"question,question\na,b\n",
        b"question,\na,b\n",
        b"question,language\nwhy,en\nhow\n",
        b"question\nwhy\nhow,de\n",
        b'question\nwhy\n"never closed\n',
        b"question\nwhy\n\xff\xfe\n",
        b"question,messages\nwhy,[]\nhow,not json\n",
        b'question,messages\nwhy,[]\nhow,"{""role"": ""user""}"\n',
        b'question,messages\nwhy,"[{""role"": ""king"", ""content"": ""Hi""}]"\n',
    ],
)
def test_a_bad_file_stores_nothing(upload: Upload, text: bytes) -> None:
    detail = upload(text, status=422, version_name="bad")["detail"]
    assert (detail["loc"], detail["type"]) == (["body", "file"], "invalid_request_error")
    assert upload.datasets.versions(upload.id) == [upload.first["version_id"]]
    assert upload.datasets.get(upload.id)["datapoints_count"] == 1


def test_the_line_at_fault_is_named(upload: Upload) -> None:
    detail = upload("question,language\nwhy,en\nhow\n", status=422)["detail"]
    assert "Line 3" in detail["description"]


def test_a_file_is_required(upload: Upload) -> None:
    url = f"/datasets/{upload.id}/datapoints/csv"
    for options in ({"data": {"version_name": "v"}}, {"data": {"file": "text"}}, {"json": {"file": "text"}}, {}):
        detail = upload.api("POST", url, status=422, **options)["detail"]
        assert detail[0]["loc"] == ["body", "file"]


def test_an_unknown_dataset_is_not_found(upload: Upload) -> None:
    upload.id = "no_such"
    assert upload("question\nwhy\n", status=404)["detail"]["loc"] == ["path", "id"]
