"""The scripts of examples/leaving, with an API that takes everything."""

import json

import httpx
import pytest

from examples.leaving import to_langfuse, to_openai_evals
from tests.builders.conversions import Convert, lines


@pytest.fixture
def taken() -> list[httpx.Request]:
    return []


@pytest.fixture
def http(taken: list[httpx.Request]) -> httpx.Client:
    def take(request: httpx.Request) -> httpx.Response:
        taken.append(request)
        refused = b"geography/Talks" in request.content and request.url.path.endswith("datasets")
        return httpx.Response(422 if refused else 200, json={"id": f"id-{len(taken)}"})

    return httpx.Client(base_url="https://api.test/v1", transport=httpx.MockTransport(take))


def test_langfuse_gets_the_requests_in_their_order(
    convert: Convert, http: httpx.Client, taken: list[httpx.Request]
) -> None:
    file = convert("langfuse", "--file", "geography/Countries") / "requests.jsonl"
    http.base_url = "https://langfuse.test"
    assert to_langfuse.send(http, file) == 3
    assert [request.url.path for request in taken] == [line["path"] for line in lines(file)]
    assert [json.loads(request.content) for request in taken] == [line["body"] for line in lines(file)]


def test_what_langfuse_refuses_is_told(convert: Convert, http: httpx.Client) -> None:
    with pytest.raises(SystemExit, match="Line 1 was refused with 422"):
        to_langfuse.send(http, convert("langfuse", "--file", "geography/Talks") / "requests.jsonl")


def test_openai_gets_items_an_eval_and_runs(convert: Convert, http: httpx.Client, taken: list[httpx.Request]) -> None:
    folder = convert("openai-evals", "--all-versions") / "geography/Capital"
    assert to_openai_evals.start(http, folder) == ("id-2", ["id-3", "id-4"])
    upload, evaluation, *runs = taken
    assert upload.url.path == "/v1/files" and (folder / "items.jsonl").read_bytes() in upload.content
    assert json.loads(evaluation.content) == json.loads((folder / "eval.json").read_text())
    assert {run.url.path for run in runs} == {"/v1/evals/id-2/runs"}
    sources = [json.loads(run.content)["data_source"]["source"] for run in runs]
    assert sources == [{"type": "file_id", "id": "id-1"}] * 2
