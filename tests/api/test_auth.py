"""API keys: what is refused without one, before anything else is looked at."""

import pytest

from tests.builders.files import Files
from tests.conftest import Api, make_app

REFUSAL = {"detail": "Could not validate credentials."}
FLOW = {"path": "flow", "attributes": {}}


def refused(api: Api, **headers: str) -> bool:
    """Tell whether a request with these headers alone is refused."""
    answer = api.http.post("/v5/flows", json=FLOW, headers=headers)
    return (answer.status_code, answer.get_json()) == (401, REFUSAL)


def test_a_key_is_needed(api: Api) -> None:
    assert refused(api)
    assert refused(api, **{"X-API-KEY": ""})
    assert refused(api, Authorization="Bearer some-key")
    assert api.get("/files")["total"] == 0


def test_the_name_of_the_header_has_no_case(api: Api) -> None:
    assert not refused(api, **{"x-api-key": "some-key"})


@pytest.mark.parametrize("key", ["hl_sk_123", " ", "ключ".encode().decode("latin-1"), "a b", "k" * 5000])
def test_any_key_is_accepted_when_none_is_listed(api: Api, key: str) -> None:
    assert not refused(api, **{"X-API-KEY": key})


def test_a_listed_key_is_compared_exactly() -> None:
    api = Api(make_app(api_keys="Secret=one"))
    assert not refused(api, **{"X-API-KEY": "Secret"})
    for key in ("secret", "Secre", "Secret2", "one", "Secret=one", "Secret,"):
        assert refused(api, **{"X-API-KEY": key})


def test_a_refusal_comes_before_everything_else(api: Api) -> None:
    for options in ({"data": "{", "content_type": "application/json"}, {"data": "x", "content_type": "text/plain"}, {}):
        assert api.http.post("/v5/flows", **options).get_json() == REFUSAL
    assert api.http.get("/v5/flows?page=0").get_json() == REFUSAL
    assert api.http.get("/v5/flows/no_such").get_json() == REFUSAL


def test_a_refusal_does_not_repeat_the_key() -> None:
    app = make_app(api_keys="Secret=one")
    answer = app.test_client().get("/v5/flows", headers={"X-API-KEY": "almost-secret"})
    assert "secret" not in (answer.text + str(answer.headers)).lower()


def test_an_unlisted_key_changes_nothing() -> None:
    app = make_app(api_keys="Secret=one")
    owner = Api(app, "Secret")
    file = Files(owner, "flow").upsert()
    stranger = Api(app, "stranger")
    for method, path in (("DELETE", f"/flows/{file['id']}"), ("PATCH", f"/flows/{file['id']}"), ("POST", "/flows")):
        assert stranger.detail(method, path, FLOW, status=401) == REFUSAL["detail"]
    assert Files(owner, "flow").page()["records"] == [file]


def test_health_needs_no_key(api: Api) -> None:
    assert api.http.get("/_emulator/health").status_code == 200
