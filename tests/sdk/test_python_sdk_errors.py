"""What the Python SDK raises: its class, the status and the body, in each of the three shapes of an error."""

import pytest
from humanloop import Humanloop, UnprocessableEntityError
from humanloop.core.api_error import ApiError
from humanloop.error import HumanloopRuntimeError

from tests.conftest import make_app
from tests.sdk.conftest import make_client


def test_schema_error_lists_what_is_wrong_and_where(client: Humanloop) -> None:
    with pytest.raises(UnprocessableEntityError) as caught:
        client.datasets.upsert(path="D", datapoints=[{"inputs": {}}, {"inputs": 1}])
    [problem] = caught.value.body.detail
    assert problem.loc == ["body", "datapoints", 1, "inputs"]
    assert problem.msg and problem.type
    with pytest.raises(UnprocessableEntityError) as caught:
        client.flows.list(page=0)
    assert [problem.loc for problem in caught.value.body.detail] == [["query", "page"]]


def test_domain_error_says_what_cannot_be_done(client: Humanloop) -> None:
    evaluation = client.evaluations.create(evaluators=[])
    with pytest.raises(UnprocessableEntityError) as caught:
        client.evaluations.create_run(evaluation.id, orchestrated=True)
    assert caught.value.status_code == 422
    assert caught.value.body.detail["loc"] == ["body", "orchestrated"]
    assert caught.value.body.detail["type"] == "invalid_request_error"


def test_missing_thing_is_404_with_its_id(client: Humanloop) -> None:
    with pytest.raises(ApiError) as caught:
        client.prompts.get("pr_nothing")
    assert caught.value.status_code == 404
    detail = caught.value.body["detail"]
    assert (detail["loc"], detail["type"]) == (["path", "id"], "value_error.not_found")
    assert "pr_nothing" in detail["description"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"environment": "nowhere"}, "Environment `nowhere` does not exist"),
        ({"path": "no"}, "Directory `no` does not exist"),
    ],
)
def test_clients_find_the_missing_place_in_the_text(client: Humanloop, place: dict[str, str], text: str) -> None:
    with pytest.raises(ApiError, match=text):
        client.files.list_files(**place)


def test_taken_name_of_an_evaluation_is_409(client: Humanloop) -> None:
    flow = client.flows.upsert(path="F", attributes={})
    client.evaluations.create(name="Nightly", file={"id": flow.id}, evaluators=[])
    with pytest.raises(ApiError) as caught:
        client.evaluations.create(name="Nightly", file={"path": "F"}, evaluators=[])
    assert (caught.value.status_code, caught.value.body["detail"]["type"]) == (409, "conflict_error")


def test_log_method_wraps_the_error(client: Humanloop) -> None:
    with pytest.raises(HumanloopRuntimeError) as caught:
        client.flows.log(path="F", flow={"attributes": {}}, source_datapoint_id="dp_nothing")
    assert isinstance(caught.value.__cause__, ApiError)
    assert caught.value.__cause__.status_code == 404
    assert list(client.flows.list()) == []


@pytest.mark.parametrize("key", ["wrong", ""])
def test_unlisted_key_is_401(key: str) -> None:
    client = make_client(make_app(api_keys="right=team"), key)
    with pytest.raises(ApiError) as caught:
        client.prompts.list()
    assert caught.value.status_code == 401
    assert caught.value.body == {"detail": "Could not validate credentials."}
